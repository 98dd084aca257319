"""Sample logs of lm-evaluation-harness: one document and filter a line.

A line holds doc_id, target, filter, `resps` (one list of raw responses per request; a generation task
makes one request a document, `repeats` responses long), `filtered_resps` (what the filter read from them)
and the metrics. Most filters end in take_first and so keep one of many responses.
"""

import logging
import re

from slmmux.errors import InputError

# The regex filter's answer where it finds none.
INVALID = "[invalid]"
NUMBER = re.compile(r"-?\d+(\.\d+)?")
# As the harness's flexible-extract filter of GSM8K: the last number of the response.
ANY_NUMBER = re.compile(r"-?\$?\d[\d,]*(?:\.\d+)?")
FILE_NAME = re.compile(r"samples_(.+)_\d{4}-\d\d-\d\dT.*")

log = logging.getLogger(__name__)


def harness_rows(entries: list, stem: str, where: str) -> tuple[str, list[tuple]]:
    """(task, rows (question_id, sample, answer, correct, prompt_tokens, completion_tokens)).

    Of several filters the first that keeps every response is read. If none does, and all targets are
    numbers, the last number of each raw response is its answer; a line on the log says so. With one
    response a document the logged metric decides what is right, with several the answer is compared to the
    target after both lose "#### ", "$", thousands commas and a final full stop, where a number is left.

    Raises InputError on lines of another shape, on log-likelihood tasks, and where no filter kept every
    response and the targets are not numbers.
    """
    named = FILE_NAME.fullmatch(stem)
    by_filter: dict[str, list[dict]] = {}
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict) or not isinstance(entry.get("doc_id"), (int, str)):
            raise InputError(f"{where}: line {number + 1} has no doc_id; not a sample log of lm-evaluation-harness")
        parsed = {
            "doc": str(entry["doc_id"]),
            "answers": _texts(entry.get("filtered_resps"), f"{where}: line {number + 1}: filtered_resps"),
            "targets": _targets(entry.get("target")),
            "metric": _metric(entry),
        }
        parsed["raw"] = (
            _texts(entry["resps"], f"{where}: line {number + 1}: resps") if "resps" in entry else parsed["answers"]
        )
        by_filter.setdefault(str(entry.get("filter", "none")), []).append(parsed)
    if not by_filter:
        raise InputError(f"{where}: no lines")
    chosen = next(
        (name for name, docs in by_filter.items() if all(len(d["answers"]) == len(d["raw"]) for d in docs)),
        None,
    )
    docs = by_filter[chosen if chosen is not None else next(iter(by_filter))]
    if chosen is None:
        if not all(d["targets"] and all(NUMBER.fullmatch(t) for t in d["targets"]) for d in docs):
            raise InputError(f"{where}: no filter kept every response; log with a filter that has no take_first")
        log.warning("%s: no filter kept every response; reading each response's last number", where)
        docs = [{**d, "answers": [_last_number(text) for text in d["raw"]]} for d in docs]
    elif len(by_filter) > 1:
        log.warning("%s: reading filter %s of %s", where, chosen, ", ".join(by_filter))
    return (named.group(1) if named else stem), [row for d in docs for row in _rows(d, where)]


def _rows(doc: dict, where: str):
    answers = [None if a is None or a.strip() in ("", INVALID) else _canonical(a) for a in doc["answers"]]
    for sample, answer in enumerate(answers):
        if answer is None:
            correct = False
        elif len(answers) == 1 and doc["metric"] is not None:
            correct = doc["metric"] > 0.5
        elif doc["targets"]:
            correct = answer in doc["targets"]
        else:
            raise InputError(f"{where}: document {doc['doc']} has neither a target nor a metric")
        yield doc["doc"], sample, answer, correct, float("nan"), float("nan")


def _texts(value, where: str) -> list[str | None]:
    """The responses of a generation task, whose one request holds a list of them or just one."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    if not isinstance(value, list) or not value or not all(v is None or isinstance(v, str) for v in value):
        raise InputError(f"{where}: expected generated text; log-likelihood tasks have no samples to vote with")
    return value


def _targets(target) -> list[str]:
    given = target if isinstance(target, list) else [target]
    return [_canonical(str(t)) for t in given if isinstance(t, (str, int, float))]


def _metric(entry: dict) -> float | None:
    names = entry.get("metrics")
    names = [n for n in names if isinstance(n, str)] if isinstance(names, list) else []
    values = (entry.get(name) for name in (*names, "exact_match"))
    return next((float(v) for v in values if isinstance(v, (bool, int, float))), None)


def _canonical(text: str) -> str:
    bare = text.split("#### ")[-1].replace(",", "").replace("$", "").strip().rstrip(".")
    return bare if NUMBER.fullmatch(bare) else text.strip()


def _last_number(text: str | None) -> str | None:
    found = ANY_NUMBER.findall(text or "")
    return found[-1] if found else None
