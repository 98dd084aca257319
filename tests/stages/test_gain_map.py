"""The map of gains: each cell is what single evaluations give, and predictors are what their formulas say."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from drawn_votes import random_votes

from slmmux.orchestration.evaluate import evaluate
from slmmux.selection.pool_predictors import predictors
from slmmux.settings import EvaluationSettings, MapSettings
from slmmux.stages.gain_map import GAINS, by_gap, gain_map, members, rules, summary
from slmmux.stages.objective_on_pools import MEMBERS, objective_table, subsets_of_sizes, winners_curse

SETTINGS = MapSettings(
    sizes=[2, 3],
    samples=[1, 3],
    forest_states=63,
    rule_samples=3,
    close_gap=0.03,
    far_gap=0.1,
    objective_resamples=50,
)
EVALUATION = EvaluationSettings(samples=3, confidence=0.95, bootstrap_resamples=200, seed=1)


@pytest.fixture(scope="module")
def splits():
    return random_votes(3, 30, 5, 6), random_votes(4, 40, 5, 6)


@pytest.fixture(scope="module")
def table(splits):
    return gain_map(*splits, SETTINGS)


def test_parts_of_the_subsets_give_the_same_map(splits, table, monkeypatch):
    monkeypatch.setattr("slmmux.stages.gain_map.SHARE", 3)
    pd.testing.assert_frame_equal(gain_map(*splits, SETTINGS), table)


def test_there_is_a_row_for_every_subset_and_number_of_samples(table):
    assert len(table) == (10 + 10) * 2
    assert table["over_forest"].isna().sum() == 10  # triples of 3 samples: 4^3 = 64 states
    assert members(table[table["size"] == 3]).shape == (20, 3)


@pytest.mark.parametrize("models", ["0+1", "2+4", "0+2+3"])
@pytest.mark.parametrize("k", [1, 3])
def test_a_cell_is_what_single_evaluations_give(splits, table, models, k):
    validation, test = splits
    names = [test.models[int(m)] for m in models.split("+")]
    accuracy = dict(zip(validation.models, validation.accuracy()))
    row = table[(table["models"] == models) & (table["samples"] == k)].iloc[0]
    best, total = max(names, key=accuracy.__getitem__), min(6, k * len(names))
    mux = evaluate(test, k, "slm_mux", accuracy, models=names)
    rivals = {
        "over_same_samples": evaluate(test, k, "self_consistency", models=[best]),
        "over_same_total": evaluate(test, total, "self_consistency", models=[best]),
        "over_forest": evaluate(test, k, "agent_forest", models=names),
    }
    assert row["accuracy"] == pytest.approx(mux.accuracy, abs=1e-12)
    for name, rival in rivals.items():
        if not np.isnan(row[name]):
            gap = mux.correct - rival.correct
            assert row[name] == pytest.approx(gap.mean(), abs=1e-12)
            assert row[f"{name}_se"] == pytest.approx(gap.std(ddof=1) / np.sqrt(len(gap)), abs=1e-12)


def test_predictors_are_what_their_formulas_say(splits):
    votes = splits[0]
    subsets = np.array(list(combinations(range(5), 3)))
    found = predictors(votes, subsets, 3)
    accuracy = votes.accuracy()
    for i, subset in enumerate(subsets.tolist()):
        names = [votes.models[m] for m in subset]
        ordered = sorted(subset, key=lambda m: -accuracy[m])
        assert found["gap"][i] == pytest.approx(accuracy[ordered[0]] - accuracy[ordered[1:]].mean())
        assert found["ties"][i] == pytest.approx(
            evaluate(votes, 3, "slm_mux", accuracy[subset], models=names).tie_probability.mean()
        )
        voted = [evaluate(votes, 3, "self_consistency", models=[votes.models[m]]).correct for m in ordered]
        expected = (1 - voted[0]) * (1 - (1 - voted[1]) * (1 - voted[2]))
        assert found["complementarity"][i] == pytest.approx(expected.mean())
        assert 0 <= found["sure_when_wrong"][i] <= 1


def test_pools_of_different_sizes_are_their_own(splits):
    validation, test = splits
    smaller = replace(test, pool=np.array([6, 4, 6, 5, 6]), classes=test.classes.copy())
    smaller.classes[:, 1, 4:] = smaller.classes[:, 3, 5:] = -1
    found = gain_map(validation, smaller, SETTINGS).set_index(["models", "samples"])
    accuracy = dict(zip(validation.models, validation.accuracy()))
    mux = evaluate(smaller, 3, "slm_mux", accuracy, models=["a", "b"])
    forest = evaluate(smaller, 3, "agent_forest", models=["a", "b"])
    assert found.loc[("0+1", 3), "over_forest"] == pytest.approx(mux.accuracy - forest.accuracy, abs=1e-12)


def test_one_sample_is_always_sure(splits):
    found = predictors(splits[0], np.array([[0, 1]]), 1)
    unparsed = (splits[0].classes[:, :2] < 0).mean(axis=(0, 2)).sum()
    wrong = (1 - splits[0].accuracy_per_question()[:, :2]).mean(axis=0).sum()
    assert found["sure_when_wrong"][0] == pytest.approx((wrong - unparsed) / wrong)


def test_summary_and_rules_cover_what_was_measured(table):
    totals, found = summary(table), rules(table, 3)
    assert len(totals) == 2 * 2 * len(GAINS) - 1
    assert totals[["positive", "surely_positive", "surely_negative"]].to_numpy().min() >= 0
    assert set(found["rule"]) == {"always", "gap", "complementarity", "ties", "sure_when_wrong", "linear"}
    assert found["held_out_error"].between(0, 1).all()


def test_every_subset_falls_into_one_class_of_gaps(table):
    found = by_gap(table, SETTINGS)
    assert found.groupby("size")["subsets"].sum().tolist() == [10, 10]
    two = table[(table["size"] == 2) & (table["samples"] == 3)]
    close = two[two["gap"] <= 0.03]
    row = found[(found["size"] == 2) & (found["gap"] == "close")]
    assert len(row) == (len(close) > 0)
    if len(close):
        assert row["over_same_total"].iloc[0] == pytest.approx(close["over_same_total"].mean())


def test_the_objective_and_its_rivals_are_ranked_on_every_size(splits):
    subsets = subsets_of_sizes(*splits, 3, [2, 3])
    assert [len(s) for s in subsets.members] == [2] * 10 + [3] * 10
    found = objective_table(subsets, *splits, 3, [0, 1], EVALUATION, SETTINGS)
    assert set(found["criterion"]) == {"direct", MEMBERS, "paper", "iclr_package"}
    assert set(found["sizes"]) == {"all", "2", "3"}
    members_row = found[(found["criterion"] == MEMBERS) & (found["sizes"] == "2")].iloc[0]
    accuracy = splits[0].accuracy()
    best_two = " ".join(splits[0].models[m] for m in sorted(np.argsort(-accuracy)[:2]))
    assert members_row["chosen"] == best_two


def test_choosing_among_more_candidates_looks_better_than_it_is(splits):
    subsets = subsets_of_sizes(*splits, 3, [2, 3])
    found = winners_curse(subsets, *splits, 3, EVALUATION, SETTINGS)
    assert found["candidates"].tolist() == ["models", "subsets of 2", "subsets of 3"]
    assert found["number"].tolist() == [5, 10, 10]
    assert (found["regret"] >= 0).all() and (found["optimism"] > 0).all()
