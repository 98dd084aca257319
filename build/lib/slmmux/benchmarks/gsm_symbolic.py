"""gsm_symbolic: grade-school mathematics from 100 templates (Mirzadeh et al., 2024), through reasoning-gym."""

from collections.abc import Sequence
from typing import Any

from slmmux.benchmarks.grading import group_by_key, number_key
from slmmux.benchmarks.gym import gym_questions
from slmmux.benchmarks.number_reader import read_number
from slmmux.benchmarks.question import TEST, VALIDATION, Benchmark, Grade, Prompt, Question, instructed
from slmmux.config import SplitSizes, parse_options
from slmmux.settings import Strict

NAME = "gsm_symbolic"
INSTRUCTION = 'Write the calculations only, one a line, then "The answer is" and the number.'

# Written for this project. Calculations only: small models ramble past any limit where they see prose.
EXAMPLES = (
    (
        "A baker sells 12 rolls at $2 each and 5 cakes at $9 each. How much does she take in?",
        "12 * 2 = 24\n5 * 9 = 45\n24 + 45 = 69\nThe answer is 69.",
    ),
    (
        "Tom has 30 marbles. He gives a third of them to Eva and loses 4 more. How many are left?",
        "30 / 3 = 10\n30 - 10 = 20\n20 - 4 = 16\nThe answer is 16.",
    ),
    (
        "A train ride takes 90 minutes. Ann rides it twice a day, 5 days a week. How many hours is that in a week?",
        "90 * 2 = 180\n180 * 5 = 900\n900 / 60 = 15\nThe answer is 15.",
    ),
    (
        "Of 80 pupils 25% walk to school and half of the rest take the bus. How many take the bus?",
        "80 * 25 / 100 = 20\n80 - 20 = 60\n60 / 2 = 30\nThe answer is 30.",
    ),
)

# The same tasks, for models that answer with a program.
PROGRAMS = (
    (
        EXAMPLES[0][0],
        "rolls = 12 * 2\ncakes = 5 * 9\nprint(rolls + cakes)",
    ),
    (
        EXAMPLES[1][0],
        "marbles = 30\nmarbles -= marbles // 3\nmarbles -= 4\nprint(marbles)",
    ),
    (
        EXAMPLES[2][0],
        "rides = 2 * 5\nminutes = rides * 90\nprint(minutes / 60)",
    ),
    (
        EXAMPLES[3][0],
        "pupils = 80\nwalking = pupils * 25 / 100\nprint((pupils - walking) / 2)",
    ),
)


class Options(Strict):
    validation_seed: int
    test_seed: int


def questions(sizes: SplitSizes, options: dict[str, Any]) -> list[Question]:
    parsed = parse_options(NAME, Options, options)
    seeds = {VALIDATION: parsed.validation_seed, TEST: parsed.test_seed}
    return gym_questions(NAME, {}, seeds, sizes.validation, sizes.test)


def prompt(question: Question) -> Prompt:
    return instructed(question.text, INSTRUCTION, EXAMPLES, stop=("Question:", "\n\n\n"), programs=PROGRAMS)


def grade(question: Question, responses: Sequence[str]) -> list[Grade]:
    return group_by_key(question.reference, [read_number(response) for response in responses], number_key)


BENCHMARK = Benchmark(NAME, questions, prompt, grade, text_may_be_shown=True)
