"""Choosing the best of many: the winner looks too good, and these numbers know it."""

import numpy as np
import pytest

from slmmux.errors import InputError
from slmmux.orchestration.evaluation import Evaluation
from slmmux.statistics import choosing
from slmmux.statistics.choosing import cross_fitted_choice, optimism, winner_interval


def evaluation(correct):
    correct = np.asarray(correct, dtype=float)
    return Evaluation(correct, None, correct * 0, correct * 0, "exact", None)


def test_optimism_by_hand():
    found = optimism(evaluation([1, 1, 0, 1]), evaluation([1, 0, 0, 1]))
    assert found.optimism == found.validation - found.test == 0.25
    assert found.se == pytest.approx(np.hypot(0.25, np.sqrt(1 / 12)))


def test_among_equals_the_winner_is_too_good_and_cross_fitting_says_so():
    rng, winners, honest = np.random.default_rng(0), [], []
    for _ in range(40):
        correct = (rng.random((50, 100)) < 0.5).astype(float)
        found = cross_fitted_choice(correct, halvings=2)
        winners.append(correct.mean(axis=1).max())
        honest.append(found.accuracy)
        assert found.optimism > 0 and found.chosen.shape == (2, 2)
    assert np.mean(winners) > 0.57 and abs(np.mean(honest) - 0.5) < 0.02


def test_a_clear_winner_is_chosen_by_every_half():
    correct = np.array([np.full(10, 0.2), np.full(10, 0.7)])
    found = cross_fitted_choice(correct, halvings=3)
    assert found.chosen.tolist() == [[1, 1]] * 3
    assert found.accuracy == pytest.approx(0.7) and found.optimism == pytest.approx(0)
    assert np.allclose(found.correct, 0.7)


def test_the_winners_interval_holds_where_a_plain_one_does_not():
    rng, covered, plain = np.random.default_rng(1), 0, 0
    for seed in range(150):
        values = rng.normal(0, 1, (20, 80))
        found = winner_interval(values, resamples=300, seed=seed)
        covered += found.low <= 0 <= found.high
        se = values[found.number].std(ddof=1) / np.sqrt(80)
        plain += abs(found.estimate) <= 1.96 * se
    assert covered >= 0.9 * 150 > plain


def test_one_candidate_needs_no_correction_and_alike_ones_little(monkeypatch):
    values = np.random.default_rng(2).normal(0, 1, (1, 400))
    one, alike = winner_interval(values), winner_interval(np.repeat(values, 30, axis=0))
    assert one.critical == pytest.approx(1.96, abs=0.12) and alike.critical == pytest.approx(one.critical)
    many = np.random.default_rng(3).normal(0, 1, (7, 30))
    whole = winner_interval(many)
    monkeypatch.setattr(choosing, "CHUNK_FLOATS", 1)
    assert winner_interval(many).critical == pytest.approx(whole.critical)
    assert winner_interval(np.full((2, 5), 0.3)).high == pytest.approx(0.3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: cross_fitted_choice(np.zeros((0, 3))),
        lambda: cross_fitted_choice(np.zeros((2, 1))),
        lambda: winner_interval(np.zeros(3)),
        lambda: winner_interval(np.zeros((2, 1))),
        lambda: winner_interval(np.zeros((2, 3)), level=1),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(InputError):
        call()
