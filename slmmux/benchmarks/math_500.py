r"""math_500: the 500 competition problems of MATH (Hendrycks et al., 2021; Lightman et al., 2023).

Answers are LaTeX in a \boxed{}. Validation problems come from the training split of MATH.
"""

import re
from collections.abc import Sequence
from typing import Any

from slmmux.benchmarks.grading import grade_closed, last_boxed, same_value, stated_answer
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
        reference = last_boxed(row.text("solution"))
        if not reference:
            raise InputError(f"{row.where}: no reference answer in a box of its solution")
    return Item(row.text("problem"), row.text("problem"), reference)


def questions(sizes: SplitSizes, options: dict[str, Any]) -> list[Question]:
    return hub_questions(NAME, sizes, options, read_row)


def prompt(question: Question) -> Prompt:
    return instructed(question.text, INSTRUCTION, EXAMPLES, stop=("Question:", "\n\n\n"), programs=PROGRAMS)


def read_answer(response: str) -> str | None:
    r"""What the response states: its last complete \boxed{}, else the first formula of what follows its last
    "answer is", or all of that where it has no formula; else None."""
    stated = stated_answer(response)
    if stated is None or last_boxed(response) is not None:
        return stated
    if inline := re.search(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", stated):
        return (inline.group(1) or inline.group(2)).strip() or None
    # `stated` has lost a dollar sign at its start: an odd number of them means that it begins in a formula.
    parts = stated.split("$")
    formula = parts[0] if len(parts) % 2 == 0 or len(parts) == 1 else parts[1]
    return formula.strip().rstrip(".").strip() or None


def grade(question: Question, responses: Sequence[str]) -> list[Grade]:
    return grade_closed(question.reference, responses, read_answer, same_value)


BENCHMARK = Benchmark(NAME, questions, prompt, grade, typical_characters=200)
