"""Which stages ran on this machine, and when: noted by each stage, read by `slmmux track`.

A stage does not talk to the tracking store itself. It would wait for the store's libraries longer than for
its own work, and a store that is down would fail it.
"""

import json
import os
import subprocess
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from slmmux.files import write_text
from slmmux.paths import EXECUTIONS
from slmmux.tracking.record import digest_of


@dataclass(frozen=True)
class Execution:
    """One run of a stage. Times are milliseconds since 1970, as MLflow counts them.

    experiment: the name of DVC's experiment that ran it; empty for `dvc repro`.
    """

    id: str
    record: str
    record_sha256: str
    started: int
    ended: int
    git_commit: str
    experiment: str = ""


def dvc_experiment() -> str:
    """The name of DVC's experiment that this process is part of; empty outside of `dvc exp run`."""
    return os.environ.get("DVC_EXP_NAME", "")


def note_execution(root: Path, record: Path, started: datetime) -> None:
    """Note that the stage with this record file (relative to `root`) has just run."""
    execution = Execution(
        id=uuid.uuid4().hex,
        record=record.as_posix(),
        record_sha256=digest_of(root / record),
        started=int(started.timestamp() * 1000),
        ended=int(datetime.now(UTC).timestamp() * 1000),
        git_commit=git_commit(root),
        experiment=dvc_experiment(),
    )
    write_text(root / EXECUTIONS / f"{execution.ended}-{execution.id}.json", json.dumps(asdict(execution)))


def untracked(root: Path) -> list[tuple[Path, Execution]]:
    """The noted runs, oldest first. A note that can't be read is dropped: its stage counts as cached."""
    found = []
    for path in sorted((root / EXECUTIONS).glob("*.json")):
        try:
            found.append((path, Execution(**json.loads(path.read_text(encoding="utf-8")))))
        except (ValueError, TypeError, RecursionError):
            path.unlink()
    return found


def git_commit(root: Path) -> str:
    """The commit of the repository, with "-dirty" after it where tracked files differ; "none" outside git."""

    def git(*words: str) -> str:
        try:
            done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, errors="replace")
        except FileNotFoundError:
            return ""  # no git on this machine
        return done.stdout.strip()

    commit = git("rev-parse", "HEAD")
    return f"{commit}-dirty" if commit and git("status", "--porcelain", "-uno") else commit or "none"
