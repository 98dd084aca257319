"""Samples files of several kinds, read into one table with the columns that votes are made from.

.parquet   this project's own samples.
.json      what the paper's released code collects, one file a model, or its orchestrator's result; a list of
           lm-evaluation-harness's lines.
.jsonl     sample logs of lm-evaluation-harness (--log_samples), one file a model and task.
.eval      logs of Inspect.
"""

import json
import logging
import os
from itertools import takewhile
from pathlib import Path

import pandas as pd
import pyarrow as pa

from slmmux.errors import InputError
from slmmux.files import refuse_pointer
from slmmux.parquet_file import open_parquet
from slmmux.samples.inspect_logs import inspect_rows
from slmmux.samples.lm_eval_logs import FIRST_THAT_SERVES, LogChoices, harness_rows
from slmmux.samples.released_code_files import BENCHMARK as COLLECTED
from slmmux.samples.released_code_files import collected_rows, orchestrated_rows
from slmmux.samples.tabulate import COLUMNS

# With or without the mark that some editors put first.
UTF_8 = "utf-8-sig"

log = logging.getLogger(__name__)


def read_samples(
    sources: list[str], split: str, choices: LogChoices = FIRST_THAT_SERVES, join: str | None = None
) -> pd.DataFrame:
    """One table with COLUMNS from files given as PATH, NAME=PATH or NAME=PATH,PATH (runs of one model, joined).

    NAME is the model's; without it a .json file is named by its stem and a .jsonl file by its folder, as
    lm-evaluation-harness lays its logs out. Other files name their models themselves. Files that do not say which
    split they are get `split`. choices: what to take from logs. join: the name under which several tasks become one
    benchmark; without it they do where their names begin alike, as the subjects of a group do, and the log says so.

    Raises InputError when a file is missing, unreadable or not as above. Warns where no two samples of a question
    agree: such answers are whole responses, and voting on them means nothing.
    """
    if not sources:
        raise InputError("no samples file given")
    table = pd.concat([_read(source, split, choices) for source in sources], ignore_index=True)
    table = _joined(table, join)
    _warn_without_agreement(table)
    return table


def _joined(table: pd.DataFrame, name: str | None) -> pd.DataFrame:
    """Several tasks as one benchmark, their question ids with the task in front."""
    tasks = table["benchmark"].drop_duplicates().tolist()
    if len(tasks) < 2 or not all(isinstance(task, str) for task in tasks):
        return table if name is None else table.assign(benchmark=name)
    if name is None:
        parts = [task.split("_") for task in tasks]
        alike = takewhile(lambda column: len(set(column)) == 1, zip(*parts))
        name = "_".join(column[0] for column in alike)
        if not name:
            return table
        log.warning("%s read as one benchmark %s (--join NAME names it)", ", ".join(tasks), name)
    joined = [f"{task}/{question}" for task, question in zip(table["benchmark"], table["question_id"])]
    return table.assign(benchmark=name, question_id=joined)


def _warn_without_agreement(table: pd.DataFrame) -> None:
    parsed = table[table["answer"].notna()]
    by = ["split", "benchmark", "question_id", "model"]
    try:
        several = table.duplicated(by).any()
        agree = parsed.duplicated([*by, "answer"]).any()
    except TypeError:
        return  # a value that is no string: making votes says so
    if several and len(parsed) and not agree:
        log.warning(
            "no two samples of any question agree, so voting means nothing: if the answers are whole responses, "
            "give --read-as BENCHMARK"
        )


