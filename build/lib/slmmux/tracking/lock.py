"""From dvc.lock back to MLflow: the run that shows the very output that dvc.lock names."""

from dataclasses import dataclass
from pathlib import Path

from slmmux.errors import InputError
from slmmux.tracking.record import record_file
from slmmux.tracking.runs import RECORD_TAG, stage_runs
from slmmux.tracking.store import open_experiment, run_link
from slmmux.yaml_file import read_yaml


@dataclass(frozen=True)
class LockedRun:
    """A stage of dvc.lock, and its run; no run: `slmmux track` has not been there yet."""

    stage: str
    run_id: str | None
    name: str | None = None
    git_commit: str | None = None
    link: str | None = None


def runs_by_digest(experiment: str) -> dict:
    """md5 of a record → the finished run that shows it, the latest of several."""
    runs = sorted(stage_runs(experiment), key=lambda run: run.info.start_time)
    return {run.data.tags[RECORD_TAG]: run for run in runs if run.info.status == "FINISHED"}


def locked_records(root: Path) -> dict[str, str]:
    """Stage → md5 of its record, from dvc.lock. Stages without a record are left out.

    Raises InputError where dvc.lock is missing or not readable.
    """
    path = root / "dvc.lock"
    if not path.exists():
        raise InputError(f"{path}: no such file; `dvc repro` writes it")
    try:
        stages = read_yaml(path)["stages"]
        return {
            name: out["md5"]
            for name, stage in stages.items()
            for out in stage.get("outs", [])
            if out["path"] == record_file(name).as_posix()
        }
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{path}: not a lock file of DVC") from None


def locked_runs(root: Path, stage: str | None = None) -> list[LockedRun]:
    """The runs that show the outputs dvc.lock names, of every stage or of one, in the order of dvc.lock.

    Of several runs with the same output the latest. Raises InputError on an unknown stage.
    """
    digests = locked_records(root)
    if stage is not None and stage not in digests:
        raise InputError(f"no stage {stage!r} with a record in dvc.lock; there are: {', '.join(digests)}")
    experiment = open_experiment(root)
    known = runs_by_digest(experiment)
    found = []
    for name in digests if stage is None else [stage]:
        run = known.get(digests[name])
        if run is None:
            found.append(LockedRun(name, None))
            continue
        run_id, commit = run.info.run_id, run.data.tags.get("mlflow.source.git.commit")
        found.append(LockedRun(name, run_id, run.info.run_name, commit, run_link(root, experiment, run_id)))
    return found
