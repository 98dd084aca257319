"""Logs of Inspect (`.eval`, or `.json` of its own format): the epochs of a sample are its samples here.

Read with the library inspect-ai, the extra `inspect`.
"""

from collections.abc import Iterator
from pathlib import Path

from slmmux.errors import InputError
from slmmux.samples.lm_eval_logs import Row

# What Inspect's scorers call right and wrong.
VALUES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}


def inspect_rows(path: Path, metric: str | None) -> tuple[str, str, list[Row]]:
    """(task, model, rows). metric: the scorer's name; default: the first of the log.

    An answer is what the scorer read, else the completion. Raises InputError where the log is not readable, the scorer
    is not there, or a score is neither right or wrong nor a number.
    """
    from inspect_ai.log import read_eval_log

    try:
        log = read_eval_log(str(path))
    except Exception as error:  # the library's errors have no common class
        raise InputError(f"{path}: not a log of Inspect ({str(error).splitlines()[0][:120]})") from None
    if not log.samples:
        raise InputError(f"{path}: the log holds no samples (status {log.status})")
    return log.eval.task, log.eval.model, list(_rows(log.samples, metric, str(path)))


def _rows(samples, metric: str | None, where: str) -> Iterator[Row]:
    for sample in samples:
        at = f"{where}: sample {sample.id}, epoch {sample.epoch}"
        scores = sample.scores or {}
        name = metric if metric is not None else next(iter(scores), None)
        if name not in scores:
            raise InputError(f"{at}: no score {name!r}; there are: {', '.join(scores) or 'none'}")
        score = scores[name]
        value = VALUES.get(score.value, score.value) if isinstance(score.value, str) else score.value
        if not isinstance(value, (bool, int, float)):
            raise InputError(f"{at}: score {name!r} is {str(score.value)[:40]!r}, neither right or wrong nor a number")
        answer = (score.answer if score.answer is not None else sample.output.completion).strip() or None
        usage = sample.output.usage
        tokens = (float(usage.input_tokens), float(usage.output_tokens)) if usage else (float("nan"), float("nan"))
        yield str(sample.id), sample.epoch - 1, answer, answer is not None and value > 0.5, *tokens