def _read(source: str, split: str, choices: LogChoices) -> pd.DataFrame:
    name, path = None, Path(source)
    if "=" in source and not os.path.exists(source):
        name, _, rest = source.partition("=")
        path = Path(rest)
        if not name or not rest:
            raise InputError(f"{source!r}: expected PATH or NAME=PATH")
        if "," in rest and not path.exists():
            return _runs([_read(f"{name}={part}", split, choices) for part in rest.split(",")])
    try:
        rows = _rows_of(path, name, split, choices)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, ValueError, OverflowError, RecursionError, pa.ArrowException) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: cannot be read: {reason}") from error
    if isinstance(rows, pd.DataFrame):
        return rows
    # Objects: a string with a lone surrogate is legal JSON, but not legal in an Arrow string.
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def _runs(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Several runs of one model as one pool: the samples of each run are numbered after those of the runs before."""
    first = 0
    for number, table in enumerate(tables):
        tables[number] = table.assign(sample=table["sample"] + first)
        first = int(tables[number]["sample"].max()) + 1 if len(table) else first
    return pd.concat(tables, ignore_index=True)


def _rows_of(path: Path, name: str | None, split: str, choices: LogChoices):
    """A DataFrame, or rows of COLUMNS."""
    refuse_pointer(path)
    if path.suffix == ".parquet" and name is not None:
        raise InputError(f"{path}: a parquet file names its models itself, take {name!r}= away")
    if path.suffix == ".parquet":
        return _parquet(path)
    if path.suffix == ".eval":
        return _inspect(path, name, split, choices)
    if path.suffix == ".jsonl":
        return _harness(_json_lines(path), path, name, split, choices)
    if path.suffix != ".json":
        raise InputError(f"{path}: unknown kind of samples file; expected .parquet, .json, .jsonl or .eval")
    data = json.loads(path.read_text(encoding=UTF_8))
    if isinstance(data, dict) and "eval" in data and "status" in data:
        return _inspect(path, name, split, choices)
    if isinstance(data, dict) and isinstance(data.get("results"), dict):
        raise InputError(
            f"{path}: the scores of whole tasks, as lm-evaluation-harness writes them; --log_samples writes the "
            "samples to samples_*.jsonl beside them"
        )
    if isinstance(data, list) and data:
        return _harness(data, path, name, split, choices)
    if isinstance(data, dict) and "results" in data and "responses" not in data:
        if name is not None:
            raise InputError(f"{path}: an orchestrator's result names its models itself, take {name!r}= away")
        found = orchestrated_rows(data, str(path))
        return [(COLLECTED, split, question, model, *row) for model, (question, *row) in found]
    if isinstance(data, dict) and "responses" in data:
        return [(COLLECTED, split, q, name or path.stem, *row) for q, *row in collected_rows(data, str(path))]
    raise InputError(
        f'{path}: expected an object with a list "responses" (collected) or "results" (an orchestrator\'s), or a list '
        "of lm-evaluation-harness's lines"
    )


def _json_lines(path: Path) -> list:
    """The values of a file with one a line. Raises InputError naming the line that holds none."""
    found = []
    # Not splitlines: JSON strings may hold line separators of Unicode.
    for number, line in enumerate(path.read_text(encoding=UTF_8).split("\n"), 1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except ValueError as error:
                raise InputError(f"{path}: line {number} is not JSON, or cut off ({error})") from None
    # One list of all lines.
    return found[0] if len(found) == 1 and isinstance(found[0], list) else found


def _inspect(path: Path, name: str | None, split: str, choices: LogChoices) -> list[tuple]:
    task, model, rows = inspect_rows(path, choices)
    return [(task, split, question, name or model, *row) for question, *row in rows]


def _harness(entries: list, path: Path, name: str | None, split: str, choices: LogChoices) -> list[tuple]:
    task, rows = harness_rows(entries, path.stem, str(path), choices)
    model = name or path.absolute().parent.name
    return [(task, split, question, model, *row) for question, *row in rows]


def _parquet(path: Path) -> pd.DataFrame:
    with open_parquet(path) as file:
        names = file.schema_arrow.names
        for column in COLUMNS:
            if names.count(column) != 1:
                how = "no column" if column not in names else "more than one column"
                raise InputError(f"{path}: {how} {column!r}; expected {', '.join(COLUMNS)}")
            kind = file.schema_arrow.field(column).type
            if pa.types.is_nested(kind):
                raise InputError(f"{path}: column {column!r} holds {kind}, expected one value a row")
        table = file.read(columns=list(COLUMNS))
    # Reading does not check that strings are UTF-8, and what breaks on it later no longer names the file.
    table.validate(full=True)
    for place, column in enumerate(COLUMNS):
        kind = table.schema.field(place).type
        if pa.types.is_dictionary(kind):
            table = table.set_column(place, column, table.column(place).cast(kind.value_type))
    # Without the metadata pandas leaves in a file: nothing here needs it, and it may be damaged.
    return table.to_pandas(ignore_metadata=True)
