r"""math_500: the 500 competition problems of MATH (Hendrycks et al., 2021; Lightman et al., 2023).

Answers are LaTeX in a \boxed{}. Validation problems come from the training split of MATH.
"""

from collections.abc import Sequence
from typing import Any

from slmmux.benchmarks.answer_reader import last_boxed
from slmmux.benchmarks.formula_reader import read_formula
from slmmux.benchmarks.grading import group_answers
from slmmux.benchmarks.hub import HubOptions, Item, Row, hub_questions
from slmmux.benchmarks.question import Benchmark, Grade, Prompt, Question, instructed
from slmmux.config import SplitSizes
from slmmux.errors import InputError

NAME = "math_500"
INSTRUCTION = r"Work it out in at most a few short lines. End with the answer alone in \boxed{}."

# Written for this project. Short on purpose: small models copy the length of what they see.
EXAMPLES = (
    (
        r"What is the sum of the roots of $2x^2 - 7x + 3 = 0$?",
        r"The sum of the roots is $-b/a = 7/2$. The answer is $\boxed{\frac{7}{2}}$.",
    ),
    (
        r"How many of the integers from 1 to 50 are divisible by 3 or by 8?",
        r"By 3: 16. By 8: 6. By 24: 2. So $16 + 6 - 2 = 20$. The answer is $\boxed{20}$.",
    ),
)

# The same problems, for models that answer with a program. Its standard library knows exact fractions.
PROGRAMS = (
    (
        EXAMPLES[0][0],
        "from fractions import Fraction\n\na, b = 2, -7\nprint(Fraction(-b, a))",
    ),
    (
        EXAMPLES[1][0],
        "print(sum(1 for n in range(1, 51) if n % 3 == 0 or n % 8 == 0))",
    ),
)


def read_row(row: Row, options: HubOptions) -> Item:
    """Fields `problem` and `answer`; without `answer`, the last box of `solution`."""
    if row.fields.get("answer") is not None:
        reference = row.text("answer")
    else:
        boxed = last_boxed(row.text("solution"))
        if not boxed:
            raise InputError(f"{row.where}: no reference answer in a box of its solution")
        reference = boxed
    return Item(row.text("problem"), row.text("problem"), reference)


def questions(sizes: SplitSizes, options: dict[str, Any]) -> list[Question]:
    return hub_questions(NAME, sizes, options, read_row)


def prompt(question: Question) -> Prompt:
    return instructed(question.text, INSTRUCTION, EXAMPLES, stop=("Question:", "\n\n\n"), programs=PROGRAMS)


def grade(question: Question, responses: Sequence[str]) -> list[Grade]:
    return group_answers(question.reference, [read_formula(response) for response in responses])


BENCHMARK = Benchmark(NAME, questions, prompt, grade, typical_characters=200)
