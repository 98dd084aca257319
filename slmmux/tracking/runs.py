"""One MLflow run for every stage run, in one experiment.

A stage that DVC took from its cache never ran, so `sync` makes its run from its record and marks it as
cached. Runs are known by their execution or, cached ones, by the digest of their record: what is there
already is not made again.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

from slmmux.errors import InputError
from slmmux.paths import RECORDS
from slmmux.tracking.executions import Execution, git_commit, untracked
from slmmux.tracking.record import digest_of, read_record
from slmmux.tracking.trials import log_trials

EXPERIMENT = "slm-mux"
RECORD_TAG, EXECUTION_TAG, CACHED_TAG = "slmmux.record_sha256", "slmmux.execution", "slmmux.cached"


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
    return mlflow.create_experiment(EXPERIMENT, artifact_location=artifacts)


def log_stage(root: Path, experiment: str, record_path: Path, execution: Execution | None) -> str:
    """Log one stage's record as a run and return the run's id. Without an execution the run is a cached one."""
    import mlflow
    from mlflow import MlflowClient
    from mlflow.entities import Metric

    record, cached = read_record(root / record_path), execution is None
    client = MlflowClient()
    now = int(datetime.now(UTC).timestamp() * 1000) if cached else execution.ended
    tags = {
        RECORD_TAG: digest_of(root / record_path),
        CACHED_TAG: str(cached).lower(),
        "slmmux.stage": record["stage"],
        "mlflow.source.git.commit": git_commit(root) if cached else execution.git_commit,
        "mlflow.source.name": f"dvc stage {record['stage']}",
        "dvc.lock_sha256": digest_of(root / "dvc.lock") if (root / "dvc.lock").exists() else "none",
        "mlflow.note.content": _note(record, cached),
    }
    if not cached:
        tags[EXECUTION_TAG] = execution.id
    name = f"{record['stage']} (cached)" if cached else record["stage"]
    run = client.create_run(experiment, start_time=now if cached else execution.started, tags=tags, run_name=name)
    run_id = run.info.run_id
    metrics = [Metric(key, value, now, 0) for key, value in record["metrics"].items()]
    metrics += [
        Metric(key, value, now, int(step))
        for key, curve in record.get("curves", {}).items()
        for step, value in curve.items()
    ]
    params = {**record["params"], **_engine_params(record.get("engine", []))}
    client.log_batch(run_id, metrics=metrics, params=[mlflow.entities.Param(k, str(v)) for k, v in params.items()])
    _log_inputs(client, run_id, record["inputs"])
    for artifact in [record_path.as_posix(), *record["artifacts"]]:
        client.log_artifact(run_id, str(root / artifact))
    log_trials(client, experiment, run_id, root, record)
    client.set_terminated(run_id, end_time=now)
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


def sync(root: Path) -> tuple[int, int]:
    """Log every stage run the store does not know: (number that ran here, number that came from the cache)."""
    import mlflow

    experiment = open_experiment(root)
    runs = mlflow.search_runs([experiment], output_format="list", max_results=50_000)
    known = {run.data.tags.get(tag) for run in runs for tag in (RECORD_TAG, EXECUTION_TAG)}
    ran = cached = 0
    for note, execution in untracked(root):
        record = root / execution.record
        # A record that was overwritten since then cannot be shown any more; the later run is.
        if execution.id not in known and record.exists() and digest_of(record) == execution.record_sha256:
            log_stage(root, experiment, Path(execution.record), execution)
            known.add(execution.record_sha256)
            ran += 1
        note.unlink()
    for path in sorted((root / RECORDS).glob("*.json")):
        if digest_of(path) not in known:
            log_stage(root, experiment, path.relative_to(root), None)
            cached += 1
    return ran, cached


def track(root: Path) -> tuple[int, int]:
    """`sync`, with a store that can't be reached told in one line. Raises InputError; nothing is lost."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return sync(root)
    except (MlflowException, SQLAlchemyError, OSError) as error:
        reason = " ".join(str(error).split())[:160]
        raise InputError(f"tracking store {store_uri(root)}: {reason}; run `slmmux track` when it is back") from None
