"""What MLflow shows of a record: few metric names, names that tell configurations apart, no number twice."""

import csv

import pytest

from slmmux.tracking.nested import TRIALS_BEFORE, log_nested
from slmmux.tracking.shared_metrics import SHARED, configurations, headline, sentence

START = 10 * TRIALS_BEFORE


def measured(accuracy: float) -> dict[str, float]:
    return {"accuracy": accuracy, "accuracy_se": 0.01, "tokens_per_question": 90.0}


def record(tmp_path) -> dict:
    """Of a search of two models with one configuration, a headline that repeats it, and three trials."""
    with (tmp_path / "trials.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["trial", "a", "b", "accuracy", "tokens", "on_front"])
        writer.writerows([[0, 1, 0, 0.3, 9, 0], [1, 2, 1, 0.5, 30, 1], [2, 0, 3, 0.4, 27, 0]])
    metrics = measured(0.5) | {f"budgets/{key}": value for key, value in measured(0.5).items()}
    return {
        "stage": "search@gsm8k",
        "params": {"benchmark": "gsm8k", "models": "a,b", "samples": 3, "logged_trials": 2},
        "metrics": metrics | {"budgets/rank_test": 0.9, "tpe/regret": 0.1, "m/accuracy": 0.2},
        "configurations": {"budgets": {"method": "SLM-MUX, budgets", "samples": "2,1"}},
        "artifacts": ["trials.csv"],
        "outputs": [{"path": "trials.csv"}],
    }


class Client:
    """An MlflowClient that remembers."""

    def __init__(self):
        self.runs, self.params, self.metrics, self.ended = [], [], [], []

    def create_run(self, experiment, start_time, tags, run_name):
        self.runs.append((run_name, tags, start_time))
        return type("Run", (), {"info": type("Info", (), {"run_id": str(len(self.runs))})})

    def log_batch(self, run_id, metrics, params):
        self.metrics.append({m.key: m.value for m in metrics})
        self.params.append({p.key: p.value for p in params})

    def set_terminated(self, run_id, end_time):
        self.ended.append(run_id)


def test_configurations_and_trials_say_what_they_are_in_names_and_parameters(tmp_path):
    client = Client()
    assert log_nested(client, "1", "parent", tmp_path, record(tmp_path), START, {"slmmux.stage": "s"}) == 3
    names, tags, starts = zip(*client.runs)
    assert names == (
        "SLM-MUX, budgets: a + b, k = 2,1, gsm8k",
        "trial 1, SLM-MUX: a + b, k = 2,1, gsm8k",
        "trial 0, SLM-MUX: a, k = 1, gsm8k",
    )
    for params in client.params:
        assert {"method", "models", "samples", "benchmark"} <= params.keys()
    assert {tag["mlflow.parentRunId"] for tag in tags} == {"parent"} and {tag["slmmux.stage"] for tag in tags} == {"s"}
    assert client.metrics[0] == measured(0.5)
    assert client.metrics[1] == {"validation_accuracy": 0.5, "tokens_per_question": 30}
    assert list(starts) == [START, START - TRIALS_BEFORE, START - TRIALS_BEFORE - 1]
    assert client.ended == ["1", "2", "3"]


def test_runs_of_a_dvc_experiment_have_its_name(tmp_path):
    client = Client()
    log_nested(client, "1", "parent", tmp_path, record(tmp_path), START, {"dvc.experiment": "k5"})
    assert all(name.endswith(" [k5]") and tags["dvc.experiment"] == "k5" for name, tags, _ in client.runs)


def test_the_names_of_metrics_are_few_and_no_parent_repeats_its_child(tmp_path):
    found = record(tmp_path)
    assert headline(found) == {} and len(SHARED) <= 10
    assert [c.metrics for c in configurations(found)] == [measured(0.5)]
    assert headline(found | {"metrics": measured(0.4) | {"tpe/regret": 0.1}}) == measured(0.4)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "SLM-MUX, budgets: a + b, k = 2,1, gsm8k: 50.0 ± 1.0 % right on the test split, 90 tokens a question."),
        ({"metrics": {"test/questions": 7.0}}, "search@gsm8k: test, questions 7."),
        ({"metrics": {}}, "search@gsm8k wrote trials.csv."),
    ],
)
def test_a_description_is_the_result_in_one_sentence(tmp_path, changed, said):
    assert sentence(record(tmp_path) | changed) == said


def test_a_gain_is_told_with_its_interval():
    gain = {"a/gain": -0.02, "a/gain_low": -0.05, "a/gain_high": 0.01}
    told = {"stage": "compare@x", "params": {}, "outputs": []}
    told["metrics"] = {f"a/{key}": value for key, value in measured(0.5).items()} | gain
    assert "-2.0 points (-5.0 to +1.0) against one sample of the best single model" in sentence(told)
