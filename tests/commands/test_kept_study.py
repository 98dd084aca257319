"""slmmux study: Optuna's own tools open the study that a search ran."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import optuna
import pandas as pd
import pytest
from conftest import say

from slmmux.commands import study as command
from slmmux.paths import SEARCH, votes_file
from slmmux.selection.simulated import simulated_votes
from slmmux.selection.trials import Trials
from slmmux.votes.archive import save_votes


@pytest.fixture
def votes(study):
    made = simulated_votes(2, questions=30, samples=4, seed=1)
    for split in ("validation", "test"):
        save_votes(votes_file("short_answers", split), replace(made, split=split))
    return study


def test_the_kept_study_is_the_searchs(votes, capsys):
    (line,) = [text for text in say(capsys, "study", "short_answers") if "trials of" in text]
    storage = line.split()[-1]
    assert (votes.path / ".slmmux" / "studies" / "short_answers.db").exists()
    name = optuna.get_all_study_names(storage)[0]
    found = optuna.load_study(study_name=name, storage=storage)
    assert found.metric_names == ["accuracy", "tokens"]
    assert [d.name for d in found.directions] == ["MAXIMIZE", "MINIMIZE"]
    say(capsys, "search", "short_answers")
    trials = pd.read_csv(SEARCH / "short_answers" / "trials.csv")
    assert [t.params for t in found.trials] == trials[["m00", "m01"]].to_dict("records")
    for trial, row in zip(found.trials, trials.to_dict("records")):
        assert trial.values[0] == trial.user_attrs["accuracy"] == pytest.approx(row["accuracy"])
        assert trial.user_attrs["tokens_with_stopping"] == pytest.approx(row["tokens_with_stopping"])
        assert trial.user_attrs["models"] == ", ".join(m for m, k in trial.params.items() if k)
    if find_spec("plotly"):
        figure = optuna.visualization.plot_pareto_front(found)
        assert figure.layout.xaxis.title.text == "accuracy"
    # Asked for again, it is there already.
    say(capsys, "study", "short_answers")
    assert len(optuna.load_study(study_name=name, storage=storage).trials) == len(found.trials)


def test_the_budget_without_samples_has_no_values_to_draw(votes, capsys, monkeypatch):
    def trials(plan, evaluate) -> Trials:
        points = np.array([[0, 0], [1, 2]])
        return Trials(tuple(plan.space), points, np.array([0.0, 0.5]), np.array([99.0, 30.0]))

    monkeypatch.setattr(command, "study_in_memory", trials)
    (line,) = [text for text in say(capsys, "study", "short_answers") if "trials of" in text]
    storage = line.split()[-1]
    nothing, some = optuna.load_study(study_name=optuna.get_all_study_names(storage)[0], storage=storage).trials
    assert nothing.state.name == "FAIL" and nothing.values is None and nothing.user_attrs == {"models": "none"}
    assert some.values == [0.5, 30.0] and some.user_attrs["models"] == "m00, m01"


def test_a_storage_of_ones_own_and_one_that_is_none(votes, capsys):
    say(capsys, "study", "short_answers", "--storage", f"sqlite:///{votes.path}/mine.db")
    assert optuna.get_all_study_names(f"sqlite:///{votes.path}/mine.db")
    (line,) = say(capsys, "study", "short_answers", "--storage", "nothing://x", expect=2)
    assert line.startswith("slmmux study: --storage nothing://x: ")
