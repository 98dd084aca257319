"""Tables and metrics of a stage on disk: one CSV a table, and metrics.json, which DVC and people read."""

import json
from pathlib import Path

import pandas as pd

from slmmux.files import write_text

# Sums of floats differ between processors in their last digits; results in git must not.
DIGITS = 10


def write_results(folder: Path, tables: dict[str, pd.DataFrame], metrics: dict[str, float]) -> list[Path]:
    """Write <name>.csv for each table and metrics.json, its names split at "/"; return the paths."""
    paths = []
    for name, table in tables.items():
        paths.append(folder / f"{name}.csv")
        write_text(paths[-1], table.round(DIGITS).to_csv(index=False, lineterminator="\n"))
    nested: dict = {}
    for name, value in metrics.items():
        *groups, last = name.split("/")
        level = nested
        for group in groups:
            level = level.setdefault(group, {})
        level[last] = round(value, DIGITS)
    paths.append(folder / "metrics.json")
    write_text(paths[-1], json.dumps(nested, indent=1, allow_nan=False) + "\n")
    return paths
