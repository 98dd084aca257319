"""The logs of "Best-of-Infinity": a line a question, {"gold_answer": .., "all_answers": [[answer, tokens], ..]}.

They hold answers, no grades. What is the same answer, and what is right, is this project's own equality of the
answers' kind: LaTeX values (MATH-500), integers (AIME), or letters (GPQA). The file's name carries the benchmark.
"""

import json
import re
from collections.abc import Callable, Sequence

from slmmux.benchmarks.grading import group_answers, group_by_key
from slmmux.benchmarks.plain_numbers import plain_number
from slmmux.benchmarks.question import Grade
from slmmux.errors import InputError
from slmmux.published.samples import PublishedSamples, Sample


def _values(reference: str, answers: Sequence[str]) -> list[Grade]:
    return group_answers(reference, [text.strip() or None for text in answers])


def _integers(reference: str, answers: Sequence[str]) -> list[Grade]:
    """Raises ValueError where the right answer is no integer."""

    def read(text: str) -> str | None:
        value = plain_number(text)
        return str(int(value)) if value is not None and value.denominator == 1 else text.strip() or None

    return group_by_key(str(int(reference)), [read(text) for text in answers], str)


def _letters(reference: str, answers: Sequence[str]) -> list[Grade]:
    return group_by_key(reference, [text if re.fullmatch("[A-D]", text) else None for text in answers], str)


def read_values(files: dict[str, bytes]) -> PublishedSamples:
    """LaTeX answers. Raises InputError as `_read` does."""
    return _read(files, _values)


def read_integers(files: dict[str, bytes]) -> PublishedSamples:
    """Integers. An answer that is none is only the same as its own text. Raises InputError as `_read` does."""
    return _read(files, _integers)


def read_letters(files: dict[str, bytes]) -> PublishedSamples:
    """Letters A to D; everything else is unreadable. Raises InputError as `_read` does."""
    return _read(files, _letters)


def _read(files: dict[str, bytes], grade: Callable[[str, Sequence[str]], list[Grade]]) -> PublishedSamples:
    """Raises InputError where a line has another format, or the files differ in questions or right answers."""
    gold: dict[str, str] = {}
    found: dict[str, dict[str, list[tuple[str, float]]]] = {}
    for model, content in files.items():
        try:
            # Not splitlines: JSON strings may hold line separators of Unicode.
            lines = content.decode("utf-8").removesuffix("\n").split("\n")
        except UnicodeDecodeError:
            raise InputError(f"{model}: not UTF-8 text") from None
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                question, reference = f"question_{int(row['problem_num']):03}", str(row["gold_answer"])
                answers = [(str(answer or ""), float(tokens)) for answer, tokens in row["all_answers"]]
            except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
                raise InputError(f"{model}, line {number}: not a line of this log ({type(error).__name__})") from None
            if gold.setdefault(question, reference) != reference:
                raise InputError(f"{model}, line {number}: another right answer than in the other files")
            found.setdefault(question, {})[model] = answers
    samples: PublishedSamples = {}
    for question, by_model in sorted(found.items()):
        flat = [(model, text, tokens) for model, answers in by_model.items() for text, tokens in answers]
        samples[question] = {model: [] for model in by_model}
        try:
            grades = grade(gold[question], [text for _, text, _ in flat])
        except ValueError:
            raise InputError(f"{question}: the right answer {gold[question][:40]!r} is no integer") from None
        for (model, text, tokens), graded in zip(flat, grades):
            samples[question][model].append(Sample(graded.answer, graded.correct, text, tokens))
    return samples
