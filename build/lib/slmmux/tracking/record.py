"""What a stage did, as a small file beside its outputs: parameters, metrics, digests, versions.

The record is an output of the stage, so it comes back from the cache with the other outputs. That is how a
stage that never ran here can still be shown in the tracking store with what it measured.
"""

import hashlib
import json
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from slmmux.errors import InputError
from slmmux.files import write_text
from slmmux.paths import RECORDS

PACKAGES = ("slmmux", "numpy", "scipy", "pyarrow", "pandas", "math-verify", "reasoning-gym", "optuna")


@dataclass(frozen=True)
class Dataset:
    """An input file, named as a reader of the run list would name it."""

    name: str
    path: Path


@dataclass(frozen=True)
class Record:
    """One stage's run. Parameters are flat and few. Metrics are named 'configuration/name', or 'name' for the stage's
    headline; slmmux.tracking.shared_metrics says which of them MLflow shows.

    curves: metric → {step: value}.
    configurations: group of metrics → what it is: method, models and samples, so that runs can be told apart.
    artifacts: files worth seeing in the tracking store (tables, figures), a subset of the outputs.
    """

    stage: str
    params: Mapping[str, str | int | float]
    metrics: Mapping[str, float]
    inputs: list[Dataset]
    outputs: list[Path]
    artifacts: list[Path] = field(default_factory=list)
    curves: dict[str, dict[int, float]] = field(default_factory=dict)
    engine: list[dict[str, str]] = field(default_factory=list)
    configurations: dict[str, dict[str, str]] = field(default_factory=dict)


def digest_of(path: Path) -> str:
    """sha256 of a file, read in pieces; of a folder, over its files' names and digests."""
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            digest.update(f"{file.relative_to(path).as_posix()}:{digest_of(file)}\n".encode())
        return digest.hexdigest()
    with path.open("rb") as handle:
        while chunk := handle.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def record_file(stage: str) -> Path:
    return RECORDS / f"{stage}.json"


def write_record(record: Record) -> Path:
    """Write the record of a stage whose outputs are in place, and return its path."""
    content = {
        "stage": record.stage,
        "params": record.params,
        "metrics": record.metrics,
        "curves": {name: {str(s): v for s, v in curve.items()} for name, curve in record.curves.items()},
        "inputs": [{"name": d.name, "path": d.path.as_posix(), "sha256": digest_of(d.path)} for d in record.inputs],
        "outputs": [{"path": p.as_posix(), "sha256": digest_of(p)} for p in record.outputs],
        "artifacts": [p.as_posix() for p in record.artifacts],
        "engine": record.engine,
        "configurations": record.configurations,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
    }
    path = record_file(record.stage)
    write_text(path, json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n")
    return path


def _check(content) -> None:
    """Raises ValueError where what was read is not what `write_record` writes."""
    whole = isinstance(content, dict) and isinstance(content.get("stage"), str)
    whole = whole and all(isinstance(content.get(name), dict) for name in ("params", "metrics"))
    whole = whole and all(isinstance(content.get(name), list) for name in ("inputs", "outputs", "artifacts"))
    if not (whole and all(map(_is_number, content["metrics"].values()))):
        raise ValueError
    for name, keys in (("inputs", ("name", "path", "sha256")), ("outputs", ("path", "sha256"))):
        for entry in content[name]:
            if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in keys):
                raise ValueError
    curves, engine = content.get("curves", {}), content.get("engine", [])
    if not isinstance(curves, dict) or not all(isinstance(curve, dict) for curve in curves.values()):
        raise ValueError
    if not all(s.isdecimal() and _is_number(v) for curve in curves.values() for s, v in curve.items()):
        raise ValueError
    if not all(isinstance(path, str) for path in content["artifacts"]):
        raise ValueError
    if not isinstance(engine, list) or not all(isinstance(entry, dict) for entry in engine):
        raise ValueError


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def read_record(path: Path) -> dict:
    """Raises InputError where the file is missing or no record."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        _check(content)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `dvc pull` or `dvc repro` brings it") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}: not the record of a stage; delete it and run `dvc repro`") from None
    return content


def changed_outputs(root: Path) -> list[Path]:
    """Tables and JSON among the results that are not what the record of their stage says was written."""
    changed = []
    for path in sorted((root / RECORDS).glob("*.json")):
        try:
            outputs = read_record(path)["outputs"]
        except InputError:
            continue
        for entry in outputs:
            output = root / entry["path"]
            if output.suffix in (".csv", ".json") and output.is_file() and digest_of(output) != entry["sha256"]:
                changed.append(Path(entry["path"]))
    return changed
