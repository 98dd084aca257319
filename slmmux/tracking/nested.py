"""What a stage measured one by one, as runs nested under the stage's run: configurations, and trials of a search.

Trials are made from the table that the stage wrote: not with Optuna's MLflow callback, which is deprecated, and
not during the search, which no store slows down.
"""

import csv
from pathlib import Path

TABLE = "trials.csv"
# A group of metrics with both is a configuration: what it scored and what it cost.
AIMS = ("accuracy", "tokens_per_question")
# Milliseconds by which trials count as started before configurations, which so come first in the list of runs.
TRIALS_BEFORE = 3_600_000


def split_metrics(metrics: dict[str, float]) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """(the stage's own metrics, configuration → its metrics) from a record's metrics 'configuration/name'.

    So `accuracy` is the same column for every configuration, and the list of runs sorted by it ranks them.
    Metrics of a group that is no configuration stay the stage's own, under their whole names.
    """
    groups: dict[str, dict[str, float]] = {}
    for key, value in metrics.items():
        group, slash, name = key.rpartition("/")
        if slash:
            groups.setdefault(group, {})[name] = value
    configurations = {group: found for group, found in groups.items() if all(aim in found for aim in AIMS)}
    own = {key: value for key, value in metrics.items() if key.rpartition("/")[0] not in configurations}
    return own, configurations


def log_nested(client, experiment: str, parent: str, root: Path, record: dict, start: int) -> int:
    """Nest a stage's configurations and trials under its run; return how many runs that made.

    client: an MlflowClient; record: what read_record returns. start: milliseconds since 1970. When each was
    measured is not known; they count as started one millisecond before the other, so that the list of runs,
    newest first, has their order. A configuration carries its metrics. Of a table of trials the first
    `logged_trials` of the parameters are logged, those on the study's front first, then by number. Each
    carries samples per model as parameters, and validation_accuracy and tokens_per_question as metrics.
    """
    from mlflow.entities import Metric, Param
    from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

    benchmark = record["params"].get("benchmark")
    # A stage that names its number of questions measured a part of the benchmark's.
    part = f"{record['params']['questions']} questions of " if "questions" in record["params"] else ""
    where = f" on {part}{benchmark}" if benchmark else ""

    def nest(name: str, at: int, params: dict[str, str], metrics: dict[str, float], tags: dict[str, str]) -> None:
        tags = {MLFLOW_PARENT_RUN_ID: parent, "slmmux.stage": record["stage"], **tags}
        run = client.create_run(experiment, start_time=at, tags=tags, run_name=f"{name}{where}")
        client.log_batch(
            run.info.run_id,
            metrics=[Metric(key, value, at, 0) for key, value in metrics.items()],
            params=[Param(key, value) for key, value in params.items()],
        )
        client.set_terminated(run.info.run_id, end_time=at)

    _, configurations = split_metrics(record["metrics"])
    # Shown with the parameter that the trials have as well, so that one column tells the benchmark.
    common = {"benchmark": str(benchmark)} if benchmark else {}
    for position, (name, metrics) in enumerate(configurations.items()):
        nest(name, start - position, common, metrics, {})
    rows = _trials(root, record)
    for position, row in enumerate(rows):
        models = record["params"]["models"].split(",")
        aims = {"validation_accuracy": float(row["accuracy"]), "tokens_per_question": float(row["tokens"])}
        samples = {f"samples.{model}": row[model] for model in models}
        at, tags = start - TRIALS_BEFORE - position, {"slmmux.on_front": row["on_front"]}
        nest(f"trial {row['trial']}", at, common | samples, aims, tags)
    return len(configurations) + len(rows)


def _trials(root: Path, record: dict) -> list[dict[str, str]]:
    tables = [root / path for path in record["artifacts"] if Path(path).name == TABLE]
    if not tables:
        return []
    with tables[0].open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["on_front"] != "1", int(row["trial"])))
    return rows[: int(record["params"]["logged_trials"])]
