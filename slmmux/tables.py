"""The samples file: its columns, and how it is read and written.

Parquet with checksums, so a damaged file is found when it is read. The provenance (model, prompt style, sampling,
engine, versions) is JSON in the file's own metadata, beside the samples.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from slmmux.errors import InputError
from slmmux.parquet_file import open_parquet, write_parquet

# What a sample records beside its answer, null where its engine did not say or it is older than the column.
# Logarithms are natural; `reasoning` is what a server gave apart from the response.
MORE = [
    ("reasoning", pa.string()),
    ("mean_logprob", pa.float32()),
    ("min_logprob", pa.float32()),
    ("seconds", pa.float32()),
]

# As an engine gave them. `prompt_sha256` ties a response to what was asked.
RESPONSES = pa.schema(
    [
        ("benchmark", pa.string()),
        ("split", pa.string()),
        ("question_id", pa.string()),
        ("model", pa.string()),
        ("sample", pa.int32()),
        ("response", pa.string()),
        ("prompt_tokens", pa.int32()),
        ("completion_tokens", pa.int32()),
        ("finish_reason", pa.string()),
        ("prompt_sha256", pa.string()),
        *MORE,
    ]
)

# As graded: what everything after generation reads.
SAMPLES = pa.schema(
    [
        ("benchmark", pa.string()),
        ("split", pa.string()),
        ("question_id", pa.string()),
        ("model", pa.string()),
        ("sample", pa.int32()),
        ("response", pa.string()),
        ("answer", pa.string()),
        ("correct", pa.bool_()),
        ("prompt_tokens", pa.int32()),
        ("completion_tokens", pa.int32()),
        ("finish_reason", pa.string()),
        *MORE,
    ]
)
OPTIONAL = {name for name, _ in MORE}

PROVENANCE = b"slmmux"


def write_table(path: Path, table: pa.Table, provenance: dict) -> None:
    """Write a table whole, with its provenance. The same table gives the same bytes; optional columns that hold
    nothing are left out."""
    nothing = [name for name in table.column_names if name in OPTIONAL and table[name].null_count == table.num_rows]
    table = table.drop_columns(nothing)
    metadata = {PROVENANCE: json.dumps(provenance, sort_keys=True).encode()}
    write_parquet(path, table.replace_schema_metadata(metadata))


def read_table(path: Path, schema: pa.Schema, may_be_empty: bool = False) -> tuple[pa.Table, dict]:
    """Read a table and its provenance. Optional columns that the file lacks are null.

    Raises InputError for a missing, empty, truncated or damaged file, and for missing columns or provenance.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file; `dvc pull` brings the shipped one, `dvc repro` regenerates it")
    try:
        table = open_parquet(path).read()
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(f"{path}: not a readable Parquet file ({reason}); delete it and run again") from None
    for name in schema.names:
        if name in OPTIONAL and name not in table.column_names:
            table = table.append_column(name, pa.nulls(table.num_rows, schema.field(name).type))
    for name in schema.names:
        if table.column_names.count(name) != 1:
            how = "no column" if name not in table.column_names else "more than one column"
            raise InputError(f"{path}: {how} {name!r}; expected {', '.join(schema.names)}")
    if not table.num_rows and not may_be_empty:
        raise InputError(f"{path}: holds no rows")
    try:
        provenance = json.loads((table.schema.metadata or {})[PROVENANCE])
        table = table.select(schema.names).cast(schema).replace_schema_metadata(None)
        # Reading does not check that strings are UTF-8.
        table.validate(full=True)
    except KeyError:
        raise InputError(f"{path}: carries no provenance, so nothing says how it was made") from None
    except (pa.ArrowException, ValueError, RecursionError) as error:
        raise InputError(f"{path}: {(str(error).splitlines() or [type(error).__name__])[0][:120]}") from None
    if not isinstance(provenance, dict):
        raise InputError(f"{path}: its provenance is no object")
    return table, provenance


def table_of(rows: Sequence[dict], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=schema)
