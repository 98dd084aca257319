"""Sample logs of lm-evaluation-harness: one document and filter a line.

A line holds doc_id, target, filter, `resps` (one list of raw responses per request; a generation task
makes one request a document, `repeats` responses long), `filtered_resps` (what the filter read from them)
and the metrics. Most filters end in take_first and so keep one of many responses.
"""

import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.answer_reader import last_boxed
from slmmux.benchmarks.plain_numbers import plain_number
from slmmux.benchmarks.question import Benchmark, Grade, Question
from slmmux.benchmarks.thoughts import without_thoughts
from slmmux.errors import InputError

# The regex filter's answer where it finds none.
INVALID = "[invalid]"
FILE_NAME = re.compile(r"samples_(.+)_\d{4}-\d\d-\d\dT.*")
# What the harness puts in the place of a metric where it only collects responses.
NO_METRIC = "bypass"
# A part of a task's name → the benchmark of ours whose reader reads its raw responses.
READERS = (("gsm8k", "gsm8k"), ("gpqa", "gpqa"), ("math", "math_500"))
# The target of a multiple-choice question.
LETTER = re.compile(r"\(?[A-Z]\)?")
UNKNOWN = float("nan")

# (question_id, sample, answer, correct, prompt_tokens, completion_tokens)
Row = tuple[str, int, str | None, bool, float, float]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LogChoices:
    """What to take from a log that offers several things; None: the first that serves, said on the log.

    filter, metric: names of the log's. read_as: a benchmark of ours that reads and grades the raw responses.
    """

    filter: str | None = None
    metric: str | None = None
    read_as: str | None = None


FIRST_THAT_SERVES = LogChoices()


@dataclass(frozen=True)
class _Document:
    """One line. metric: the log's own score, None where the line names none."""

    id: str
    answers: list[str | None]
    raw: list[str | None]
    targets: list[str]
    metric: float | None


def harness_rows(
    entries: Sequence, stem: str, where: str, choices: LogChoices = FIRST_THAT_SERVES
) -> tuple[str, list[Row]]:
    """(task, rows).

    With `read_as` the raw responses are read and graded by that benchmark, the target being the reference. Without:
    of several filters the first that keeps every response is read. If none does, the responses are read as the
    benchmark reads that the task's name tells, or as numbers where all targets are numbers. One response a document
    is graded by the metric, several by comparison with the target, equal numbers being equal answers.

    What was chosen is said on the log, and on how many documents the log's own score disagrees. Raises InputError on
    lines of another shape, on log-likelihood tasks, for a filter or metric that is not there, for a metric without a
    number for every document, and where nothing says how to read the responses.
    """
    named = FILE_NAME.fullmatch(stem)
    task = named.group(1) if named else stem
    by_filter: dict[str, list[tuple[int, dict]]] = {}
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or _id(entry.get("doc_id")) is None:
            raise InputError(f"{where}: line {number} has no doc_id; not a sample log of lm-evaluation-harness")
        by_filter.setdefault(str(entry.get("filter", "none")), []).append((number, entry))
    if not by_filter:
        raise InputError(f"{where}: no lines")
    metric = _chosen_metric([entry for lines in by_filter.values() for _, entry in lines], choices.metric, where)
    documents = {
        name: [_document(entry, metric, f"{where}: line {number}") for number, entry in lines]
        for name, lines in by_filter.items()
    }
    chosen = _chosen_filter(documents, choices.filter, where)
    docs = documents[chosen if chosen is not None else next(iter(documents))]
    read_as = choices.read_as
    if read_as is None and chosen is None:
        read_as = _reader(task, [_reference(t) for d in docs for t in d.targets or [""]])
        if read_as is None:
            raise InputError(
                f"{where}: no filter kept every response; give --read-as BENCHMARK, or log with a filter that has "
                "no take_first"
            )
        log.warning("%s: no filter kept every response; reading the responses as %s does", where, read_as)
    if read_as is None and metric is not None:
        without = next((d.id for d in docs if d.metric is None and len(d.answers) == 1), None)
        if without is not None and any(d.metric is not None for d in docs):
            raise InputError(f"{where}: metric {metric!r} has no number for document {without}, but for others")
    reader = reader_of_logs(read_as, where) if read_as is not None else None
    graded = [(d, _read_as(reader, d) if reader is not None else _graded(d, where)) for d in docs]
    _say_disagreement(graded, where)
    return task, [
        (d.id, sample, grade.answer, grade.correct, UNKNOWN, UNKNOWN)
        for d, grades in graded
        for sample, grade in enumerate(grades)
    ]


def reader_of_logs(name: str, where: str) -> Benchmark:
    """The benchmark of that name. Raises InputError where it needs more of a question than a log holds."""
    benchmark = get_benchmark(name)
    if benchmark.needs_text:
        raise InputError(f"{where}: {name} can't read a log: its tests need more of a task than a log holds")
    return benchmark


def _reader(task: str, targets: list[str]) -> str | None:
    """The benchmark of ours that reads as a task's name and targets tell: mmlu_pro_math asks for letters."""
    named = next((name for part, name in READERS if part in task), None)
    if named == "math_500" and all(LETTER.fullmatch(target) for target in targets):
        return None
    return named or ("gsm8k" if all(plain_number(target) is not None for target in targets) else None)


def _id(given) -> str | None:
    """A document's id as a text; tables that went through pandas have 7.0 for 7."""
    if isinstance(given, float) and given.is_integer():
        return str(int(given))
    return str(given) if isinstance(given, (int, str)) and not isinstance(given, bool) else None


def _logged(entry: dict, metric: str):
    """What a line has for a metric, whose key may also hold the filter: "exact_match,strict-match"."""
    return entry.get(metric, entry.get(f"{metric},{entry.get('filter', 'none')}"))


