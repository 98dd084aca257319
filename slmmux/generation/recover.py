"""The version of an output that dvc.lock names, read straight from DVC's cache.

DVC deletes a stage's outputs before it runs the stage. Without this, asking for more samples in a fresh
clone would throw away the samples that were pulled.
"""

from pathlib import Path

import yaml


def previous_version(path: Path, root: Path = Path(".")) -> Path | None:
    """The cached file of `path` as dvc.lock records it, or None where there is none."""
    try:
        lock = yaml.safe_load((root / "dvc.lock").read_text(encoding="utf-8"))
        for stage in lock["stages"].values():
            for out in stage.get("outs", []):
                if out["path"] == path.as_posix():
                    cached = root / ".dvc" / "cache" / "files" / "md5" / out["md5"][:2] / out["md5"][2:]
                    return cached if cached.is_file() else None
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return None
    return None
