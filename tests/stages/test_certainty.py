"""Questions that differences need, and honest numbers for the subset that was chosen."""

import numpy as np
import pytest
from drawn_votes import random_votes

from slmmux.orchestration.evaluate import evaluate
from slmmux.settings import CertaintySettings, EvaluationSettings
from slmmux.stages.certainty import candidates, chosen_table, power_table
from slmmux.statistics.power import questions_needed

SETTINGS = EvaluationSettings(samples=2, confidence=0.95, bootstrap_resamples=300, seed=3)
CHOICES = CertaintySettings(differences=[0.01, 0.05], halvings=3)


@pytest.fixture(scope="module")
def splits():
    return random_votes(1, 40, 3, 4), random_votes(2, 40, 3, 4)


def test_the_chosen_subsets_are_measured_where_nothing_was_chosen(splits):
    found = candidates(splits[0], 2)
    assert len(found.models) == 4 and found.correct.shape == (4, 40)
    assert found.correct[found.by_accuracy].mean() == pytest.approx(found.correct.mean(axis=1).max())
    table = chosen_table(found, splits, SETTINGS, CHOICES).set_index("chosen_by")
    row = table.loc["accuracy"]
    models = row["models"].split()
    accuracy = splits[0].accuracy_per_question().mean(axis=0)
    by_name = dict(zip(splits[0].models, accuracy))
    for split, name in zip(splits, ("validation", "test")):
        want = evaluate(split, 2, "slm_mux", by_name, models=models).accuracy
        assert row[f"{name}_accuracy"] == pytest.approx(want)
    assert row["optimism"] == pytest.approx(row["validation_accuracy"] - row["test_accuracy"])
    assert row["validation_low"] < row["validation_accuracy"] < row["validation_high"]
    # What half of the questions choose is at most as good, on average, as what all of them choose looks.
    assert row["cross_fitted"] <= row["validation_accuracy"] + 1e-12
    assert np.isnan(table.loc["objective", "cross_fitted"])


def test_power_for_every_number_of_samples(splits):
    table = power_table(splits, splits[0].models[:2], SETTINGS, CHOICES)
    assert sorted(set(table["samples"])) == [1, 2, 3, 4]
    for row in table[table["samples"] == 3].to_dict("records"):
        assert row["needed"] == questions_needed(row["spread"], row["difference"])
        assert row["needs_5_points"] == questions_needed(row["spread"], 0.05)
        assert 0 <= row["question_share"] <= 1
        assert row["twice_runs"] == pytest.approx((1 - row["question_share"]) / 2)
