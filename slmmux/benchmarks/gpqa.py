r"""gpqa: graduate-level multiple choice in biology, physics and chemistry (Rein et al., 2023).

Its authors ask that its questions are not put on the web in plain text: nothing of them is stored by this
project, and what it prints of a question is its id.
"""

import random
import re
from collections.abc import Sequence
from typing import Any

from slmmux.benchmarks.grading import group_by_key
from slmmux.benchmarks.hub import HubOptions, Item, Row, hub_questions
from slmmux.benchmarks.letter_reader import read_letter
from slmmux.benchmarks.question import Benchmark, Grade, Prompt, Question, instructed
from slmmux.config import SplitSizes
from slmmux.errors import InputError

NAME = "gpqa"
LETTERS = "ABCD"
INSTRUCTION = 'Think in at most a few short lines. End with a line "The answer is" and the letter in brackets, as (A).'

# Written for this project. Short on purpose: small models copy the length of what they see.
EXAMPLES = (
    (
        "Which gas do plants take up in photosynthesis?\n\n(A) Oxygen\n(B) Nitrogen\n(C) Carbon dioxide\n(D) Argon",
        "Photosynthesis builds sugar from carbon dioxide and water.\nThe answer is (C).",
    ),
    (
        "A ball falls from rest for 2 s. How fast is it then, with g = 10 m/s^2?"
        "\n\n(A) 5 m/s\n(B) 20 m/s\n(C) 40 m/s\n(D) 12 m/s",
        "Its speed is g times t: 10 * 2 = 20 m/s.\nThe answer is (B).",
    ),
)


def read_row(row: Row, options: HubOptions) -> Item:
    """A row as on the hub, whose four answers are put in an order drawn with `options.seed` and the question;
    or a row with `question`, `choices` and the letter `answer`, whose order stays."""
    if "choices" not in row.fields:
        stem, right = row.text("Question"), row.text("Correct Answer")
        choices = [right] + [row.text(f"Incorrect Answer {n}") for n in (1, 2, 3)]
        random.Random(f"{options.seed} {stem}").shuffle(choices)
        return Item(stem, _asked(stem, choices), LETTERS[choices.index(right)])
    stem, answer, choices = row.text("question"), row.text("answer"), row.fields["choices"]
    if not isinstance(choices, list) or len(choices) != 4 or not all(isinstance(c, str) for c in choices):
        raise InputError(f"{row.where}: `choices` must be four texts")
    if answer not in LETTERS or len(answer) != 1:
        raise InputError(f"{row.where}: no reference answer: {answer[:20]!r} is none of the letters A to D")
    choices = [choice.strip() for choice in choices]
    if all(re.match(rf"{letter}\b", choice) for letter, choice in zip(LETTERS, choices)):
        choices = [re.sub(r"^\w[).:]?\s*", "", choice) for choice in choices]
    return Item(stem, _asked(stem, choices), answer)


def _asked(stem: str, choices: list[str]) -> str:
    return f"{stem}\n\n" + "\n".join(f"({letter}) {choice}" for letter, choice in zip(LETTERS, choices))


def questions(sizes: SplitSizes, options: dict[str, Any]) -> list[Question]:
    return hub_questions(NAME, sizes, options, read_row)


def prompt(question: Question) -> Prompt:
    return instructed(question.text, INSTRUCTION, EXAMPLES, stop=("Question:", "\n\n\n"))


def grade(question: Question, responses: Sequence[str]) -> list[Grade]:
    # Logs have it as "(C)" too.
    reference = read_letter(question.reference) or question.reference
    return group_by_key(reference, [read_letter(response) for response in responses], str)


BENCHMARK = Benchmark(NAME, questions, prompt, grade, typical_characters=700)
