"""gsm8k: grade-school mathematics (Cobbe et al., 2021), read and graded as gsm_symbolic is.

Its prompt leaves room to reason in words: it is for models that can, while that of gsm_symbolic is kept
to bare calculations for the smallest.
"""

from typing import Any

from slmmux.benchmarks.gsm_symbolic import PROGRAMS, grade
from slmmux.benchmarks.hub import HubOptions, Item, Row, hub_questions
from slmmux.benchmarks.plain_numbers import plain_number
from slmmux.benchmarks.question import Benchmark, Prompt, Question, instructed
from slmmux.config import SplitSizes
from slmmux.errors import InputError

NAME = "gsm8k"
INSTRUCTION = (
    'Work it out in a few short lines, at most one calculation a line. End with a line "The answer is" and the number.'
)

# Written for this project.
EXAMPLES = (
    (
        "A baker sells 12 rolls at $2 each and 5 cakes at $9 each. How much does she take in?",
        "Rolls: 12 * 2 = 24\nCakes: 5 * 9 = 45\nTogether: 24 + 45 = 69\nThe answer is 69.",
    ),
    (
        "Tom has 30 marbles. He gives a third of them to Eva and loses 4 more. How many are left?",
        "Given away: 30 / 3 = 10\nAfter giving: 30 - 10 = 20\nLeft: 20 - 4 = 16\nThe answer is 16.",
    ),
)


def read_row(row: Row, options: HubOptions) -> Item:
    """Fields `question` and `answer`, a solution that ends in "#### 1,234". The separator stays."""
    solution = row.text("answer")
    _, mark, reference = solution.rpartition("####")
    if not mark or plain_number(reference) is None:
        raise InputError(f"{row.where}: no number after '####'")
    return Item(row.text("question"), row.text("question"), reference.strip())


def questions(sizes: SplitSizes, options: dict[str, Any]) -> list[Question]:
    return hub_questions(NAME, sizes, options, read_row)


def prompt(question: Question) -> Prompt:
    return instructed(question.text, INSTRUCTION, EXAMPLES, stop=("Question:", "\n\n\n"), programs=PROGRAMS)


BENCHMARK = Benchmark(NAME, questions, prompt, grade, typical_characters=240)
