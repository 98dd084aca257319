"""The trials of a search as nested MLflow runs, made from the table of trials that the stage wrote.

Not with Optuna's MLflow callback, which is deprecated, and not during the search, which no store slows down.
"""

import csv
from pathlib import Path

TABLE = "trials.csv"


def log_trials(client, experiment: str, parent: str, root: Path, record: dict) -> int:
    """Nest the trials of a stage's record under the stage's run; return how many.

    client: an MlflowClient; record: what read_record returns. A record without a table of trials has none.
    Logs the first `logged_trials` of the parameters: those on the study's front first, then by number. Each
    carries samples per model as parameters, and accuracy (validation) and tokens_per_question as metrics.
    """
    from mlflow.entities import Metric, Param
    from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

    tables = [root / path for path in record["artifacts"] if Path(path).name == TABLE]
    if not tables:
        return 0
    with tables[0].open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["on_front"] != "1", int(row["trial"])))
    rows = rows[: int(record["params"]["logged_trials"])]
    models = record["params"]["models"].split(",")
    for row in rows:
        tags = {MLFLOW_PARENT_RUN_ID: parent, "slmmux.stage": record["stage"], "slmmux.on_front": row["on_front"]}
        run = client.create_run(experiment, tags=tags, run_name=f"trial {row['trial']}")
        now = run.info.start_time
        metrics = [
            Metric("accuracy", float(row["accuracy"]), now, 0),
            Metric("tokens_per_question", float(row["tokens"]), now, 0),
        ]
        client.log_batch(run.info.run_id, metrics=metrics, params=[Param(f"samples.{m}", row[m]) for m in models])
        client.set_terminated(run.info.run_id)
    return len(rows)
