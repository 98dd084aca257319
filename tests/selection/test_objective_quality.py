"""Rank correlations against SciPy's, criteria against the search, and intervals that mean something."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_votes import random_votes
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from slmmux.orchestration.grid import equal_budgets
from slmmux.selection.objective_quality import QUALITY_COLUMNS, all_subsets, objective_quality
from slmmux.selection.subset_objective import ICLR_PACKAGE, PAPER, rank_subsets
from slmmux.settings import EvaluationSettings

SETTINGS = EvaluationSettings(samples=2, confidence=0.9, bootstrap_resamples=150, seed=4)


def votes_of_both_splits(seed: int, models: int = 4):
    return (
        replace(random_votes(seed, 40, models, 4), split="validation"),
        random_votes(seed + 100, 50, models, 4),
    )


@given(st.integers(0, 30))
@settings(max_examples=5)
def test_against_scipy_and_the_search(seed):
    validation, test = votes_of_both_splits(seed)
    table = objective_quality(all_subsets(validation, test, 2), [0, 1.5], SETTINGS)
    assert list(table.columns) == QUALITY_COLUMNS
    order = validation.accuracy()
    accuracy = {}
    for split, votes in (("validation", validation), ("test", test)):
        members, correct = equal_budgets(votes, order, [2])
        accuracy[split] = {tuple(votes.models[m] for m in s): v for s, v in zip(members, correct.mean(axis=2)[:, 0])}
    for name, variant in (("paper", PAPER), ("iclr_package", ICLR_PACKAGE)):
        for lambda_ in (0, 1.5):
            scores = rank_subsets(validation, 2, range(2, 5), replace(variant, lambda_=lambda_))
            every = [score for of_size in scores.values() for score in of_size]
            for label, chosen in (("all", every), ("2", scores[2]), ("3", scores[3])):
                row = table[
                    (table["criterion"] == name) & (table["lambda"] == lambda_) & (table["sizes"] == label)
                ].iloc[0]
                values = np.round([s.objective for s in chosen], 10)
                assert row["subsets"] == len(chosen)
                for split in accuracy:
                    against = np.round([accuracy[split][s.models] for s in chosen], 10)
                    assert row[f"rank_{split}"] == pytest.approx(spearmanr(values, against).statistic)
                picked = tuple(row["chosen"].split())
                assert next(s.objective for s in chosen if s.models == picked) == pytest.approx(values.max())
                assert row["test_accuracy"] == pytest.approx(accuracy["test"][picked])
                best = max(accuracy["test"][s.models] for s in chosen)
                assert row["loss"] == pytest.approx(best - row["test_accuracy"], abs=1e-9)
    # K = 4 is one subset of four models: nothing to rank.
    assert set(table["sizes"]) == {"all", "2", "3"}


def test_the_direct_search_ranks_as_accuracy_does():
    table = objective_quality(all_subsets(*votes_of_both_splits(1), 2), [1], SETTINGS)
    direct = table[table["criterion"] == "direct"]
    assert direct["lambda"].isna().all()
    assert np.allclose(direct[["rank_validation", "rank_validation_low", "rank_validation_high"]], 1)


def test_intervals_are_seeded_and_hold_the_loss():
    subsets = all_subsets(*votes_of_both_splits(2), 2)
    first, again = (objective_quality(subsets, [1], SETTINGS) for _ in range(2))
    assert first.equals(again)
    assert (first["loss_low"] >= 0).all() and (first["loss_low"] <= first["loss_high"]).all()
    assert (first["rank_test_low"] <= first["rank_test_high"]).all()
    other = objective_quality(subsets, [1], SETTINGS.model_copy(update={"seed": 5}))
    assert not first["rank_test_low"].equals(other["rank_test_low"])


def test_two_models_leave_nothing_to_rank():
    table = objective_quality(all_subsets(*votes_of_both_splits(3, models=2), 2), [1], SETTINGS)
    assert not len(table) and list(table.columns) == QUALITY_COLUMNS
