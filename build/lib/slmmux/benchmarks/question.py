"""What every benchmark gives: questions with stable ids, a prompt, and grades of responses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from slmmux.config import SplitSizes

VALIDATION, TEST = "validation", "test"
SPLITS = (VALIDATION, TEST)


@dataclass(frozen=True)
class Question:
    """One question. `id` is stable across runs; `reference` is the answer that counts as right.

    examples: worked examples (question, answer) that go before it, where they depend on the question.
    """

    id: str
    split: str
    text: str
    reference: str
    examples: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Prompt:
    """A question as a model sees it, before any chat template: worked examples, then the request.

    question: the bare question, without instructions, for the style `program`; None where an answer to it
    can't be printed. programs: worked examples (question, Python program) for that style.
    """

    request: str
    examples: tuple[tuple[str, str], ...] = ()
    stop: tuple[str, ...] = ()
    question: str | None = None
    programs: tuple[tuple[str, str], ...] = ()


def instructed(
    text: str,
    instruction: str,
    examples: tuple[tuple[str, str], ...],
    stop: tuple[str, ...] = (),
    programs: tuple[tuple[str, str], ...] = (),
) -> Prompt:
    """A question and its worked examples, each followed by the instruction on a line of its own."""
    shown = tuple((f"{question}\n{instruction}", answer) for question, answer in examples)
    return Prompt(f"{text}\n{instruction}", shown, stop, text, programs)


@dataclass(frozen=True)
class Grade:
    """How one response was read. Two responses with the same `answer` cast the same vote.

    `answer` is None where no answer could be read.
    """

    answer: str | None
    correct: bool


@dataclass(frozen=True)
class Benchmark:
    """One benchmark, as four functions.

    questions(sizes, options): all questions of both splits, disjoint.
    prompt(question):          what is asked.
    grade(question, responses): one Grade a response, in order; all samples of a question at once, since
                               which answers are the same may depend on the others.
    needs_text: whether grading needs more of a question than its reference, which the list of questions holds.
    text_may_be_shown: whether figures and traces may show a question's text: those made by this project, and those
                       whose authors allow it. Otherwise only ids are shown.
    typical_characters: of a question with its options, for estimates of cost before the questions are fetched; None
                        where they are generated here.
    """

    name: str
    questions: Callable[[SplitSizes, dict[str, Any]], list[Question]]
    prompt: Callable[[Question], Prompt]
    grade: Callable[[Question, Sequence[str]], list[Grade]]
    needs_text: bool = False
    text_may_be_shown: bool = False
    typical_characters: int | None = None
