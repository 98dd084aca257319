"""The registered model: what the search chose is registered, and loads where nothing else is."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import say

from slmmux.config import load_config
from slmmux.serving.searched import searched

CHOICES = Path("results/search/short_answers/choices.csv")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("kept") / "study"


@pytest.fixture
def searched_study(study, capsys, kept):
    """A small study up to the search, made once with the commands of the pipeline; later tests get a copy."""
    if kept.exists():
        shutil.copytree(kept, study.path, dirs_exist_ok=True)
        return study
    say(capsys, "questions", "short_answers")
    for model in ("chatty", "base"):
        say(capsys, "generate", "short_answers", model)
    for command in ("grade", "votes", "search"):
        say(capsys, command, "short_answers")
    # The parameters hold the address of the server, which every test has its own of.
    shutil.copytree(study.path, kept, ignore=shutil.ignore_patterns("params.yaml", "mlflow*"))
    return study


# Loaded by another process, which has neither the study's folder nor the repository.
LOAD = """
import json, sys, mlflow, pandas as pd
model = mlflow.pyfunc.load_model(sys.argv[1])
import slmmux
found = model.predict(pd.DataFrame({"question": ["What is 12 + 31?", "What is 5 + 6?"]}))
complaints = []
for frame in ({"question": [""]}, {"question": [5]}, {"text": ["a"]}):
    try:
        model.predict(pd.DataFrame(frame))
    except Exception as error:
        complaints.append([type(error).__name__, getattr(error, "get_http_status_code", int)(), str(error)])
