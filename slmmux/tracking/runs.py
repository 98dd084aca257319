"""One MLflow run for every stage run, in one experiment.

A stage that DVC took from its cache never ran, so `sync` makes its run from its record and marks it as
cached. Runs are known by their execution or, cached ones, by the digest of their record: what is there
already is not made again. The digest is the one that dvc.lock has for the record, which leads from there to
the run (`slmmux.tracking.lock`).
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import yaml

from slmmux.errors import InputError
from slmmux.paths import RECORDS
from slmmux.tracking.executions import Execution, git_commit, untracked
from slmmux.tracking.nested import log_nested, split_metrics
from slmmux.tracking.record import digest_of, read_record

EXPERIMENT = "slm-mux"
RECORD_TAG, EXECUTION_TAG, CACHED_TAG = "dvc.record_md5", "slmmux.execution", "slmmux.cached"
EXPERIMENT_TAGS = {
    "mlflow.note.content": "One run for every stage of the pipeline, named as in dvc.lock. Nested: the "
    "configurations that a stage measured (`accuracy`, on the test split) and the trials of a search "
    "(`validation_accuracy`). Accuracies are shares of 1; tokens are per question.",
}


def store_uri(root: Path) -> str:
    """$MLFLOW_TRACKING_URI, else a SQLite file in the repository: absolute, so that no one's folder matters."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(root / 'mlflow.db').resolve()}"


def open_experiment(root: Path) -> str:
    """Point MLflow at the store, make the experiment if it is not there, and return its id."""
    import mlflow

    uri = store_uri(root)
    mlflow.set_tracking_uri(uri)
    found = mlflow.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return found.experiment_id
    # Beside the database, wherever the command runs; a server knows its own place.
    beside = Path(uri.removeprefix("sqlite:///")).resolve().parent / "mlartifacts"
    artifacts = beside.as_uri() if uri.startswith("sqlite:///") else None
    return mlflow.create_experiment(EXPERIMENT, artifact_location=artifacts, tags=EXPERIMENT_TAGS)


def lock_digest(path: Path) -> str:
    """md5 of a file, as DVC takes it for dvc.lock."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def log_stage(
    root: Path, experiment: str, record_path: Path, execution: Execution | None, now: int, nested: int
) -> str:
    """Log one stage's record as a run and return the run's id. Without an execution the run is a cached one.

    now, nested: when a cached run, and when its nested runs, count as started; milliseconds since 1970.
    """
    import mlflow
    from mlflow import MlflowClient
    from mlflow.entities import Metric

    record, cached = read_record(root / record_path), execution is None
    client = MlflowClient()
    start, end = (execution.started, execution.ended) if execution else (now, now)
    stage = record["stage"]
    tags = {
        RECORD_TAG: lock_digest(root / record_path),
        CACHED_TAG: str(cached).lower(),
        "slmmux.stage": stage,
        "mlflow.source.git.commit": execution.git_commit if execution else git_commit(root),
        "mlflow.source.name": f"dvc cache of {stage}" if cached else f"dvc repro {stage}",
        "dvc.lock_sha256": digest_of(root / "dvc.lock") if (root / "dvc.lock").exists() else "none",
        "mlflow.note.content": _note(record, cached),
    }
    if execution:
        tags[EXECUTION_TAG] = execution.id
    run_id = client.create_run(experiment, start_time=start, tags=tags, run_name=stage).info.run_id
    metrics = [Metric(key, value, end, 0) for key, value in split_metrics(record["metrics"])[0].items()]
    metrics += [
        Metric(key, value, end, int(step))
        for key, curve in record.get("curves", {}).items()
        for step, value in curve.items()
    ]
    params = {**record["params"], **_engine_params(record.get("engine", []))}
    client.log_batch(run_id, metrics=metrics, params=[mlflow.entities.Param(k, str(v)) for k, v in params.items()])
    _log_inputs(client, run_id, record["inputs"])
    for artifact in [record_path.as_posix(), *record["artifacts"]]:
        client.log_artifact(run_id, str(root / artifact))
    log_nested(client, experiment, run_id, root, record, nested)
    client.set_terminated(run_id, end_time=end)
    return run_id


def _note(record: dict, cached: bool) -> str:
    how = "Taken from the cache: its record says what it measured when it ran." if cached else "Ran here."
    outputs = "\n".join(f"- `{o['path']}` sha256 `{o['sha256'][:16]}`" for o in record["outputs"])
    return f"{how}\n\nOutputs:\n{outputs}"


def _engine_params(engines: list[dict[str, str]]) -> dict[str, str]:
    return {f"engine.{key}": value for key, value in engines[0].items()} if engines else {}


def _log_inputs(client, run_id: str, inputs: list[dict]) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    client.log_inputs(
        run_id,
        [
            DatasetInput(
                Dataset(
                    name=entry["name"],
                    digest=entry["sha256"][:16],
                    source_type="local",
                    source=f'{{"uri": "{entry["path"]}"}}',
                ),
                [InputTag("mlflow.data.context", "input")],
            )
            for entry in inputs
        ],
    )


def _data_order(root: Path) -> list[str]:
    """The kinds of stages in the order in which data flows: that of dvc.yaml."""
    return list(yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))["stages"])


def sync(root: Path) -> tuple[int, int]:
    """Log every stage run the store does not know: (number that ran here, number that came from the cache).

    The list of runs, newest first, begins with the last stage. Cached runs count as started now, one
    millisecond after the other as data flows; nested runs before all the runs of their stages, which they
    would else push off the list's first page.
    """
    import mlflow

    experiment = open_experiment(root)
    runs = mlflow.search_runs([experiment], output_format="list", max_results=50_000)
    known = {run.data.tags.get(tag) for run in runs for tag in (RECORD_TAG, EXECUTION_TAG)}
    notes = untracked(root)
    now = int(datetime.now(UTC).timestamp() * 1000)
    # Wide enough apart for the nested runs of a stage.
    nested = count(min([now, *(execution.started for _, execution in notes)]) - 1, -1000)
    ran = 0
    for note, execution in notes:
        record = root / execution.record
        # A record that was overwritten since then cannot be shown any more; the later run is.
        if execution.id not in known and record.exists() and digest_of(record) == execution.record_sha256:
            log_stage(root, experiment, Path(execution.record), execution, now, next(nested))
            known.add(lock_digest(record))
            ran += 1
        note.unlink()
    cached = [path for path in sorted((root / RECORDS).glob("*.json")) if lock_digest(path) not in known]
    if cached:
        order = _data_order(root)
        cached.sort(key=lambda path: order.index(kind) if (kind := path.stem.split("@")[0]) in order else len(order))
    for position, path in enumerate(cached):
        log_stage(root, experiment, path.relative_to(root), None, now + position, next(nested))
    return ran, len(cached)


@contextmanager
def reachable(root: Path, advice: str) -> Iterator[None]:
    """Tell of a store that can't be reached in one line that ends with the advice: raises InputError."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        reason = " ".join(str(error).split())[:160]
        raise InputError(f"tracking store {store_uri(root)}: {reason}; {advice}") from None


def track(root: Path) -> tuple[int, int]:
    """`sync`, with a store that can't be reached told in one line. Raises InputError; nothing is lost."""
    with reachable(root, "run `slmmux track` when it is back"):
        return sync(root)
