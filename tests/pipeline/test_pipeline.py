"""The pipeline itself, in a clone of its own: DVC runs every stage, a second run runs nothing, and a fresh
clone with the cache shows every stage in MLflow without running any."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from conftest import ROOT, as_yaml, say
from small_study import small_params

from slmmux.yaml_file import read_yaml

TAGS = ("slmmux.stage", "slmmux.cached")


def run(folder: Path, *words: str, expect: int = 0, **env: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    quiet = {"DVC_NO_ANALYTICS": "1", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    found = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, env=os.environ | quiet | {"PATH": path} | env
    )
    assert found.returncode == expect, f"{words}: {found.returncode}\n{found.stdout}\n{found.stderr}"
    return found.stdout + found.stderr


def git(folder: Path, *words: str) -> str:
    return run(folder, "git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words)


def copy_of_the_repository(folder: Path, params: dict) -> None:
    """The tracked files as they are now, without shipped samples and results, as a repository of its own."""
    names = git(ROOT, "ls-files", "-co", "--exclude-standard").split("\n")
    for name in filter(None, names):
        # Measured or published elsewhere, and read by stages of a study that has none of it too.
        made = name.startswith("results/") and not name.startswith(("results/pool_size/", "results/pools/"))
        if made or name.startswith((".dvc/remote", "tests/", "notebooks/")) or name == "dvc.lock":
            continue
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(os.readlink(source))
        elif source.is_file():
            shutil.copy(source, target)
    (folder / "params.yaml").write_text(as_yaml(params), encoding="utf-8")
    style = folder / "analysis/figures/style.mplstyle"
    style.write_text(re.sub(r"dpi: \d+", "dpi: 40", style.read_text()))  # drawn in less time
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "study")


def runs_of(store: Path) -> list[dict]:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{store}/mlflow.db")
    found = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    return [
        {
            "id": run.info.run_id,
            "name": run.info.run_name,
            "tags": run.data.tags,
            "metrics": run.data.metrics,
            "params": run.data.params,
            "inputs": len(run.inputs.dataset_inputs),
        }
        for run in found
    ]


def stage_runs(store: Path) -> list[dict]:
    """The runs of stages, without the nested runs of a search."""
    return [r for r in runs_of(store) if "mlflow.parentRunId" not in r["tags"]]


@pytest.fixture
def params(parrot):
    return small_params(parrot.url)


def test_the_pipeline_runs_settles_and_travels(tmp_path, parrot, params, warm_path, empty_store):
    warm = partial(run, PATH=warm_path)
    study = tmp_path / "study"
    study.mkdir()
    copy_of_the_repository(study, params)
    shutil.copy(empty_store, study / "mlflow.db")
    warm(study, "dvc", "repro")
    asked = len(parrot.requests)
    # Samples and discussions differ in temperature.
    assert sum(request["temperature"] == params["sampling"]["temperature"] for request in parrot.requests) == 2 * 10 * 3

    result = json.loads((study / "results/compare/short_answers/methods.json").read_text())
    methods = {name: row["accuracy"] for name, row in result["methods"].items()}
    assert result["questions"] == 6
    assert methods["slm_mux"] <= methods["oracle"] + 1e-12
    assert "SLM-MUX, searched subset" in (study / "results/report/report.md").read_text()

    stages = [s for s in warm(study, "dvc", "stage", "list", "--name-only").split() if s != "track"]
    live = stage_runs(study)
    assert sorted(r["tags"]["slmmux.stage"] for r in live) == sorted(stages)
    assert {r["tags"]["slmmux.cached"] for r in live} == {"false"}
    compared = next(r for r in live if r["name"] == "compare@short_answers")
    nested = {r["name"]: r for r in runs_of(study) if "mlflow.parentRunId" in r["tags"]}
    by_key = {(r["tags"]["slmmux.stage"], r["tags"].get("slmmux.configuration")): r for r in nested.values()}
    for method, accuracy in methods.items():
        assert by_key["compare@short_answers", method]["metrics"]["accuracy"] == pytest.approx(accuracy)
    assert "SLM-MUX, all models: chatty + base, k = 2, short_answers" in nested
    assert {("search@short_answers", "objective"), ("search@short_answers", "budgets")} <= by_key.keys()
    assert "llm_debate: chatty, 3 questions of short_answers" in nested
    assert all({"method", "models", "samples"} <= r["params"].keys() for r in nested.values())
    # Few metric names, and no stage repeats the accuracy of what is nested under it.
    assert len({name for r in runs_of(study) for name in r["metrics"]}) <= 10
    parents = {r["tags"]["mlflow.parentRunId"] for r in nested.values()}
    assert not [r["name"] for r in live if r["id"] in parents and "accuracy" in r["metrics"]]

    # From dvc.lock to the run that shows the very output, by the digest that dvc.lock has.
    lock = read_yaml(study / "dvc.lock")["stages"]
    led = dict(line.split("\t")[:2] for line in warm(study, "slmmux", "runs").splitlines())
    assert led.keys() == set(stages)
    for name, run_id in led.items():
        shown = next(r for r in live if r["id"] == run_id)
        record = next(out for out in lock[name]["outs"] if out["path"] == f"results/records/{name}.json")
        assert shown["name"] == name and shown["tags"]["dvc.record_md5"] == record["md5"]

    # The list of runs, newest first: what is nested comes below all stages.
    listed = ["mlflow.parentRunId" in r["tags"] for r in runs_of(study)]
    assert listed == sorted(listed)
    assert compared["params"]["samples"] == "2" and compared["inputs"] == 2

    # Nothing is left to do, and the metrics are DVC's too.
    assert "Running stage" not in warm(study, "dvc", "repro")
    assert "summary.json" in warm(study, "dvc", "metrics", "show")

    # From the samples on once more: the same numbers to the last digit.
    git(study, "add", "-A")
    git(study, "commit", "-qm", "results")
    again = [s for s in stages if s.startswith(("grade", "votes", "compare", "search", "scaling", "report"))]
    # Those that everything rests on in processes that share nothing, as on a user's machine.
    alone = [s for s in again if s.split("@")[0] in ("grade", "votes", "compare", "search")]
    run(study, "dvc", "repro", "--force", "--single-item", *alone)
    warm(study, "dvc", "repro", "--force", "--single-item", *[s for s in again if s not in alone])
    assert git(study, "status", "--porcelain", "--", "results", "dvc.lock") == ""

    # A fresh clone with the remote folder: nothing runs, every stage is shown once, marked as cached.
    warm(study, "dvc", "push")
    git(study, "add", "-A")
    git(study, "commit", "-qm", "samples")
    fresh = tmp_path / "fresh"
    git(tmp_path, "clone", "-q", str(study), str(fresh))
    shutil.copy(empty_store, fresh / "mlflow.db")
    warm(fresh, "dvc", "pull")
    assert "Running stage" not in warm(fresh, "dvc", "repro")
    for _ in range(2):
        warm(fresh, "slmmux", "track")
        shown = stage_runs(fresh)
        assert sorted(r["tags"]["slmmux.stage"] for r in shown) == sorted(stages)
        assert {r["tags"]["slmmux.cached"] for r in shown} == {"true"}
    # Newest first, and all of them now: the order in which data flows, from its end.
    kinds = list(read_yaml(fresh / "dvc.yaml")["stages"])
    places = [kinds.index(r["name"].split("@")[0]) for r in shown]
    assert places == sorted(places, reverse=True)
    taken = next(r for r in shown if r["tags"]["slmmux.stage"] == "compare@short_answers")
    assert taken["params"] == compared["params"]
    assert accuracies(runs_of(fresh)) == accuracies(nested.values())
    assert len(parrot.requests) == asked
    whoever_reads_the_output_may_close_it(fresh, warm_path)
    an_experiment_is_run_told_apart_and_undone(fresh, warm)


def whoever_reads_the_output_may_close_it(folder: Path, path: str) -> None:
    """As `head` does: every command that prints lines ends then, with SIGPIPE's status and without a word."""
    reading, writing = os.pipe()
    os.close(reading)
    printing = (
        "slmmux evaluate data/samples/short_answers/chatty.parquet data/samples/short_answers/base.parquet --samples 1",
        "slmmux plan laptop",
        "slmmux runs",
        "slmmux trace short_answers --questions 1",
        "slmmux register short_answers",
        "slmmux export-hf dataset",
        "python -m analysis answer",
    )
    for words in printing:
        env = os.environ | {"PATH": path, "PYTHONPATH": str(folder)}
        done = subprocess.run(words.split(), cwd=folder, stdout=writing, stderr=subprocess.PIPE, text=True, env=env)
        assert (done.returncode, "Error" in done.stderr) == (141, False), f"{words}: {done.stderr}"
    os.close(writing)
    shutil.rmtree(folder / "dataset")


