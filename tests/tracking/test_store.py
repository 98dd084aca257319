"""The tracking store under bad luck: killed writers, two at once, other folders, a moved checkout, passwords."""

import os
import shutil
import sqlite3
import subprocess
import urllib.parse
from pathlib import Path

import pytest
from conftest import say
from processes import forked
from sqlalchemy.exc import OperationalError

from slmmux.errors import InputError, without_passwords
from slmmux.tracking import runs
from slmmux.tracking.executions import dvc_experiment
from slmmux.tracking.store import reachable, run_link, store_uri, table_link

STAGE = "questions@short_answers"


def stored() -> list:
    import mlflow

    return mlflow.search_runs(search_all_experiments=True, output_format="list")


@pytest.mark.usefixtures("with_store")
@pytest.mark.parametrize("last", ["_log_inputs", "log_nested"])
@pytest.mark.parametrize("ran_here", [True, False])
def test_a_run_whose_logging_was_killed_is_logged_again(study, capsys, monkeypatch, last, ran_here):
    say(capsys, "questions", "short_answers")
    (study.path / "dvc.yaml").write_text("stages: {questions: {}}")
    if not ran_here:
        shutil.rmtree(study.path / ".slmmux" / "executions")

    def killed(*words):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(runs, last, killed)
        say(capsys, "track", expect=130)
    assert [run.info.status for run in stored()] == ["RUNNING"]
    say(capsys, "track")
    (run,) = stored()
    assert run.info.status == "FINISHED" and run.data.tags["slmmux.cached"] == str(not ran_here).lower()
    assert "0 new runs of stages that ran, 0 of stages" in say(capsys, "track")[0]


def test_two_first_tracks_at_once_both_succeed(study, capsys):
    say(capsys, "questions", "short_answers")
    (study.path / "dvc.yaml").write_text("stages: {questions: {}}")
    both = [forked("track") for _ in range(2)]
    for process in both:
        process.join()
        assert process.exitcode == 0
    import mlflow

    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    assert [run.info.run_name for run in stored()] == [STAGE]


def test_a_store_whose_making_was_killed_is_made_anew(study, capsys, monkeypatch):
    """MLflow can't go on with half of its tables."""
    import mlflow

    (study.path / "dvc.yaml").write_text("stages: {questions: {}}")
    making = []

    def killed(client):
        making.append(client.tracking_uri)
        raise KeyboardInterrupt

    monkeypatch.setattr(mlflow.MlflowClient, "search_experiments", killed)
    say(capsys, "track", expect=130)
    assert making and making[0] != os.environ["MLFLOW_TRACKING_URI"]
    assert not (study.path / "mlflow.db").exists()
    broken = OperationalError("CREATE TABLE runs", {}, sqlite3.OperationalError("table runs already exists"))
    said = r"never finished and holds no runs: delete .*mlflow\.db and"
    with pytest.raises(InputError, match=said), reachable(study.path, "wait"):
        raise broken


@pytest.mark.usefixtures("with_store")
@pytest.mark.parametrize("uri", [None, "sqlite:///mlflow.db"])
def test_the_store_is_the_same_from_any_folder(study, capsys, monkeypatch, uri):
    if uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    else:
        monkeypatch.delenv("MLFLOW_TRACKING_URI")
    say(capsys, "questions", "short_answers")
    (study.path / "dvc.yaml").write_text("stages: {questions: {}}")
    below = study.path / "below" / "it"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert f"MLflow (sqlite:///{study.path}/mlflow.db): 1 new" in say(capsys, "track")[0]
    assert not list(below.iterdir())
    monkeypatch.chdir(study.path)
    assert ": 0 new" in say(capsys, "track")[0]


@pytest.mark.usefixtures("with_store")
def test_a_moved_checkout_finds_its_artifacts(study, capsys, monkeypatch):
    import mlflow

    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    (study.path / "dvc.yaml").write_text("stages: {questions: {}}")
    say(capsys, "questions", "short_answers")
    say(capsys, "track")
    moved = study.path / "elsewhere"
    moved.mkdir()
    for path in [path for path in study.path.iterdir() if path != moved]:
        shutil.move(path, moved / path.name)
    monkeypatch.chdir(moved)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")  # MLflow itself sets it
    assert ": 0 new" in say(capsys, "track")[0]
    (run,) = stored()
    place = Path(urllib.parse.unquote(urllib.parse.urlsplit(run.info.artifact_uri).path))
    assert place.is_relative_to(moved) and (place / f"{STAGE}.json").is_file()
    assert mlflow.get_experiment_by_name("slm-mux").artifact_location == (moved / "mlartifacts").as_uri()
    assert (Path(mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/{STAGE}.json"))).is_file()


SECRET = "https://me:s3cr3t@mlflow.example.org/"


def test_a_password_of_the_store_reaches_no_message_and_no_link(study, capsys, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:s3cr3t@127.0.0.1:9")
    lines = say(capsys, "track", expect=2)
    assert "tracking store http://***@127.0.0.1:9: " in lines[-1]
    assert not [line for line in lines if "s3cr3t" in line]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", SECRET)
    for link in (run_link(study.path, "1", "abc"), table_link(study.path, "1")):
        assert link.startswith("https://***@mlflow.example.org/#/experiments/1/runs")
    with pytest.raises(InputError) as found, reachable(study.path, "wait"):
        raise OSError(f"{store_uri(study.path)}: refused")
    assert "s3cr3t" not in str(found.value)


@pytest.mark.usefixtures("with_store")
def test_passwords_of_remotes_reach_no_run(study, capsys):
    """Neither git's nor DVC's."""
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "remote", "add", "origin", SECRET], check=True)
    (study.path / ".dvc").mkdir()
    (study.path / ".dvc" / "config").write_text(f"[core]\nremote = far\n['remote \"far\"']\nurl = {SECRET}\n")
    (study.path / "dvc.yaml").write_text("stages: {questions: {}}")
    lines = say(capsys, "questions", "short_answers") + say(capsys, "track")
    assert "1 new runs" in lines[-2] and not [line for line in lines if "s3cr3t" in line]
    assert [run.info.run_name for run in stored()] == [STAGE]
    configured = {study.path / ".git" / "config", study.path / ".dvc" / "config"}
    files = {path for path in study.path.rglob("*") if path.is_file()} - configured
    assert not [path for path in files if b"s3cr3t" in path.read_bytes()]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (SECRET, "https://***@mlflow.example.org/"),
        ("of postgresql://h/db?user=me&password=s3cr3t&x=1.", "of postgresql://h/db?user=me&password=***&x=1."),
        ("two: a://b:c@d and e://f@g", "two: a://***@d and e://***@g"),
        ("a://h/x@y, me@example.org", "a://h/x@y, me@example.org"),
    ],
)
def test_passwords_in_addresses_are_left_out(text, shown):
    assert without_passwords(text) == shown


@pytest.mark.usefixtures("with_store")
def test_the_name_of_a_dvc_experiment_is_noted(study, capsys, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "k5")
    assert dvc_experiment() == "k5"
    say(capsys, "questions", "short_answers")
    monkeypatch.delenv("DVC_EXP_NAME")
    say(capsys, "track")
    (run,) = stored()
    assert run.info.run_name == f"{STAGE} [k5]" and run.data.tags["dvc.experiment"] == "k5"
