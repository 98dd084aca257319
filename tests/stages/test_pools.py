"""Pools of published models: their kind is known from validation, and every number is what `evaluate` gives."""

import numpy as np
import pytest
from drawn_votes import random_votes

from slmmux.errors import InputError
from slmmux.orchestration.evaluate import evaluate
from slmmux.settings import EvaluationSettings, PoolsSettings
from slmmux.stages.pools import comparisons, pool_of, pool_table

EVALUATION = EvaluationSettings(samples=2, confidence=0.95, bootstrap_resamples=200, seed=1)
SETTINGS = PoolsSettings(
    samples=[1, 2], comparable_spread=0.05, leader_gap=0.1, teams={}, theory={}, theory_max_samples=2
)


@pytest.fixture(scope="module")
def splits():
    return random_votes(1, 30, 3, 5), random_votes(2, 40, 3, 5)


@pytest.mark.parametrize(
    ("accuracy", "kind"),
    [([0.40, 0.38, 0.36], "comparable"), ([0.5, 0.38, 0.36], "leader"), ([0.42, 0.38, 0.3], "mixed")],
)
def test_the_kind_follows_from_the_validation_accuracies(splits, accuracy, kind):
    pool = pool_of("p", ["a", "b", "c"], *splits)
    assert type(pool)("p", pool.validation, pool.test, np.array(accuracy)).kind(SETTINGS) == kind


def test_rivals_draw_as_many_samples_as_they_say(splits):
    pool = pool_of("p", ["a", "b"], *splits)
    # One prompt token and two a sample, for each model: 2 (1 + 2 k) tokens.
    assert pool.rival_samples(2) == {
        "one_sample": 1,
        "same_samples": 2,
        "same_total": 4,
        "same_tokens": 4,
        "agent_forest": 2,
        "best_supporter": 2,
    }
    assert pool.rival_samples(4)["same_total"] == 5


def test_every_row_is_what_evaluate_gives(splits):
    validation, test = splits
    pools = [pool_of("all", ["a", "b", "c"], *splits), pool_of("two", ["c", "a"], *splits)]
    table = comparisons(pools, EVALUATION, SETTINGS)
    assert len(table) == 2 * 2 * 6
    accuracy = dict(zip(validation.models, validation.accuracy()))
    row = table[(table["pool"] == "two") & (table["samples"] == 2) & (table["rival"] == "agent_forest")].iloc[0]
    mux = evaluate(test, 2, "slm_mux", accuracy, models=["c", "a"])
    forest = evaluate(test, 2, "agent_forest", accuracy, models=["c", "a"])
    assert row["accuracy"] == pytest.approx(mux.accuracy, abs=1e-12)
    assert row["rival_accuracy"] == pytest.approx(forest.accuracy, abs=1e-12)
    assert row["gain"] == pytest.approx(mux.accuracy - forest.accuracy)
    assert row["gain_low"] <= row["gain"] <= row["gain_high"]
    best = max("ca", key=accuracy.__getitem__)
    total = table[(table["pool"] == "two") & (table["samples"] == 2) & (table["rival"] == "same_total")].iloc[0]
    assert total["rival_accuracy"] == pytest.approx(evaluate(test, 4, "self_consistency", models=[best]).accuracy)
    assert not total["capped"]
    assert pool_table(pools, SETTINGS)["best"].tolist()[1] == best


def test_an_unknown_model_is_refused(splits):
    with pytest.raises(InputError, match="no model 'z'"):
        pool_of("p", ["a", "z"], *splits)
