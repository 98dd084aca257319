"""Thresholds have the fewest wrong signs there can be, and held-out predictions never saw the models they are about."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slmmux.selection.rules_of_thumb import best_threshold, held_out_errors

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=12)


@given(PAIRS)
def test_no_threshold_has_fewer_wrong_signs(pairs):
    values, positive = np.array([float(v) for v, _ in pairs]), np.array([p for _, p in pairs])
    found = best_threshold(values, positive)
    wrong = int((found.predict(values) != positive).sum())
    tried = [((sign * values > sign * limit) != positive).sum() for sign in (1, -1) for limit in np.arange(-0.5, 5)]
    assert wrong == min(tried)
    assert found.error == wrong / len(values)


def test_a_rule_that_holds_everywhere_errs_nowhere_and_noise_gains_nothing():
    subsets = np.array(list(combinations(range(9), 2)))
    strength = np.arange(9) / 10
    gap = np.abs(strength[subsets[:, 0]] - strength[subsets[:, 1]])
    gain = np.where(gap < 0.35, 0.02, -0.02)
    table = held_out_errors({"gap": gap, "noise": np.zeros(len(gap))}, gain, subsets).set_index("rule")
    assert table.loc["gap", ["error", "held_out_error", "held_out_loss"]].tolist() == [0, 0, 0]
    assert table.loc["gap", "side"] == "below" and 0.3 < table.loc["gap", "limit"] < 0.4
    assert table.loc["noise", "held_out_error"] >= table.loc["always", "error"] > 0


def test_what_a_subsets_own_models_do_is_not_seen():
    """Every pair with model 0 loses and every other pair gains: no rule fitted without model 0 can know."""
    subsets = np.array(list(combinations(range(7), 2)))
    gain = np.where((subsets == 0).any(axis=1), -0.01, 0.01)
    table = held_out_errors({"own": gain}, gain, subsets).set_index("rule")
    assert table.loc["own", "error"] == 0
    assert table.loc["always", "held_out_error"] == 6 / 21


def test_the_linear_rule_is_a_least_squares_fit_of_what_shares_no_model():
    subsets = np.array(list(combinations(range(8), 2)))
    rng = np.random.default_rng(0)
    gain, features = rng.normal(size=len(subsets)), {"x": rng.random(len(subsets)), "y": rng.random(len(subsets))}
    columns = np.column_stack([np.ones(len(gain)), *features.values(), np.full(len(gain), 0.25)])
    wrong = 0
    for i, subset in enumerate(subsets):
        seen = ~np.isin(subsets, subset).any(axis=1)
        fit = np.linalg.lstsq(columns[seen], gain[seen], rcond=None)[0]
        wrong += bool((columns[i] @ fit > 0) != (gain[i] > 0))
    table = held_out_errors(features | {"constant": np.full(len(gain), 0.25)}, gain, subsets).set_index("rule")
    assert table.loc["linear", "held_out_error"] == wrong / len(gain)
