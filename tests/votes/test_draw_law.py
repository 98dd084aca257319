"""The law of a draw against counting all draws by hand."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from drawn_votes import random_votes, small_votes, votes_of
from hypothesis import given, settings

from slmmux.errors import InputError
from slmmux.votes import draw_law as law_module
from slmmux.votes.draw_law import class_counts, draw_law, laws_of


def counted(samples, right, k):
    """(mass, right mass, tied) in exact fractions, from every draw of k samples."""
    draws = list(combinations(samples, k))
    mass, voted_right, tied = [Fraction(0)] * (k + 1), [Fraction(0)] * (k + 1), Fraction(0)
    for drawn in draws:
        counts = Counter(c for c in drawn if c >= 0)
        top = max(counts.values(), default=0)
        tops = [c for c in counts if counts[c] == top]
        mass[top] += Fraction(1, len(draws))
        if tops:
            voted_right[top] += Fraction(sum(bool(right[c]) for c in tops), len(tops) * len(draws))
        tied += Fraction(len(tops) > 1, len(draws))
    return mass, voted_right, tied


@settings(deadline=None, max_examples=300)
@given(small_votes(questions=3, models=2, samples=7, classes=4))
def test_equals_counting_every_draw(votes):
    law = draw_law(votes, range(1, int(votes.pool.max()) + 1))
    for m, n in enumerate(votes.pool):
        for k in range(1, int(n) + 1):
            mass, right, tied = law.of(m, k)
            for q in range(len(votes.question_ids)):
                want = counted(votes.classes[q, m, :n].tolist(), votes.right[q], k)
                assert np.allclose(mass[q], [float(x) for x in want[0]], rtol=0, atol=1e-12)
                assert np.allclose(right[q], [float(x) for x in want[1]], rtol=0, atol=1e-12)
                assert abs(tied[q] - float(want[2])) < 1e-12


def test_by_hand():
    # Pool A A B -, A right, two drawn: of the six pairs AA votes A with 2; A-, A-, AB, AB, B- have top 1,
    # the AB pairs tied.
    mass, right, tied = draw_law(votes_of([[[0, 0, 1, -1]]], [[True, False]]), [2]).of(0, 2)
    assert mass[0] == pytest.approx([0, 5 / 6, 1 / 6], abs=1e-15)
    assert right[0] == pytest.approx([0, 3 / 6, 1 / 6], abs=1e-15)
    assert tied[0] == pytest.approx(2 / 6, abs=1e-15)


def test_everything_unparsed_has_confidence_zero_and_is_wrong():
    mass, right, tied = draw_law(votes_of([[[-1, -1, -1]]], [[True]]), [1, 3]).of(0, 3)
    assert mass[0].tolist() == [1, 0, 0, 0]
    assert not right.any() and not tied.any()


def test_padding_is_not_an_unparsed_sample():
    votes = votes_of([[[0, -1, -1], [0, 0, -1]]], [[True]], pool=[1, 3])
    counts, unparsed = class_counts(votes)
    assert counts[0, :, 0].tolist() == [1, 2] and unparsed[0].tolist() == [0, 1]
    law = draw_law(votes, [1, 2])
    assert law.of(0, 1)[0][0].tolist() == [0, 1]
    # More than the pool holds: nothing, not a wrong number.
    assert not law.of(0, 2)[0].any()


def test_large_pools_sum_to_one_and_stay_probabilities():
    votes = random_votes(3, questions=4, models=2, samples=120, classes=9)
    law = draw_law(votes, [1, 60, 120])
    for k in (1, 60, 120):
        for m in range(2):
            mass, right, _ = law.of(m, k)
            assert np.allclose(mass.sum(axis=1), 1, atol=1e-12)
            assert (right <= mass + 1e-15).all()


def test_one_row_per_distinct_signature():
    # Relabelled answers and another order of samples are the same question to the law.
    votes = votes_of([[[0, 1, 1]], [[2, 0, 2]], [[0, 0, 1]]], [[0, 1, 0], [0, 0, 1], [0, 1, 0]])
    law = draw_law(votes, [2])
    assert law.index[0, 0] == law.index[1, 0] != law.index[2, 0]
    assert len(law.mass) == 2


def test_small_chunks_give_the_same_tables(monkeypatch):
    votes = random_votes(1, questions=30, models=3, samples=6)
    whole = draw_law(votes, [1, 3, 6])
    monkeypatch.setattr(law_module, "CHUNK_FLOATS", 1)
    parts = draw_law(replace(votes), [1, 3, 6])
    assert np.array_equal(whole.mass, parts.mass) and np.array_equal(whole.right, parts.right)


def test_tables_cannot_be_changed_by_their_users():
    law = draw_law(votes_of([[[0, 0]]], [[True]]), [1])
    with pytest.raises(ValueError, match="read-only"):
        law.mass[0] = 0


def test_laws_are_kept_as_long_as_their_votes():
    votes = random_votes(1, questions=5, models=2, samples=4)
    laws = laws_of(votes)
    assert laws_of(votes) is laws and laws_of(replace(votes)) is not laws
    law = laws.of(1, 3)
    assert laws.of(1, 3) is law
    mass, right, tied = draw_law(votes, [2, 3]).of(1, 3)
    assert np.array_equal(law.mass.T, mass) and np.array_equal(law.right.T, right) and np.array_equal(law.tied, tied)
    assert np.array_equal(law.below, np.vstack([np.zeros(5), law.mass.cumsum(axis=0)]))
    with pytest.raises(ValueError, match="read-only"):
        law.mass[0] = 0


def test_a_pool_beyond_floats_is_refused():
    with pytest.raises(InputError, match="1001 samples"):
        draw_law(votes_of(np.zeros((1, 1, 1001), dtype=int), [[True]]), [1])