def accuracies(runs) -> dict[str, float]:
    return {r["name"]: r["metrics"]["accuracy"] for r in runs if "accuracy" in r["metrics"]}


def an_experiment_is_run_told_apart_and_undone(folder: Path, warm: Callable[..., str]) -> None:
    """As docs/experiments.md says; `folder` is a clean clone whose outputs are there."""
    # The parameters are those of the test, not composed from experiments/.
    warm(folder, "dvc", "config", "--local", "hydra.enabled", "false")
    for key, value in (("user.name", "t"), ("user.email", "t@example.org")):
        git(folder, "config", key, value)
    methods = folder / "results/compare/short_answers/methods.json"
    before = methods.read_text()
    words = ("--name", "more-samples", "-S", "evaluation.samples=3", "compare@short_answers")
    assert warm(folder, "dvc", "exp", "run", *words).count("Running stage") == 1
    assert json.loads(methods.read_text())["samples"] == 3
    warm(folder, "slmmux", "track")
    found = [r for r in runs_of(folder) if r["tags"].get("dvc.experiment") == "more-samples"]
    assert [r["params"]["samples"] for r in found if r["name"] == "compare@short_answers [more-samples]"] == ["3"]
    assert "SLM-MUX, all models: chatty + base, k = 3, short_answers [more-samples]" in {r["name"] for r in found}
    git(folder, "restore", ".")
    warm(folder, "dvc", "checkout")
    assert methods.read_text() == before
    assert "Running stage" not in warm(folder, "dvc", "repro", "compare@short_answers")
    assert "more-samples" in warm(folder, "dvc", "exp", "list")
    (dropped,) = re.findall(r"dvc exp show .* --drop '(.*)'", (ROOT / "Makefile").read_text())
    shown = warm(folder, "dvc", "exp", "show", "--csv", "--drop", dropped).splitlines()[0].split(",")
    assert "short_answers.gain" in shown and "evaluation.samples" in shown
    assert not [name for name in shown if name == "short_answers.tokens" or name.startswith(("results/", "data/"))]
    warm(folder, "dvc", "exp", "remove", "more-samples")
    assert "more-samples" not in warm(folder, "dvc", "exp", "list")


