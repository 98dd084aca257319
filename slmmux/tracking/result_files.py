"""Tables and metrics of a stage on disk: one CSV a table, and metrics.json, which DVC and people read."""

import json
from pathlib import Path

import pandas as pd

from slmmux.files import write_text

# Sums of floats differ between processors in their last digits; results in git must not.
DIGITS = 10


def write_tables(folder: Path, tables: dict[str, pd.DataFrame]) -> list[Path]:
    """Write <name>.csv for each table; return the paths."""
    paths = [folder / f"{name}.csv" for name in tables]
    for path, table in zip(paths, tables.values()):
        write_text(path, table.round(DIGITS).to_csv(index=False, lineterminator="\n"))
    return paths


def write_results(folder: Path, tables: dict[str, pd.DataFrame], metrics: dict[str, float]) -> list[Path]:
    """Write the tables, and metrics.json with the metrics' names split at "/"; return the paths."""
    nested: dict = {}
    for name, value in metrics.items():
        *groups, last = name.split("/")
        level = nested
        for group in groups:
            level = level.setdefault(group, {})
        level[last] = round(value, DIGITS)
    path = folder / "metrics.json"
    write_text(path, json.dumps(nested, indent=1, allow_nan=False) + "\n")
    return [*write_tables(folder, tables), path]
