"""T1: the formula, its unbiased estimate, and the bounds of plurality accuracy."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from drawn_votes import small_votes, votes_of
from hypothesis import given, settings

from slmmux.errors import InputError
from slmmux.theory.majority import (
    crossing,
    fair_majority,
    majority,
    plug_in,
    right_majority_of_pool,
    self_consistency,
    strict_majority,
    strict_majority_of_pool,
    tail,
    tails,
)

P = np.linspace(0, 1, 101)


@pytest.mark.parametrize("samples", range(1, 12))
def test_formula_is_the_sum_of_binomial_terms(samples):
    for p in (Fraction(0), Fraction(1, 7), Fraction(1, 2), Fraction(9, 10), Fraction(1)):
        terms = [comb(samples, j) * p**j * (1 - p) ** (samples - j) for j in range(samples + 1)]
        assert majority(samples, float(p)) == pytest.approx(float(sum(terms[(samples + 1) // 2 :])), abs=1e-14)
        assert strict_majority(samples, float(p)) == pytest.approx(float(sum(terms[samples // 2 + 1 :])), abs=1e-14)


@pytest.mark.parametrize("samples", [3, 5, 7, 9])
def test_odd_exceeds_p_exactly_above_one_half(samples):
    gain = majority(samples, P) - P
    assert (gain[(P > 0.5) & (P < 1)] > 0).all() and (gain[(P < 0.5) & (P > 0)] < 0).all()
    assert np.allclose(gain[[0, 50, 100]], 0, atol=1e-15)
    assert crossing(samples) == 0.5


@pytest.mark.parametrize("samples", [2, 4, 6, 8, 10])
def test_even_exceeds_p_below_one_half_too(samples):
    start = crossing(samples)
    assert start < 0.5
    gain = majority(samples, P) - P
    assert (gain[(start + 1e-9 < P) & (P < 1)] > 0).all() and (gain[(start - 1e-9 > P) & (P > 0)] < 0).all()
    # The excess over the odd neighbour is the drawn vote.
    assert np.allclose(fair_majority(samples, P), majority(samples - 1, P), atol=1e-14)


def test_crossings_by_hand():
    assert crossing(2) == 0
    assert crossing(4) == pytest.approx((5 - 13**0.5) / 6, abs=1e-12)
    with pytest.raises(InputError, match="no crossing"):
        crossing(1)
    assert np.allclose(majority(1, P), P)


@pytest.mark.parametrize(("pool", "samples"), [(1, 1), (5, 2), (6, 3), (8, 8)])
def test_tail_is_unbiased_and_the_plug_in_is_not(pool, samples):
    hits = np.arange(pool + 1)
    for p in (0.1, 0.3, 0.5, 0.8):
        law = np.array([comb(pool, h) * p**h * (1 - p) ** (pool - h) for h in hits])
        assert law @ tail(pool, hits, samples) == pytest.approx(majority(samples, p), abs=1e-13)
        inserted = law @ majority(samples, hits / pool)
        if samples == 3 and p == 0.3:
            assert inserted > majority(samples, p) + 0.02


def test_more_samples_than_the_pool_are_refused():
    with pytest.raises(InputError, match="pool has 3"):
        tail(3, np.array([1]), 4)


@settings(deadline=None, max_examples=300)
@given(votes=small_votes(questions=4, models=2, samples=7, classes=4))
def test_rigorous_majority_bound_cannot_be_broken(votes):
    for samples in range(1, int(votes.pool.min()) + 1):
        reached = self_consistency(votes, samples)
        assert (strict_majority_of_pool(votes, samples) <= reached + 1e-12).all()
        single = votes.right.sum(axis=1) <= 1
        usual = right_majority_of_pool(votes, samples)
        assert (usual[single] <= reached[single] + 1e-12).all()
        assert (usual[single] <= strict_majority_of_pool(votes, samples)[single] + 1e-12).all()


def test_plain_majority_bound_breaks_with_several_right_answers():
    votes = votes_of([[[0, 0, 1, 1, 2, 2, 2]]], [[True, True, False]])
    assert right_majority_of_pool(votes, 7)[0, 0] == 1
    assert self_consistency(votes, 7)[0, 0] == 0
    assert strict_majority_of_pool(votes, 7)[0, 0] == 0


def test_formula_is_neither_bound_of_plurality():
    # Two of five right wins against three different wrong answers; a pair is drawn half of the time.
    scattered = votes_of([[[0, 0, 1, 2, 3]]], [[True, False, False, False]])
    assert self_consistency(scattered, 5)[0, 0] == 1 and tails(scattered, 5)[0, 0] == 0
    paired = votes_of([[[0, 1]]], [[True, False]])
    assert self_consistency(paired, 2)[0, 0] == 0.5 and tails(paired, 2)[0, 0] == 1
    assert plug_in(paired, 2)[0, 0] == 0.75


@settings(deadline=None, max_examples=50)
@given(votes=small_votes())
def test_one_sample_is_p(votes):
    assert np.allclose(tails(votes, 1), votes.accuracy_per_question(), atol=1e-14)
    assert np.allclose(self_consistency(votes, 1), votes.accuracy_per_question(), atol=1e-14)
