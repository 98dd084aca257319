"""Questions from a data set of the Hugging Face hub, or from a local JSON or JSONL file in its place.

The file or the data set keeps its own order, and a question's id is its row there: `NAME-SOURCE-ROW`. Which
rows are asked is drawn with a seed, or they are the first ones; a larger split keeps the questions of a smaller one.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from slmmux.benchmarks.question import TEST, VALIDATION, Question
from slmmux.config import SplitSizes, parse_options
from slmmux.errors import InputError
from slmmux.settings import PathText, Strict


class HubSplit(Strict):
    """One split of a data set of the hub, at a revision (a commit's hash, so that it can't change)."""

    id: str
    config: str | None = None
    revision: str
    split: str


class HubOptions(Strict):
    """Where the questions come from. A file goes before the hub.

    Validation questions come from `validation_file`; without it, they are cut from `test_file` where that is
    given, else they come from `validation` on the hub; without that too, they are cut from `test`. A cut is
    disjoint. Which rows are asked where not all are: `drawn` with `seed`, or the `first` ones of the source; a
    cut takes validation from the other end of the same order.
    """

    seed: int = 0
    rows: Literal["drawn", "first"] = "drawn"
    test: HubSplit | None = None
    validation: HubSplit | None = None
    test_file: PathText | None = None
    validation_file: PathText | None = None


@dataclass(frozen=True)
class Row:
    """One row of a source. `source` names it in ids, `where` in messages."""

    source: str
    number: int
    where: str
    fields: dict[str, Any]

    def text(self, field: str) -> str:
        """The field's text, stripped. Raises InputError where it is missing, empty or no text."""
        value = self.fields.get(field)
        if not isinstance(value, str) or not value.strip():
            raise InputError(f"{self.where}: no text in the field {field!r}; there are: {', '.join(self.fields)}")
        return value.strip()


@dataclass(frozen=True)
class Item:
    """A row read as a question. `stem` is what makes two rows the same question; `text` is what is asked."""

    stem: str
    text: str
    reference: str


def hub_questions(
    name: str, sizes: SplitSizes, options: dict[str, Any], read: Callable[[Row, HubOptions], Item]
) -> list[Question]:
    """The questions of both splits, each in the order of its source; no stem is there twice.

    Raises InputError on wrong options, a missing or unreadable file, a hub that can't be reached, a row
    that `read` refuses, or fewer rows than `sizes` asks for.
    """
    parsed = parse_options(name, HubOptions, options)
    seen: set[str] = set()

    def questions_of(source: Path | HubSplit) -> list[Question]:
        """All different questions, in the order they are taken. Those of an earlier call are left out."""
        found = []
        for row in _file_rows(source) if isinstance(source, Path) else _hub_rows(source):
            item = read(row, parsed)
            if not item.reference.strip():
                raise InputError(f"{row.where}: no reference answer")
            if item.stem not in seen:
                seen.add(item.stem)
                found.append(Question(f"{name}-{row.source}-{row.number:05d}", "", item.text, item.reference))
        return found if parsed.rows == "first" else random.Random(parsed.seed).sample(found, len(found))

    test_source = parsed.test_file or parsed.test
    if test_source is None:
        raise InputError(f"benchmarks.{name}.options: give `test_file` or `test`")
    validation_source = parsed.validation_file or (None if parsed.test_file else parsed.validation)
    test = questions_of(test_source)
    if validation_source is None:
        # The far end of the same order, so that neither split's growth moves the other's questions.
        validation, room = test[::-1], len(test) - sizes.test
    else:
        validation = questions_of(validation_source)
        room = len(validation)
    chosen = []
    for split, pool, size, there in (
        (VALIDATION, validation, sizes.validation, room),
        (TEST, test, sizes.test, len(test)),
    ):
        if size > there:
            raise InputError(f"benchmarks.{name}.questions: {size} {split} questions wanted, {max(there, 0)} there")
        kept = sorted(pool[:size], key=lambda question: question.id)
        chosen += [Question(q.id, split, q.text, q.reference) for q in kept]
    return chosen


def _file_rows(path: Path) -> list[Row]:
    """The objects of a JSON list, or of a file with one JSON object a line (.jsonl)."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".jsonl":
            rows = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            rows = json.loads(text)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or 'not readable'}") from None
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not JSON: {' '.join(str(error).split())[:160]}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{path}: expected a list of objects, one a question")
    return [Row(path.stem, n, f"{path}, row {n}", row) for n, row in enumerate(rows)]


def _hub_rows(source: HubSplit) -> list[Row]:
    # Slow to import, and not needed for a local file.
    from datasets import load_dataset

    where = f"hub data set {source.id}, split {source.split}"
    try:
        rows = load_dataset(source.id, source.config, split=source.split, revision=source.revision)
    except Exception as error:
        # The library lets exceptions of a dozen other libraries through; each means the same to the user.
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise InputError(f"{where}: can't be had ({reason}); a local file goes in `test_file`") from None
    short = "-".join(part for part in (source.config or source.id.rsplit("/", 1)[-1], source.split) if part)
    return [Row(short, n, f"{where}, row {n}", row) for n, row in enumerate(rows)]
