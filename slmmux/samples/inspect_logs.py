"""Logs of Inspect (`.eval`, or `.json` of its own format): the epochs of a sample are its samples here.

Read with the library inspect-ai, the extra `inspect`.
"""

import logging
from math import isfinite
from pathlib import Path
from typing import Any

from slmmux.benchmarks.question import Question
from slmmux.benchmarks.thoughts import without_thoughts
from slmmux.errors import InputError
from slmmux.samples.lm_eval_logs import LogChoices, Row, reader_of_logs

MOST_EPOCHS = 10**6
# What Inspect's scorers call right and wrong, partly right, and not answered; as its own value_to_float has it.
VALUES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0, "yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}

log = logging.getLogger(__name__)


def inspect_rows(path: Path, choices: LogChoices) -> tuple[str, str, list[Row]]:
    """(task, model, rows).

    An answer is what the scorer read, else the completion, without thoughts; it is right where the score is above one
    half. With `read_as` the completions are read and graded by that benchmark, the target being the reference. A sample
    that ended in an error has no answer. What was chosen, how many samples ended in an error or have a score between
    wrong and right, and that a run did not end well, is said on the log.

    Raises InputError where the log is not readable, the scorer is not there, a filter is asked for, or a score is
    neither right or wrong nor a number.
    """
    from inspect_ai.log import read_eval_log

    where = str(path)
    if choices.filter is not None:
        raise InputError(f"{where}: a log of Inspect has no filters; --metric chooses a scorer")
    try:
        found = read_eval_log(where)
    except Exception as error:  # the library's errors have no common class
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{where}: not a log of Inspect ({reason[:120]})") from None
    if not found.samples:
        raise InputError(f"{where}: the log holds no samples (status {found.status})")
    if found.status != "success":
        log.warning("%s: the run ended with status %s and may lack samples", where, found.status)
    if failed := sum(sample.error is not None for sample in found.samples):
        log.warning("%s: %d of %d samples ended in an error; they have no answer", where, failed, len(found.samples))
    metric = _chosen_scorer(found.samples, choices.metric, where)
    scores = [_score(sample, metric, where) for sample in found.samples]
    if choices.read_as is not None:
        return found.eval.task, found.eval.model, _read_as(choices.read_as, found.samples, scores, where)
    if between := sum(score is not None and 0 < score < 1 for score in scores):
        log.warning("%s: %d scores lie between wrong and right; above 0.5 counts as right", where, between)
    rows = [_scored(sample, metric, score, where) for sample, score in zip(found.samples, scores)]
    return found.eval.task, found.eval.model, rows


def _chosen_scorer(samples: list, wanted: str | None, where: str) -> str | None:
    names = list(dict.fromkeys(name for sample in samples for name in sample.scores or {}))
    if wanted is not None and wanted not in names:
        raise InputError(f"{where}: no score {wanted!r}; there are: {', '.join(names) or 'none'}")
    if wanted is None and len(names) > 1:
        log.warning("%s: reading scorer %s of %s (--metric chooses)", where, names[0], ", ".join(names))
    return wanted if wanted is not None else next(iter(names), None)


def _score(sample: Any, metric: str | None, where: str) -> float | None:
    """The score as a number; None where there is none."""
    score = (sample.scores or {}).get(metric)
    if score is None:
        return None
    value = VALUES.get(score.value, score.value) if isinstance(score.value, str) else score.value
    if not isinstance(value, (bool, int, float)) or not isfinite(value):
        raise InputError(
            f"{_at(sample, where)}: score {metric!r} is {str(score.value)[:40]!r}, neither right or wrong nor a number"
        )
    return float(value)


def _at(sample: Any, where: str) -> str:
    return f"{where}: sample {sample.id}, epoch {sample.epoch}"


def _scored(sample: Any, metric: str | None, score: float | None, where: str) -> Row:
    if sample.error is not None:
        return _row(sample, None, False, where)
    if score is None:
        there = ", ".join(sample.scores or {}) or "none"
        raise InputError(f"{_at(sample, where)}: no score {metric!r}; there are: {there}")
    given = sample.scores[metric].answer
    said = without_thoughts(given if given is not None else sample.output.completion)
    answer = said.strip() if said is not None else None
    return _row(sample, answer, answer is not None and score > 0.5, where)


def _read_as(name: str, samples: list, scores: list[float | None], where: str) -> list[Row]:
    benchmark = reader_of_logs(name, where)
    by_question: dict[str, list[tuple[Any, float | None]]] = {}
    for sample, score in zip(samples, scores):
        by_question.setdefault(str(sample.id), []).append((sample, score))
    rows: list[Row] = []
    apart = 0
    for question, epochs in by_question.items():
        target = epochs[0][0].target
        reference = target if isinstance(target, str) else next(iter(target), "")
        if not reference:
            raise InputError(f"{where}: sample {question} has no target to compare with")
        responses = ["" if sample.error is not None else sample.output.completion for sample, _ in epochs]
        grades = benchmark.grade(Question(question, "test", "", reference), responses)
        for (sample, score), grade in zip(epochs, grades):
            rows.append(_row(sample, grade.answer, grade.correct, where))
            apart += score is not None and (score > 0.5) != grade.correct
    if apart:
        log.warning("%s: on %d of %d samples the log's own score disagrees with this reading", where, apart, len(rows))
    return rows


def _row(sample: Any, answer: str | None, correct: bool, where: str) -> Row:
    if not 1 <= sample.epoch <= MOST_EPOCHS:
        raise InputError(f"{where}: sample {sample.id} has an epoch that is no number from 1 to {MOST_EPOCHS}")
    usage = sample.output.usage
    tokens = (float(usage.input_tokens), float(usage.output_tokens)) if usage else (float("nan"), float("nan"))
    return str(sample.id), sample.epoch - 1, answer, correct, *tokens
