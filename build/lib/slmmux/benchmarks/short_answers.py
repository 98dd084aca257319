"""short_answers: ten kinds of small tasks whose answers are a number, a word or a short text.

Tasks come from reasoning-gym, seeded. Answers are a few tokens long, so ten samples a question are cheap
on a CPU, and the kinds differ enough for models to differ in what they can do.
"""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

from pydantic import Field

from slmmux.benchmarks.answer_reader import boxes, said, statements
from slmmux.benchmarks.grading import group_by_key, normal_text
from slmmux.benchmarks.gym import gym_items, gym_questions
from slmmux.benchmarks.plain_numbers import plain_number
from slmmux.benchmarks.question import TEST, VALIDATION, Benchmark, Grade, Prompt, Question, instructed
from slmmux.benchmarks.turns import end_of_answer
from slmmux.config import SplitSizes, parse_options
from slmmux.errors import InputError
from slmmux.settings import Strict

NAME = "short_answers"
INSTRUCTION = "Reply with the answer alone."


class Options(Strict):
    """tasks: reasoning-gym task → its settings. examples: worked examples of the same task before a question.
    Seeds of the two splits and of the examples."""

    tasks: dict[str, dict[str, Any]]
    examples: int = Field(ge=0)
    example_seed: int
    validation_seed: int
    test_seed: int


def questions(sizes: SplitSizes, options: dict[str, Any]) -> list[Question]:
    """Equally many questions of every task. Raises InputError where a size is no multiple of the tasks."""
    parsed = parse_options(NAME, Options, options)
    count = len(parsed.tasks)
    if sizes.validation % count or sizes.test % count:
        raise InputError(f"benchmarks.{NAME}.questions: both sizes must be multiples of its {count} tasks")
    seeds = {VALIDATION: parsed.validation_seed, TEST: parsed.test_seed}
    found = []
    for task, config in parsed.tasks.items():
        examples = tuple(gym_items(task, config, parsed.example_seed, parsed.examples))
        # An example is not asked: its text is left out of both splits.
        found += [
            replace(question, examples=examples)
            for question in gym_questions(
                task, config, seeds, sizes.validation // count, sizes.test // count, {text for text, _ in examples}
            )
        ]
    return found


def prompt(question: Question) -> Prompt:
    return instructed(question.text, INSTRUCTION, question.examples, stop=("\n",))


def read_answer(response: str) -> str | None:
    """The first line of the response, without a leading "Answer:" and trailing punctuation; None if empty."""
    text = said(response).strip()
    boxed = [(box.start, box.text) for box in boxes(text) if box.text]
    stated = [(s.start, s.text) for s in statements(text)]
    end = end_of_answer(text, [start for start, _ in boxed + stated], bool)
    kept = [found for found in boxed or stated if found[0] < end]
    lines = (kept[-1][1] if kept else text[:end]).splitlines()
    line = normal_text(lines[0].strip("$")) if lines else ""
    # "12 + 31 = 43" states 43.
    line = line.rsplit("=", 1)[-1].strip()
    return line or None


def answer_key(answer: str) -> Hashable:
    """Equal for equal numbers, and for texts that are equal after normalisation. A simplified fraction must be the
    simplified one."""
    if "/" in answer:
        return normal_text(answer).replace(" ", "").strip("$")
    number = plain_number(answer)
    return number if number is not None else normal_text(answer)


def grade(question: Question, responses: Sequence[str]) -> list[Grade]:
    return group_by_key(question.reference, [read_answer(response) for response in responses], answer_key)


BENCHMARK = Benchmark(NAME, questions, prompt, grade, text_may_be_shown=True)
