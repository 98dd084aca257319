"""What a stage measured one by one, as runs nested under the stage's run: configurations, and trials of a search.

Trials are made from the table that the stage wrote: not with Optuna's MLflow callback, which is deprecated, and
not during the search, which no store slows down.
"""

import csv
from pathlib import Path

from slmmux.tracking.shared_metrics import configuration_name, configurations, measured, place

TABLE = "trials.csv"
# Milliseconds by which trials count as started before configurations, which so come first in the list of runs.
TRIALS_BEFORE = 3_600_000


def log_nested(client, experiment: str, parent: str, root: Path, record: dict, start: int, tags: dict[str, str]) -> int:
    """Nest a stage's configurations and trials under its run; return how many runs that made.

    client: an MlflowClient; record: what read_record returns. start: milliseconds since 1970. When each was
    measured is not known; they count as started one millisecond before the other, so that the list of runs,
    newest first, has their order. tags: of each of them; `dvc.experiment`, where there is one, ends their names.
    Every run has the parameters method, models and samples, and the shared metrics. Of a table of trials the first
    `logged_trials` of the parameters are logged, those on the study's front first, then by number.
    """
    from mlflow.entities import Metric, Param
    from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NOTE

    of = f" [{tags['dvc.experiment']}]" if "dvc.experiment" in tags else ""

    def nest(name: str, at: int, params: dict[str, str], metrics: dict[str, float], more: dict[str, str]) -> None:
        shared_tags = {MLFLOW_PARENT_RUN_ID: parent, MLFLOW_RUN_NOTE: measured(metrics, name)}
        run = client.create_run(experiment, start_time=at, tags=tags | shared_tags | more, run_name=f"{name}{of}")
        client.log_batch(
            run.info.run_id,
            metrics=[Metric(key, value, at, 0) for key, value in metrics.items()],
            params=[Param(key, value) for key, value in params.items()],
        )
        client.set_terminated(run.info.run_id, end_time=at)

    measured_here = configurations(record)
    for position, found in enumerate(measured_here):
        nest(found.name, start - position, found.params, found.metrics, {"slmmux.configuration": found.key})
    rows = _trials(root, record)
    for position, row in enumerate(rows):
        budget = {model: row[model] for model in record["params"]["models"].split(",")}
        drawn = {model: k for model, k in budget.items() if int(k)}
        own = {"method": "SLM-MUX", "models": ",".join(drawn), "samples": ",".join(drawn.values())}
        params = place(record) | own | {f"samples.{model}": k for model, k in budget.items()}
        aims = {"validation_accuracy": float(row["accuracy"]), "tokens_per_question": float(row["tokens"])}
        name = f"trial {row['trial']}, {configuration_name(params)}"
        nest(name, start - TRIALS_BEFORE - position, params, aims, {"slmmux.on_front": row["on_front"]})
    return len(measured_here) + len(rows)


def _trials(root: Path, record: dict) -> list[dict[str, str]]:
    tables = [root / path for path in record["artifacts"] if Path(path).name == TABLE]
    if not tables:
        return []
    with tables[0].open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["on_front"] != "1", int(row["trial"])))
    return rows[: int(record["params"]["logged_trials"])]
