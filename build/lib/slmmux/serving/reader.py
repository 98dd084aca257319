"""How a question from outside is asked, and how answers to it are read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slmmux.benchmarks.question import Grade, Prompt, Question


@dataclass(frozen=True)
class Reader:
    """A benchmark's prompt and reading, or the generic one. Of a Grade only `answer` is used: nobody knows
    which answer is right."""

    prompt: Callable[[Question], Prompt]
    grade: Callable[[Question, Sequence[str]], list[Grade]]
