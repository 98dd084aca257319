"""Calibration, simultaneous intervals and the rules that turn them into verdicts."""

import numpy as np
import pytest

from slmmux.theory.calibration import (
    area_under_roc,
    expected_calibration_error,
    overconfidence,
    reliability,
)
from slmmux.theory.intervals import intervals, resampled_questions
from slmmux.theory.verdict import EXACT, FAILS, UNDECIDED, WITHIN, approximately_zero, not_negative, overall


def test_calibration_by_hand():
    # Two samples: a tenth unparsed, 4 of 10 with confidence 1/2, one of them right, 5 with 1, four right.
    mass, right = np.array([0.1, 0.4, 0.5]), np.array([0.0, 0.1, 0.4])
    assert reliability(mass, right) == pytest.approx([0, 0.25, 0.8])
    assert overconfidence(mass, right) == pytest.approx(0.7 - 0.5)
    assert expected_calibration_error(mass, right) == pytest.approx(0.1 + 0.1)
    # Right 1 and 4, wrong 1, 3, 1 at the three levels: (1 * (1 + 3/2) + 4 * (4 + 1/2)) / (5 * 5).
    assert area_under_roc(mass, right) == pytest.approx((2.5 + 18) / 25)


def test_calibration_at_the_edges():
    mass = np.array([0.0, 0.5, 0.5])
    perfect = mass * [0, 0.5, 1]
    assert expected_calibration_error(mass, perfect) == 0
    assert np.isnan(reliability(mass, perfect)[0])
    assert np.isnan(area_under_roc(mass, mass)) and np.isnan(area_under_roc(mass, 0 * mass))
    stacked = area_under_roc(np.stack([mass, mass]), np.stack([perfect, perfect]))
    assert stacked.shape == (2,) and stacked[0] == stacked[1] > 0.5
    # The mean gap never exceeds the error.
    rng = np.random.default_rng(1)
    mass = rng.dirichlet(np.ones(6), size=200)
    right = mass * rng.random((200, 6))
    assert (np.abs(overconfidence(mass, right)) <= expected_calibration_error(mass, right) + 1e-12).all()


def test_simultaneous_intervals_cover_all_cells_together():
    rng = np.random.default_rng(2)
    together, alone, runs, cells = 0, 0, 200, 12
    for run in range(runs):
        values = rng.normal(0, 1, (80, cells)) + rng.normal(0, 1, (80, 1))
        weights = resampled_questions(80, 300, [3, run])
        found = intervals(values.mean(axis=0), weights @ values, 0.9)
        together += bool(((found.all_low <= 0) & (found.all_high >= 0)).all())
        alone += float(((found.low <= 0) & (found.high >= 0)).mean())
    assert 0.83 < together / runs < 0.96
    assert 0.84 < alone / runs < 0.95


def test_intervals_of_constants_undefined_and_unjudged_cells():
    weights = resampled_questions(50, 200, 4)
    assert np.allclose(weights.sum(axis=1), 1)
    values = np.random.default_rng(0).normal(size=(50, 2))
    estimate = np.array([0.25, np.nan, *values.mean(axis=0)])
    replicates = np.column_stack([np.full(200, 0.25), np.full(200, np.nan), weights @ values])
    found = intervals(estimate, replicates, 0.95, judged=[True, True, True, False])
    assert found.all_low[0] == found.all_high[0] == 0.25
    assert np.isnan(found.all_low[1]) and np.isnan(found.low[1])
    assert found.all_low[2] < found.estimate[2] < found.all_high[2]
    assert np.isnan(found.all_low[3]) and np.isfinite(found.low[3])


@pytest.mark.parametrize(
    ("low", "high", "informative", "verdict"),
    [
        (0, 0, 0, EXACT),
        (-0.005, 0.009, 50, WITHIN),
        (0.002, 0.009, 50, WITHIN),
        (0.011, 0.05, 50, FAILS),
        (-0.05, -0.02, 50, FAILS),
        (-0.02, 0.005, 50, UNDECIDED),
        (0.011, 0.05, 9, UNDECIDED),
        (float("nan"), float("nan"), 50, UNDECIDED),
    ],
)
def test_difference_is_zero(low, high, informative, verdict):
    assert approximately_zero(low, high, informative, tolerance=0.01, enough=10) == verdict


@pytest.mark.parametrize(
    ("low", "high", "negative", "informative", "verdict"),
    [
        (-1, 1, 0, 3, EXACT),
        (0.001, 0.1, 5, 50, WITHIN),
        (-0.1, -0.001, 5, 50, FAILS),
        (-0.1, 0.1, 5, 50, UNDECIDED),
        (0.001, 0.1, 5, 9, UNDECIDED),
    ],
)
def test_difference_is_not_negative(low, high, negative, informative, verdict):
    assert not_negative(low, high, negative, informative, enough=10) == verdict


def test_a_claim_is_as_good_as_its_cells():
    assert overall([EXACT, EXACT]) == EXACT
    assert overall([EXACT, WITHIN]) == WITHIN
    assert overall([EXACT, UNDECIDED]) == UNDECIDED
    assert overall([UNDECIDED, FAILS, EXACT]) == FAILS
    assert overall([]) == UNDECIDED