def _is_number(value) -> bool:
    return isinstance(value, (bool, int, float)) and 0 <= value <= 1


def _document(entry: dict, metric: str | None, where: str) -> _Document:
    raw = _texts(entry["resps"], f"{where}: resps") if "resps" in entry else None
    answers = _texts(entry.get("filtered_resps"), f"{where}: filtered_resps", numbers=raw is not None)
    score = None
    if metric is not None:
        value = _logged(entry, metric)
        if value is not None and not _is_number(value):
            number = isinstance(value, (bool, int, float)) and isfinite(value)
            said = f"is {value} for this document, not from 0 to 1" if number else "has no number for this document"
            raise InputError(
                f"{where}: metric {metric!r} {said}; only metrics of single documents say "
                "which samples are right (--metric NAME chooses another)"
            )
        score = None if value is None else float(value)
    return _Document(_id(entry["doc_id"]) or "", answers, raw or answers, _targets(entry.get("target")), score)


def _chosen_metric(entries: list[dict], wanted: str | None, where: str) -> str | None:
    names: list[str] = []
    for entry in entries:
        listed = entry.get("metrics")
        found = [n for n in listed if isinstance(n, str)] if isinstance(listed, list) else []
        if not found and isinstance(_logged(entry, "exact_match"), (bool, int, float)):
            found = ["exact_match"]
        names += [n for n in found if n not in names and n != NO_METRIC]
    if wanted is not None:
        if wanted not in names:
            raise InputError(f"{where}: no metric {wanted!r}; there are: {', '.join(names) or 'none'}")
        return wanted
    # A metric that is named but never logged grades nothing.
    logged = [n for n in names if any(_logged(entry, n) is not None for entry in entries)]
    # Of several, one that no document has a number for is passed over.
    logged = [n for n in logged if all(_logged(e, n) is None or _is_number(_logged(e, n)) for e in entries)] or logged
    if len(logged) > 1:
        log.warning("%s: reading metric %s of %s (--metric chooses)", where, logged[0], ", ".join(logged))
    return logged[0] if logged else None


def _chosen_filter(documents: dict[str, list[_Document]], wanted: str | None, where: str) -> str | None:
    """The filter to read, None where no filter kept every response."""
    if wanted is not None:
        if wanted not in documents:
            raise InputError(f"{where}: no filter {wanted!r}; there are: {', '.join(documents)}")
        whole = {wanted: documents[wanted]}
    else:
        whole = documents
    kept = (name for name, docs in whole.items() if all(len(d.answers) == len(d.raw) for d in docs))
    chosen = next(kept, None)
    if wanted is None and chosen is not None and len(documents) > 1:
        log.warning("%s: reading filter %s of %s (--filter chooses)", where, chosen, ", ".join(documents))
    return chosen


def _read_as(benchmark: Benchmark, doc: _Document) -> list[Grade]:
    target = next(iter(doc.targets), "")
    reference = last_boxed(target) or _reference(target)
    if not reference:
        return [Grade(None, False) for _ in doc.raw]
    return benchmark.grade(Question(doc.id, "test", "", reference), [text or "" for text in doc.raw])


def _graded(doc: _Document, where: str) -> list[Grade]:
    canonical = [canonical_answer(without_thoughts(text or "") or "") for text in doc.answers]
    answers = [None if answer in ("", INVALID) else answer for answer in canonical]
    if len(answers) == 1 and doc.metric is not None:
        return [Grade(answers[0], answers[0] is not None and doc.metric > 0.5)]
    if not doc.targets:
        raise InputError(f"{where}: document {doc.id} has neither a target nor a metric")
    targets = {canonical_answer(target) for target in doc.targets}
    return [Grade(answer, answer in targets) for answer in answers]


def _say_disagreement(graded: list[tuple[_Document, list[Grade]]], where: str) -> None:
    """On how many documents the log's own score and the most frequent answer as read here disagree."""
    apart = 0
    for doc, grades in graded:
        counts = Counter(g.answer for g in grades if g.answer is not None)
        top = [answer for answer, count in counts.items() if count == max(counts.values())]
        right = {g.answer for g in grades if g.correct}
        # A tie between a right and a wrong answer agrees with either score.
        said = {answer in right for answer in top} or {False}
        apart += doc.metric is not None and (doc.metric > 0.5) not in said
    if apart:
        log.warning(
            "%s: on %d of %d documents the log's own score disagrees with this reading", where, apart, len(graded)
        )


def _texts(value, where: str, numbers: bool = False) -> list[str | None]:
    """The responses of a generation task, whose one request holds a list of them or just one.

    numbers: whether numbers count as texts, as some filters read them.
    """
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    elif isinstance(value, list) and all(isinstance(v, list) and len(v) == 1 for v in value):
        # As many requests as responses.
        value = [v[0] for v in value]
    if numbers and isinstance(value, list):
        value = [str(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v for v in value]
    if not isinstance(value, list) or not value or not all(v is None or isinstance(v, str) for v in value):
        raise InputError(f"{where}: expected generated text; log-likelihood tasks have no samples to vote with")
    return value


def _targets(target) -> list[str]:
    given = target if isinstance(target, list) else [target]
    return [str(t) for t in given if isinstance(t, (str, int, float))]


def _reference(target: str) -> str:
    """What stands after the last "####" of a worked solution, or the whole target."""
    return target.rpartition("####")[2].strip()


def canonical_answer(text: str) -> str:
    """A number in one form, whatever its separators, sign of money and zeros; any other text without outer spaces."""
    number = plain_number(_reference(text))
    return str(number) if number is not None else text.strip()