def test_samples_made_with_other_parameters_are_refused(study, capsys):
    say(capsys, "questions", "short_answers")
    for model in ("chatty", "base"):
        say(capsys, "generate", "short_answers", model)
    study.params["sampling"]["temperature"] = 0.7
    study.save()
    assert "made with sampling = " in say(capsys, "grade", "short_answers", expect=2)[-1]
    assert not (study.path / "data/samples").exists()


@pytest.mark.usefixtures("with_store")
def test_a_store_that_is_down_loses_nothing(study, capsys, monkeypatch):
    say(capsys, "questions", "short_answers")
    store = os.environ["MLFLOW_TRACKING_URI"]
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert say(capsys, "track", expect=2)[-1].startswith("slmmux track: tracking store http://127.0.0.1:9: ")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    assert "1 new runs of stages that ran, 0 of stages from the cache" in say(capsys, "track")[-2]
    assert "0 new runs of stages that ran, 0 of stages from the cache" in say(capsys, "track")[-2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("questions", "nothing"), "no benchmark 'nothing'"),
        (("generate", "short_answers", "nobody"), "no model 'nobody'"),
        (("grade", "short_answers"), "data/questions/short_answers.parquet: no such file"),
        (("votes", "short_answers"), "no such file"),
        (("compare", "short_answers"), "no such file"),
        (("scaling", "short_answers"), "no such file"),
        (("compose", "nothing"), "no profile 'nothing'"),
        (("fetch", "base"), "comes from the hub"),
    ],
)
def test_bad_input_gives_one_line_and_status_2(study, capsys, words, said):
    out = say(capsys, *words, expect=2)
    assert len(out) == 1
    assert out[0].startswith(f"slmmux {words[0]}: ") and said in out[0]


@pytest.mark.parametrize(
    ("damage", "said", "remedy"),
    [
        ("empty", "not a readable Parquet file", "delete it and run again"),
        ("truncated", "not a readable Parquet file", "delete it and run again"),
        ("one bit", "its content does not have the checksum that it carries", "fetch it or make it again"),
    ],
)
def test_a_damaged_samples_file_is_named_and_left_alone(study, capsys, damage, said, remedy):
    path = study.path / "data/responses/short_answers/chatty.parquet"
    say(capsys, "questions", "short_answers")
    say(capsys, "generate", "short_answers", "chatty")
    whole = path.read_bytes()
    bit = bytes([whole[50] ^ 1])
    path.write_bytes({"empty": b"", "truncated": whole[:-9], "one bit": whole[:50] + bit + whole[51:]}[damage])
    before = path.read_bytes()
    (line,) = say(capsys, "grade", "short_answers", expect=2)
    assert f"chatty.parquet: {said}" in line and remedy in line
    assert path.read_bytes() == before


def test_the_core_is_light():
    code = "import sys, slmmux.cli, slmmux.config, slmmux.votes.votes, slmmux.orchestration, slmmux.benchmarks;"
    code += "print([m for m in ('torch', 'vllm', 'ray', 'mlflow', 'transformers', 'reasoning_gym', 'datasets',"
    code += " 'matplotlib') if m in sys.modules])"
    assert run(ROOT, sys.executable, "-c", code).strip() == "[]"