example = model.predict(model.input_example)
print(json.dumps([found.to_dict("records"), complaints, slmmux.__file__, len(example)]))
"""


@pytest.mark.usefixtures("with_store")
def test_the_registered_model_loads_in_a_fresh_process_and_asks_the_engine(
    searched_study, parrot, capsys, tmp_path_factory
):
    found = searched(load_config(), "short_answers", None).configuration
    asked = len(parrot.requests)
    first = say(capsys, "register", "short_answers")
    assert f"slm-mux-short_answers, version 1: {found.choice}, as models:/slm-mux-short_answers/1" in first
    assert "version 1 (there already)" in say(capsys, "register", "short_answers")[0]
    # Registering asks no engine.
    assert len(parrot.requests) == asked

    away = tmp_path_factory.mktemp("away")
    words = [sys.executable, "-c", LOAD, "models:/slm-mux-short_answers/1"]
    done = subprocess.run(words, cwd=away, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": ""})
    assert done.returncode == 0, done.stderr
    rows, complaints, package, examples = json.loads(done.stdout.splitlines()[-1])
    assert "mlartifacts" in package and examples == 1
    names = {model.name for model in found.served.models}
    samples = sum(model.samples for model in found.served.models)
    assert len(names) == 2
    spent = 0
    for row, numbers in zip(rows, ({"12", "31"}, {"5", "6"})):
        assert row["answer"] in numbers and row["response"] == row["answer"] and row["model"] in names
        votes = {of_model["model"]: of_model for of_model in json.loads(row["votes"])}
        assert votes.keys() == names
        winner = votes[row["model"]]
        assert winner["answers"][row["answer"]] / winner["samples"] == pytest.approx(row["confidence"])
        finished = sum(of_model["finished"] for of_model in votes.values())
        assert row["completion_tokens"] == finished and row["prompt_tokens"] > finished
        assert 0 <= row["saved_samples"] <= samples - finished
        spent += finished
    # The example was a question too. What was cancelled may have been asked for.
    assert spent <= len(parrot.requests) - asked <= 3 * samples
    assert [c[:2] for c in complaints[:1]] == [
        ["MlflowException", 400]
    ] and "row 1: the question is empty" in complaints[0][2]
    assert len(complaints) == 3 and "question" in complaints[2][2]


def test_a_single_model_that_wins_is_said_and_not_called_slm_mux(searched_study, capsys):
    header = CHOICES.read_text().splitlines()[0]
    names = header.split(",")

    def row(choice, chatty, base, accuracy):
        values = {"choice": choice, "chatty": chatty, "base": base, "validation_accuracy": accuracy}
        return ",".join(str(values.get(name, 0.1)) for name in names)

    lines = [header, row("objective", 2, 2, 0.3), row("budgets", 3, 0, 0.5), row("direct", 1, 2, 0.4)]
    CHOICES.write_text("\n".join(lines) + "\n")
    found = searched(load_config(), "short_answers", None)
    assert found.configuration.choice == "direct" and found.alone == ("budgets", 0.5)
    assert found.configuration.served.name == "slm-mux-short_answers"
    CHOICES.write_text("\n".join(lines[:1] + lines[2:3]) + "\n")
    found = searched(load_config(), "short_answers", None)
    assert found.configuration.served.name == "single-model-short_answers" and found.alone is None
    assert [model.name for model in found.configuration.served.models] == ["chatty"]


def test_each_model_may_have_its_own_server(searched_study, capsys):
    searched_study.params["engine"] |= {
        "base_urls": {"base": "http://127.0.0.1:9/v1"},
        "served_names": {"base": "gemma"},
    }
    searched_study.save()
    models = searched(load_config(), "short_answers", "objective").configuration.served.models
    assert {model.name: (model.base_url, model.served_name) for model in models} == {
        "chatty": (searched_study.params["engine"]["base_url"], None),
        "base": ("http://127.0.0.1:9/v1", "gemma"),
    }


def test_an_engine_that_answers_in_batches_only_cannot_be_registered(searched_study, capsys):
    vllm = {"dtype": "auto", "max_model_len": 64, "max_num_seqs": 1, "gpu_memory_utilization": 0.1}
    vllm |= {"tensor_parallel_size": 1, "enforce_eager": True, "batch_questions": 2}
    searched_study.params["engine"] = vllm | {"name": "ray", "address": None, "replicas": 1}
    searched_study.save()
    (line,) = say(capsys, "register", "short_answers", expect=2)
    assert "engine ray answers in batches only" in line


@pytest.mark.usefixtures("with_store")
def test_the_model_is_nested_under_the_search_that_chose_it(searched_study, capsys):
    import mlflow

    say(capsys, "register", "short_answers", "--choice", "objective")
    (model,) = mlflow.search_runs(
        search_all_experiments=True, output_format="list", filter_string="attributes.run_name = 'slm-mux-short_answers'"
    )
    parent = mlflow.get_run(model.data.tags["mlflow.parentRunId"])
    assert parent.data.tags["slmmux.stage"] == "search@short_answers"
    assert model.data.params == {
        "benchmark": "short_answers",
        "choice": "objective",
        "samples.chatty": "2",
        "samples.base": "2",
    }
    assert {"validation_accuracy", "accuracy", "accuracy_se", "tokens_per_question"} == model.data.metrics.keys()
    version = mlflow.MlflowClient().get_model_version("slm-mux-short_answers", "1")
    assert version.tags == {"choice": "objective", "engine": "openai"} and parent.info.run_id in version.description


@pytest.mark.parametrize(
    ("damage", "words", "said"),
    [
        (lambda: CHOICES.unlink(), (), "choices.csv: no such file; run `dvc repro search@short_answers`"),
        (lambda: None, ("--choice", "nothing"), "choices.csv: no choice 'nothing'; there are: objective, "),
        (
            lambda: CHOICES.write_text(CHOICES.read_text() + "\n"),
            (),
            "not what the record of search@short_answers says",
        ),
        (lambda: CHOICES.write_text("choice,a\nbudgets,1\n"), (), "not the search of these votes"),
    ],
)
def test_what_cannot_be_registered_is_told_in_one_line(searched_study, capsys, damage, words, said):
    damage()
    (line,) = say(capsys, "register", "short_answers", *words, expect=2)
    assert line.startswith("slmmux register: ") and said in line
