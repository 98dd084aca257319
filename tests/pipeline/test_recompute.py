"""`make recompute` in a pipeline of three small stages."""

import pytest
from dvc.repo import Repo

from scripts import recompute

PIPELINE = """
stages:
  generate:
    cmd: echo 3 > samples
    outs: [samples]
  votes:
    cmd: cat samples samples > votes
    deps: [samples]
    outs: [votes]
  report:
    cmd: wc -l < votes > results/report
    deps: [votes]
    outs: [{results/report: {cache: false}}]
"""


@pytest.fixture
def pipeline(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    (tmp_path / "results").mkdir()
    Repo.init(no_scm=True).reproduce()
    return tmp_path


def test_stages_that_need_no_engine_run_in_order_and_give_the_same(pipeline, capsys):
    (pipeline / "votes").unlink()
    assert recompute.main() == 0
    ran = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert ran == ["votes", "report", "2"]
    assert (pipeline / "votes").read_text() == "3\n3\n"


def test_another_number_is_named(pipeline, capsys):
    (pipeline / "samples").write_text("4\n5\n")
    assert recompute.main() == 1
    assert capsys.readouterr().err == "changed: results/report\n"


def test_no_output_of_an_earlier_run_stands_in_for_a_new_one(pipeline, capsys):
    (pipeline / "dvc.yaml").write_text(PIPELINE.replace("cat samples samples > votes", "echo no votes; exit 3"))
    assert recompute.main() == 1
    assert capsys.readouterr().err == "votes: status 3\nno votes\n\n"
    assert not (pipeline / "votes").exists()
