"""One MLflow run for every stage run, in one experiment.

A stage that DVC took from its cache never ran, so `sync` makes its run from its record and marks it as
cached. Runs are known by their execution or, cached ones, by the digest of their record: what is there
already is not made again. The digest is the one that dvc.lock has for the record, which leads from there to
the run (`slmmux.tracking.lock`).
"""

import hashlib
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from slmmux.errors import InputError
from slmmux.paths import RECORDS
from slmmux.tracking.executions import Execution, dvc_experiment, git_commit, untracked
from slmmux.tracking.nested import log_nested
from slmmux.tracking.record import digest_of, read_record
from slmmux.tracking.shared_metrics import headline, sentence
from slmmux.tracking.store import CHECKOUT_TAG, checkout_id, only_one, open_experiment, reachable
from slmmux.yaml_file import read_yaml

RECORD_TAG, EXECUTION_TAG, CACHED_TAG = "dvc.record_md5", "slmmux.execution", "slmmux.cached"


def stage_runs(experiment: str) -> list:
    """The runs of stages, finished or not, without what is nested under them."""
    import mlflow

    wanted = f"tags.`{RECORD_TAG}` != ''"
    return mlflow.search_runs([experiment], wanted, output_format="list", max_results=50_000)


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
    stage, name = record["stage"], execution.experiment if execution else dvc_experiment()
    # Of the stage's run, and of what is nested under it.
    shared_tags = {"slmmux.stage": stage, CHECKOUT_TAG: checkout_id(root)} | ({"dvc.experiment": name} if name else {})
    tags = shared_tags | {
        RECORD_TAG: lock_digest(root / record_path),
        CACHED_TAG: str(cached).lower(),
        "mlflow.source.git.commit": execution.git_commit if execution else git_commit(root),
        "mlflow.source.name": f"dvc cache of {stage}" if cached else f"dvc repro {stage}",
        "dvc.lock_sha256": digest_of(root / "dvc.lock") if (root / "dvc.lock").exists() else "none",
        "mlflow.note.content": sentence(record),
    }
    if execution:
        tags[EXECUTION_TAG] = execution.id
    run_name = f"{stage} [{name}]" if name else stage
    run_id = client.create_run(experiment, start_time=start, tags=tags, run_name=run_name).info.run_id
    metrics = [Metric(key, value, end, 0) for key, value in headline(record).items()]
    params = {**record["params"], **_engine_params(record.get("engine", []))}
    client.log_batch(run_id, metrics=metrics, params=[mlflow.entities.Param(k, str(v)) for k, v in params.items()])
    _log_inputs(client, run_id, record["inputs"])
    for artifact in [record_path.as_posix(), *record["artifacts"]]:
        client.log_artifact(run_id, str(root / artifact))
    log_nested(client, experiment, run_id, root, record, nested, shared_tags)
    client.set_terminated(run_id, end_time=end)
    return run_id


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
    content = read_yaml(root / "dvc.yaml")
    stages = content.get("stages") if isinstance(content, dict) else None
    if not isinstance(stages, dict):
        raise InputError(f"{root / 'dvc.yaml'}: holds no stages")
    return [str(name) for name in stages]


def sync(root: Path) -> tuple[int, int]:
    """Log every stage run the store does not know: (number that ran here, number that came from the cache).

    The list of runs, newest first, begins with the last stage. Cached runs count as started now, one
    millisecond after the other as data flows; nested runs before all the runs of their stages, which they
    would else push off the list's first page.
    """
    experiment = open_experiment(root)
    with only_one(root, "track"):
        return _log_unknown(root, experiment)


def _log_unknown(root: Path, experiment: str) -> tuple[int, int]:
    _delete_unfinished(root, experiment)
    runs = [run for run in stage_runs(experiment) if run.info.status == "FINISHED"]
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


def _delete_unfinished(root: Path, experiment: str) -> None:
    """Delete this checkout's runs whose logging was killed, with what is nested under them: they are logged again.

    Nothing else of this checkout logs meanwhile, so a run that is not finished never will be.
    """
    import mlflow

    ours = f"tags.`{CHECKOUT_TAG}` = '{checkout_id(root)}' AND attributes.status != 'FINISHED'"
    dead = {run.info.run_id for run in mlflow.search_runs([experiment], ours, output_format="list")}
    for parent in list(dead):
        below = f"tags.`mlflow.parentRunId` = '{parent}'"
        dead |= {run.info.run_id for run in mlflow.search_runs([experiment], below, output_format="list")}
    for run_id in dead:
        mlflow.delete_run(run_id)


def track(root: Path) -> tuple[int, int]:
    """`sync`, with a store that can't be reached told in one line. Raises InputError; nothing is lost."""
    with reachable(root, "run `slmmux track` when it is back"):
        return sync(root)
