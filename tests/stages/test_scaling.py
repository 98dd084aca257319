"""Test-time scaling: chosen on validation, measured by the exact evaluator, bounded by pools."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawn_votes import random_votes

from slmmux.errors import InputError
from slmmux.orchestration import METHODS
from slmmux.selection.subset_objective import rank_subsets
from slmmux.settings import ScalingSettings
from slmmux.stages.scaling import scaling

SETTINGS = ScalingSettings(sizes=[1, 2, 3, 4, 5], samples=[2, 3, 4, 9], pairs=2)


@pytest.fixture
def votes():
    return replace(random_votes(1, 30, 4, 4), split="validation"), random_votes(2, 40, 4, 4)


def test_every_number_is_the_evaluators(votes):
    validation, test = votes
    found = scaling(validation, test, 2, SETTINGS)
    accuracy = validation.accuracy()
    ranked = rank_subsets(validation, 2, range(1, 5))
    assert found.by_models["size"].tolist() == [1, 2, 3, 4]
    for row in found.by_models.to_dict("records"):
        best = ranked[row["size"]][0]
        assert row["models"] == " ".join(best.models)
        assert row["validation_objective"] == best.objective
        budget = [2 if name in best.models else 0 for name in test.models]
        for method, column in (("slm_mux", "accuracy"), ("oracle", "union_accuracy")):
            alone = METHODS[method].evaluate(test, budget, accuracy)
            assert row[column] == pytest.approx(alone.accuracy)
            assert row[f"{column}_se"] == pytest.approx(alone.accuracy_se)
        assert row["accuracy"] <= row["union_accuracy"] + 1e-12
    # Nine samples do not fit the pool of four.
    assert sorted(set(found.by_samples["samples"])) == [2, 3, 4]
    for row in found.by_samples.to_dict("records"):
        pair = ranked[2][row["pair"] - 1].models
        budget = [row["samples"] if name in pair else 0 for name in test.models]
        alone = METHODS[row["method"]].evaluate(test, budget, accuracy)
        assert row["accuracy"] == pytest.approx(alone.accuracy)
    kinds = found.by_samples.groupby(["pair", "method"]).size().index.tolist()
    alone = [(1, "self_consistency"), (1, "self_consistency_total")]
    assert kinds == [*alone, (1, "slm_mux"), (2, "agent_forest"), (2, "slm_mux")]
    # At the search's own k, the first pair is the best subset of two.
    at_k = found.by_samples.query("pair == 1 and samples == 2 and method == 'slm_mux'")["accuracy"].item()
    assert at_k == found.by_models.query("size == 2")["accuracy"].item()


def test_the_test_split_never_influences_the_choice(votes):
    validation, test = votes
    rng = np.random.default_rng(0)
    shuffled = replace(test, classes=rng.permuted(test.classes, axis=0))
    first, other = (scaling(validation, on, 2, SETTINGS) for on in (test, shuffled))
    assert first.by_models["models"].equals(other.by_models["models"])
    assert first.by_samples["models"].equals(other.by_samples["models"])
    assert not first.by_models["accuracy"].equals(other.by_models["accuracy"])


def test_metrics_and_curves_are_those_of_the_tables(votes):
    found = scaling(*votes, 2, SETTINGS)
    metrics, curves = found.metrics(), found.curves()
    assert metrics["models_3/accuracy"] == found.by_models["accuracy"][2]
    forest = found.by_samples.query("method == 'agent_forest'")
    assert metrics["pair_2/agent_forest/accuracy"] == forest["accuracy"].max()
    assert curves["pair_2/agent_forest"] == dict(zip(forest["samples"], forest["accuracy"]))
    assert list(curves["models/union_accuracy"]) == [1, 2, 3, 4]


def test_a_pool_of_one_model_has_no_pairs():
    alone = random_votes(1, 10, 1, 4)
    found = scaling(alone, alone, 2, SETTINGS)
    assert found.by_models["size"].tolist() == [1]
    assert isinstance(found.by_samples, pd.DataFrame) and not len(found.by_samples)
    assert "models_1/accuracy" in found.metrics()


def test_samples_that_fit_no_pool_are_refused(votes):
    with pytest.raises(InputError, match=r"scaling\.samples"):
        scaling(*votes, 2, ScalingSettings(sizes=[2], samples=[8, 9], pairs=1))
