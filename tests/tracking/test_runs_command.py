"""From dvc.lock to the runs: what the command says where something is missing."""

import json

import pytest
import yaml
from conftest import say

from slmmux.tracking.record import record_file
from slmmux.tracking.runs import lock_digest
from slmmux.tracking.store import run_link

STAGE = "questions@short_answers"


def lock(study, **stages) -> None:
    """dvc.lock with these stages: name → md5 of its record."""
    outs = {name: [{"path": record_file(name).as_posix(), "hash": "md5", "md5": md5}] for name, md5 in stages.items()}
    content = {"schema": "2.0", "stages": {name: {"cmd": "x", "outs": out} for name, out in outs.items()}}
    content["stages"]["track"] = {"cmd": "x"}
    (study.path / "dvc.lock").write_text(yaml.safe_dump(content, sort_keys=False))


@pytest.mark.usefixtures("with_store")
def test_a_stage_of_the_lock_leads_to_its_run_and_to_no_other_version_of_it(study, capsys):
    say(capsys, "questions", "short_answers")
    record = study.path / record_file(STAGE)
    first = lock_digest(record)
    say(capsys, "track")
    # Another version of the same stage's output, the lock names the first still.
    content = json.loads(record.read_text())
    record.write_text(json.dumps(content | {"metrics": {"test": 1}}))
    (study.path / "dvc.yaml").write_text("stages: {questions: {}}")
    say(capsys, "track")
    lock(study, **{STAGE: first, "report": "0" * 32})
    (found,) = say(capsys, "runs", STAGE)
    stage, run_id, name, commit, link = found.split("\t")
    import mlflow

    run = mlflow.get_run(run_id)
    assert (stage, name, commit) == (STAGE, STAGE, "none") and run.data.tags["dvc.record_md5"] == first
    assert link == f"http://127.0.0.1:5000/#/experiments/{run.info.experiment_id}/runs/{run_id}"
    assert say(capsys, "runs") == [found, "report\t-\t-\t-\t-"]
    lock(study, **{STAGE: lock_digest(record)})
    (other,) = say(capsys, "runs")
    assert mlflow.get_run(other.split("\t")[1]).data.tags["dvc.record_md5"] == lock_digest(record)


@pytest.mark.usefixtures("with_store")
def test_a_terminal_gets_a_table(study, capsys, monkeypatch):
    say(capsys, "questions", "short_answers")
    say(capsys, "track")
    lock(study, **{STAGE: lock_digest(study.path / record_file(STAGE)), "report": "0" * 32})
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    head, first, second = say(capsys, "runs")
    assert head.split() == ["stage", "commit", "link"]
    assert first.split()[0] == STAGE and second.split() == ["report", "-", "-"]
    assert first.index("http://") == head.index("link") and "\t" not in first


def test_a_tracking_server_is_linked_to_itself(study, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example.org/")
    assert run_link(study.path, "3", "abc") == "https://mlflow.example.org/#/experiments/3/runs/abc"


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        (None, (), "dvc.lock: no such file; `dvc repro` writes it"),
        ("nothing", (), "dvc.lock: not a lock file of DVC"),
        ("schema: '2.0'\nstages: {a: {cmd: x}}\n", ("a",), "no stage 'a' with a record in dvc.lock"),
    ],
)
def test_what_leads_nowhere_is_told_in_one_line(study, capsys, content, words, said):
    if content is not None:
        (study.path / "dvc.lock").write_text(content)
    (line,) = say(capsys, "runs", *words, expect=2)
    assert line.startswith("slmmux runs: ") and said in line


def test_a_store_that_is_down_is_told_in_one_line(study, capsys, monkeypatch):
    lock(study, **{STAGE: "0" * 32})
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert say(capsys, "runs", expect=2)[-1].startswith("slmmux runs: tracking store http://127.0.0.1:9: ")
