"""gsm8k: grade-school mathematics (Cobbe et al., 2021), asked, read and graded as gsm_symbolic is."""

from typing import Any

from slmmux.benchmarks.grading import plain_number
from slmmux.benchmarks.gsm_symbolic import grade, prompt
from slmmux.benchmarks.hub import HubOptions, Item, Row, hub_questions
from slmmux.benchmarks.question import Benchmark, Question
from slmmux.config import SplitSizes
from slmmux.errors import InputError

NAME = "gsm8k"


def read_row(row: Row, options: HubOptions) -> Item:
    """Fields `question` and `answer`, a solution that ends in "#### 1,234". The separator stays."""
    solution = row.text("answer")
    _, mark, reference = solution.rpartition("####")
    if not mark or plain_number(reference) is None:
        raise InputError(f"{row.where}: no number after '####'")
    return Item(row.text("question"), row.text("question"), reference.strip())


def questions(sizes: SplitSizes, options: dict[str, Any]) -> list[Question]:
    return hub_questions(NAME, sizes, options, read_row)


BENCHMARK = Benchmark(NAME, questions, prompt, grade)
