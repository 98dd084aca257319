"""Searched pairs against their rivals, and by subject: the evaluator's numbers, chosen on validation alone."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_votes import random_votes

from slmmux.errors import InputError
from slmmux.orchestration import METHODS
from slmmux.orchestration.evaluate import evaluate
from slmmux.selection.subset_objective import rank_subsets
from slmmux.settings import EvaluationSettings, ScalingSettings
from slmmux.stages.gains import gains
from slmmux.stages.subjects import subject_of, subjects_table

EVALUATION = EvaluationSettings(samples=3, confidence=0.9, bootstrap_resamples=200, seed=1)
SETTINGS = ScalingSettings(sizes=[2], samples=[2, 3, 4, 9], pairs=2)
CHOSEN = ["comparison", "group", "models", "samples", "rival_samples"]


@pytest.fixture
def votes():
    return replace(random_votes(1, 30, 4, 4), split="validation"), random_votes(2, 40, 4, 4)


def test_every_gain_is_the_evaluators(votes):
    validation, test = votes
    table = gains(*votes, EVALUATION, SETTINGS)
    accuracy = validation.accuracy()
    pairs = [" ".join(score.models) for score in rank_subsets(validation, 3, [2])[2][:2]]
    assert table.groupby("comparison").size().to_dict() == {
        "searched_pairs": 2,
        "best_samples": 2,
        "forest_fewest": 1,
        "forest_best": 1,
    }
    for row in table.to_dict("records"):
        assert row["models"] == pairs[row["group"] - 1]
        used = np.array([name in row["models"].split() for name in test.models])
        rival = "agent_forest" if row["comparison"].startswith("forest") else "single_best"
        ours = METHODS["slm_mux"].evaluate(test, used * row["samples"], accuracy)
        theirs = METHODS[rival].evaluate(test, used * row["rival_samples"], accuracy)
        assert row["accuracy"] == pytest.approx(ours.accuracy)
        assert row["rival_accuracy"] == pytest.approx(theirs.accuracy)
        assert row["gain"] == pytest.approx(ours.accuracy - theirs.accuracy)
        assert row["gain_low"] <= row["gain"] <= row["gain_high"]
        best = {
            method: max((2, 3, 4), key=lambda k: METHODS[method].evaluate(validation, used * k, accuracy).accuracy)
            for method in ("slm_mux", "agent_forest")
        }
        samples = {
            "searched_pairs": (3, 1),
            "best_samples": (best["slm_mux"], 1),
            "forest_fewest": (2, 2),
            "forest_best": (best["slm_mux"], best["agent_forest"]),
        }
        assert (row["samples"], row["rival_samples"]) == samples[row["comparison"]]
    assert (table.query("comparison == 'forest_best'")["group"] == 2).all()


def test_a_row_with_a_simulated_rival_says_so_with_its_error(votes, monkeypatch):
    def forest_simulated(on, samples, method, accuracy):
        found = evaluate(on, samples, method, accuracy)
        return replace(found, mode="simulate", simulation_se=0.004) if method == "agent_forest" else found

    monkeypatch.setattr("slmmux.stages.gains.evaluate", forest_simulated)
    table = gains(*votes, EVALUATION, SETTINGS).set_index("comparison")
    for comparison, row in table.iterrows():
        expected = ("simulate", 0.004) if comparison.startswith("forest") else ("exact", 0.0)
        assert (row["mode"], row["simulation_se"]) == expected


def test_the_test_split_never_influences_the_choice(votes):
    validation, test = votes
    shuffled = replace(test, classes=np.random.default_rng(0).permuted(test.classes, axis=0))
    first, other = (gains(validation, on, EVALUATION, SETTINGS) for on in (test, shuffled))
    assert first[CHOSEN].equals(other[CHOSEN]) and not first["gain"].equals(other["gain"])


def test_one_model_has_no_pairs_and_samples_must_fit():
    alone = random_votes(1, 10, 1, 4)
    assert not len(gains(alone, alone, EVALUATION, SETTINGS)) and not len(subjects_table(alone, alone, 3))
    pair = random_votes(1, 10, 2, 4)
    with pytest.raises(InputError, match=r"scaling\.samples"):
        gains(pair, pair, EVALUATION, SETTINGS.model_copy(update={"samples": [9]}))


def test_subjects_make_up_the_whole(votes):
    validation, test = votes
    ids = tuple(f"{'gcd' if q < 10 else 'chain-sum'}-test-{q:03d}" for q in range(40))
    table = subjects_table(validation, replace(test, question_ids=ids), 3)
    assert table["subject"].unique().tolist() == ["gcd", "chain-sum"]
    pair = rank_subsets(validation, 3, [2])[2][0].models
    accuracy = validation.accuracy()
    for method, models in (("slm_mux", pair), *(("self_consistency", (model,)) for model in pair)):
        rows = table[(table["method"] == method) & (table["models"] == " ".join(models))]
        assert rows["questions"].tolist() == [10, 30]
        whole = METHODS[method].evaluate(test, [3 * (name in models) for name in test.models], accuracy)
        assert np.average(rows["accuracy"], weights=rows["questions"]) == pytest.approx(whole.accuracy)
        part = whole.correct[:10]
        assert rows["accuracy_se"].iloc[0] == pytest.approx(part.std(ddof=1) / np.sqrt(10))


def test_ids_without_subjects_give_no_rows(votes):
    assert [subject_of(i, "test") for i in ("gcd-test-004", "chain_sum-test-1", "HumanEval/3")] == [
        "gcd",
        "chain_sum",
        "",
    ]
    assert not len(subjects_table(*votes, 3))
