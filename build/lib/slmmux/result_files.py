"""Result files on disk: one CSV a table, JSON, and metrics.json, all with the same rounding.

Sums of floats differ between processors in their last digits; what is in git must not. So numbers are rounded to
DIGITS decimals when they are written, far above such differences and far below what any table shows.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slmmux.files import write_texts

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 8


def rounded(value: Any) -> Any:
    """Numbers rounded to DIGITS decimals, inside lists and mappings too. Never -0.0."""
    if isinstance(value, float):
        return round(value, DIGITS) + 0.0 if math.isfinite(value) else value
    if isinstance(value, Mapping):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    return value


def csv_text(table: "pd.DataFrame") -> str:
    """The table as CSV with Unix line ends, without its index."""
    return table.map(rounded).to_csv(index=False, lineterminator="\n")


def json_text(data: Any) -> str:
    """The data as JSON, numbers rounded. Raises ValueError on NaN and infinities, which JSON does not have."""
    return json.dumps(rounded(data), indent=1, allow_nan=False) + "\n"


def write_json(path: Path, data: Any) -> Path:
    """Write JSON whole. Raises ValueError as `json_text` does."""
    write_texts({path: json_text(data)})
    return path


def write_tables(folder: Path, tables: "dict[str, pd.DataFrame]") -> list[Path]:
    """Write <name>.csv for each table, all or none; return the paths."""
    return write_texts({folder / f"{name}.csv": csv_text(table) for name, table in tables.items()})


def write_results(folder: Path, tables: "dict[str, pd.DataFrame]", metrics: dict[str, float]) -> list[Path]:
    """Write the tables, and metrics.json with the metrics' names split at "/", all or none; return the paths."""
    nested: dict = {}
    for name, value in metrics.items():
        *groups, last = name.split("/")
        level = nested
        for group in groups:
            level = level.setdefault(group, {})
        level[last] = value
    texts = {folder / f"{name}.csv": csv_text(table) for name, table in tables.items()}
    return write_texts(texts | {folder / "metrics.json": json_text(nested)})
