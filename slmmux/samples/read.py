"""Samples files of three kinds, read into one table with the columns that votes are made from.

.parquet   this project's own samples.
.json      what the paper's released code collects, one file a model.
.jsonl     sample logs of lm-evaluation-harness (--log_samples), one file a model and task.
"""

import hashlib
import json
import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from slmmux.errors import InputError
from slmmux.samples.lm_eval_logs import harness_rows
from slmmux.samples.tabulate import COLUMNS

# The released files do not name their benchmark.
COLLECTED = "collected"


def read_samples(sources: list[str], split: str) -> pd.DataFrame:
    """One table with COLUMNS from files given as PATH or NAME=PATH.

    NAME is the model's; without it a .json file is named by its stem and a .jsonl file by its folder, as
    lm-evaluation-harness lays its logs out. A .parquet file names its models itself. Files that do not say
    which split they are get `split`. Raises InputError when a file is missing, unreadable or not as above.
    """
    if not sources:
        raise InputError("no samples file given")
    return pd.concat([_read(source, split) for source in sources], ignore_index=True)


def _read(source: str, split: str) -> pd.DataFrame:
    name, path = None, Path(source)
    if "=" in source and not os.path.exists(source):
        name, _, rest = source.partition("=")
        path = Path(rest)
        if not name or not rest:
            raise InputError(f"{source!r}: expected PATH or NAME=PATH")
    try:
        if path.suffix == ".parquet":
            if name is not None:
                raise InputError(f"{path}: a parquet file names its models itself, take {name!r}= away")
            return _parquet(path)
        if path.suffix == ".json":
            rows = _collected_rows(json.loads(path.read_text(encoding="utf-8")), f"{path}")
            benchmark, model = COLLECTED, name or path.stem
        elif path.suffix == ".jsonl":
            # Not splitlines: JSON strings may hold line separators of Unicode.
            lines = path.read_text(encoding="utf-8").split("\n")
            entries = [json.loads(line) for line in lines if line.strip()]
            benchmark, rows = harness_rows(entries, path.stem, f"{path}")
            model = name or path.absolute().parent.name
        else:
            raise InputError(f"{path}: unknown kind of samples file; expected .parquet, .json or .jsonl")
        full = [(benchmark, split, question, model, *row) for question, *row in rows]
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, ValueError, OverflowError, RecursionError, pa.ArrowException) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: cannot be read: {reason}") from error
    # Objects: a string with a lone surrogate is legal JSON, but not legal in an Arrow string.
    return pd.DataFrame(full, columns=list(COLUMNS), dtype=object)


def _parquet(path: Path) -> pd.DataFrame:
    # Files of this project carry a checksum of every page: a damaged one is refused here as in the pipeline.
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
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
    # Without the metadata pandas leaves in a file: nothing here needs it, and it may be damaged.
    return table.to_pandas(ignore_metadata=True)


def _collected_rows(data, where: str):
    """Rows (question_id, sample, answer, correct, prompt_tokens, completion_tokens).

    Questions are known by the hash of their text: the files keep them in the order of completion. A
    sample is right if the file says so, else if its answer equals the reference. Empty answers are null.
    """
    responses = data.get("responses") if isinstance(data, dict) else None
    if not isinstance(responses, list):
        raise InputError(f'{where}: expected an object with a list "responses"')
    for number, response in enumerate(responses):
        at = f"{where}: response {number}"
        if not isinstance(response, dict):
            raise InputError(f"{at}: expected an object")
        question = _first_string(response, ("problem", "question"))
        if not question:
            raise InputError(f'{at}: neither "problem" nor "question" is a string')
        reference = _first_string(response, ("reference_answer", "correct_answer"))
        # The older scripts keep a single answer in the response itself.
        samples = response.get("samples", [response])
        if not isinstance(samples, list) or not samples:
            raise InputError(f'{at}: "samples" is not a list with entries')
        question_id = hashlib.sha256(question.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        for index, sample in enumerate(samples):
            if not isinstance(sample, dict) or "extracted_answer" not in sample:
                raise InputError(f'{at}, sample {index}: no "extracted_answer"')
            answer = sample["extracted_answer"]
            if not (answer is None or isinstance(answer, str)):
                raise InputError(f'{at}, sample {index}: "extracted_answer" is neither a string nor null')
            answer = (answer or "").strip() or None
            correct = sample.get("is_correct")
            if not isinstance(correct, bool):
                if reference is None:
                    raise InputError(f'{at}: no "reference_answer" or "correct_answer"')
                correct = answer == reference.strip()
            usage = sample.get("token_usage")
            tokens = [_number(usage, key) for key in ("prompt_tokens", "completion_tokens")]
            yield question_id, index, answer, correct and answer is not None, *tokens


def _first_string(entry: dict, keys) -> str | None:
    return next((entry[key] for key in keys if isinstance(entry.get(key), str)), None)


def _number(usage, key: str) -> float:
    value = usage.get(key) if isinstance(usage, dict) else None
    return float(value) if isinstance(value, (int, float)) else float("nan")
