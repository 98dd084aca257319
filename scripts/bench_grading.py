"""How fast responses are read and graded: python -m scripts.bench_grading, or as part of `make bench`.

Made-up responses of the usual kinds, seeded, each graded by the benchmark and by a plain yardstick in the same run
on one core: for math_500 math-verify alone, for gsm8k the last number of a text. Times are of the processor, with
those of the process that compares LaTeX.
"""

import logging
import random
import re
import resource
import time
from collections.abc import Callable, Sequence

from math_verify import parse, verify

from slmmux.benchmarks import BENCHMARKS
from slmmux.benchmarks.latex import close_worker
from slmmux.benchmarks.question import Question

QUESTIONS, SAMPLES = 100, 20
# The yardstick is slow: it grades the first of them.
SLOW_QUESTIONS = 10
FORMULAS = (
    "{a}", "{a}", "-{a}", r"\frac{{{a}}}{{{b}}}", r"{a}\sqrt{{{b}}}", "({a},{b})", "x^2+{a}x+{b}", "[{a},{b})",
    "{a}, {b}, {c}", r"\frac{{{a}\pi}}{{{b}}}", "{a}.{b}", r"{a}\text{{ cm}}", "x={a}", "(x+{a})(x-{b})",
)  # fmt: skip
STEPS = "Each box holds {a} eggs, so {b} boxes hold {a} * {b} eggs.\nOf these {c} break.\n"
Graded = list[tuple[str, list[str]]]


def math_responses(rng: random.Random) -> Graded:
    """(reference, responses) of each question."""

    def formula() -> str:
        return rng.choice(FORMULAS).format(a=rng.randint(1, 99), b=rng.randint(2, 99), c=rng.randint(1, 99))

    def response() -> str:
        return f"We write $x + {rng.randint(1, 9)} = y$ and solve for $x$.\nSo the answer is $\\boxed{{{formula()}}}$."

    return [(formula(), [response() for _ in range(SAMPLES)]) for _ in range(QUESTIONS)]


def number_responses(rng: random.Random) -> Graded:
    def response() -> str:
        a, b, c = (rng.randint(1, 99) for _ in range(3))
        return STEPS.format(a=a, b=b, c=c) + f"That makes {a} * {b} - {c} = {a * b - c}.\nThe answer is {a * b - c:,}."

    return [(str(rng.randint(1, 5000)), [response() for _ in range(SAMPLES)]) for _ in range(QUESTIONS)]


def by_math_verify(reference: str, responses: Sequence[str]) -> None:
    gold = parse(f"${reference}$", parsing_timeout=None)
    for response in responses:
        verify(gold, parse(response, parsing_timeout=None), timeout_seconds=None)


def by_last_number(reference: str, responses: Sequence[str]) -> None:
    for response in responses:
        numbers = re.findall(r"-?\d[\d,]*(?:\.\d+)?", response)
        _ = bool(numbers) and float(numbers[-1].replace(",", "")) == float(reference)


def rate(grade: Callable[[str, Sequence[str]], object], questions: Graded) -> float:
    """Responses a second of one core."""
    spent = time.process_time() + _of_children()
    for reference, responses in questions:
        grade(reference, responses)
    # A child's time counts once it has ended.
    close_worker()
    return sum(len(responses) for _, responses in questions) / (time.process_time() + _of_children() - spent)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def by_benchmark(name: str) -> Callable[[str, Sequence[str]], object]:
    grade = BENCHMARKS[name].grade
    return lambda reference, responses: grade(Question("q", "test", "", reference), responses)


def main() -> None:
    logging.disable(logging.CRITICAL)
    rng = random.Random(0)
    for name, questions, plain, yardstick in (
        ("math_500", math_responses(rng), by_math_verify, "math-verify alone"),
        ("gsm8k", number_responses(rng), by_last_number, "the last number alone"),
    ):
        measured = rate(by_benchmark(name), questions)
        alone = rate(plain, questions[:SLOW_QUESTIONS])
        print(f"{name} responses graded a second of one core".ljust(45), f"{measured:.0f}")
        print(f"  times the rate of {yardstick}".ljust(45), f"{measured / alone:.2g} ({alone:.0f} a second)")


if __name__ == "__main__":
    main()
