"""T2, T3 and T4: estimates whose expectations are known, and the order of configurations."""

from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from drawn_votes import random_votes, votes_of
from hypothesis import given, settings
from hypothesis import strategies as st

from slmmux.binomial import share_interval
from slmmux.errors import InputError
from slmmux.theory.approximations import (
    best_model_above,
    best_model_below,
    best_model_plug_in,
    mean_model,
    mean_model_plug_in,
)
from slmmux.theory.classes import CLASSES, classify, membership, pool_gains, split_gains
from slmmux.theory.intervals import resampled_questions
from slmmux.theory.majority import majority, self_consistency, tails
from slmmux.theory.order import flips


def all_pools(pool):
    """Votes whose questions are all combinations of right counts of the models, wrong samples unparsed."""
    hits = list(product(*(range(n + 1) for n in pool)))
    width = max(pool)
    classes = [[[0] * h + [-1] * (width - h) for h in row] for row in hits]
    return votes_of(classes, [[True]] * len(hits), pool), np.array(hits)


def chances(hits, pool, p):
    return np.array(
        [np.prod([comb(n, h) * q**h * (1 - q) ** (n - h) for h, n, q in zip(row, pool, p)]) for row in hits]
    )


@pytest.mark.parametrize("pool", [(4, 4), (3, 5), (4, 4, 4)])
@pytest.mark.parametrize("p", [(0.2, 0.7, 0.4), (0.5, 0.5, 0.5), (0.9, 0.1, 1.0)])
def test_expectations_of_the_estimates(pool, p):
    votes, hits = all_pools(pool)
    p = p[: len(pool)]
    chance = chances(hits, pool, p)
    for samples in range(1, min(pool) + 1):
        true = majority(samples, max(p))
        assert chance @ best_model_above(votes, samples) >= true - 1e-12
        assert chance @ best_model_below(votes, samples, list(range(len(pool)))) <= true + 1e-12
        mean = chance @ mean_model(votes, samples)
        assert mean == pytest.approx(majority(samples, np.mean(p)), abs=1e-12)
    # One sample is its own unbiased estimate; more are not.
    assert chance @ mean_model_plug_in(votes, 1) == pytest.approx(np.mean(p), abs=1e-12)
    assert np.allclose(best_model_plug_in(votes, 1), (hits / np.array(pool)).max(axis=1))
    with pytest.raises(InputError, match="no unbiased estimate"):
        mean_model(votes, min(pool) + 1)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)), min_size=1, max_size=3),
    st.integers(1, 4),
    st.randoms(),
)
def test_picking_on_the_rest_equals_all_splits(models, samples, random):
    pool = [n for n, _ in models]
    samples = min(samples, *pool)
    pools = [[True] * min(h, n) + [False] * max(0, n - h) for n, h in models]
    order = list(range(len(models)))
    random.shuffle(order)
    total, ways = 0, 0
    for judged in product(*(list(combinations(range(n), samples)) for n in pool)):
        rest = [[s for s in range(n) if s not in chosen] for n, chosen in zip(pool, judged)]
        share = [sum(p[s] for s in r) / len(r) if r else 0 for p, r in zip(pools, rest)]
        pick = max(order, key=lambda m: (share[m], -order.index(m)))
        total += sum(pools[pick][s] for s in judged[pick]) >= samples / 2
        ways += 1
    width = max(pool)
    classes = [[[0 if right else -1 for right in p] + [-1] * (width - len(p)) for p in pools]]
    votes = votes_of(classes, [[True]], pool)
    assert best_model_below(votes, samples, order)[0] == pytest.approx(total / ways, abs=1e-12)


def test_classes_of_questions():
    assert [CLASSES[c] for c in classify([4, 3, 2, 1, 0], 4)] == list(CLASSES)
    assert CLASSES[classify(3, 5)] == "p > 1/2" and CLASSES[classify(2, 5)] == "p < 1/2"
    assert (membership(np.arange(6), 5).sum(axis=-1) == 1).all()
    low, high = share_interval(0, 100, 0.95)
    assert low == 0 and 0.03 < high < 0.05


def test_gains_add_up_and_split_pools_do_not_flatter():
    votes = random_votes(3, questions=400, models=2, samples=10)
    p, reached = votes.accuracy_per_question(), self_consistency(votes, 5)
    gains = pool_gains(votes, 1, 5)
    assert np.allclose(gains.measured.sum(axis=1), reached[:, 1] - p[:, 1])
    assert np.allclose(gains.predicted.sum(axis=1), tails(votes, 5)[:, 1] - p[:, 1])
    split = split_gains(votes, 1, 5)
    assert np.allclose(split.member.sum(axis=1), 1)
    helped = CLASSES.index("p > 1/2")
    flattered = gains.measured[:, helped].sum() / gains.member[:, helped].sum()
    assert flattered > split.measured[:, helped].sum() / split.member[:, helped].sum()
    with pytest.raises(InputError):
        split_gains(votes, 1, 6)


def test_split_gains_are_unbiased_where_every_question_is_a_coin():
    # p = 1/2 everywhere: no class gains with odd N, however a half pool classified it.
    rng = np.random.default_rng(5)
    votes = votes_of(rng.integers(0, 2, (4000, 1, 10)), [[True, False]] * 4000)
    gains = split_gains(votes, 0, 3)
    for c in (1, 3):
        assert abs(gains.measured[:, c].sum() / gains.member[:, c].sum()) < 0.015
    same = pool_gains(votes, 0, 3)
    assert same.measured[:, 1].sum() / same.member[:, 1].sum() > 0.03


def test_flips_are_found_and_only_clear_ones_proven():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.05, (300, 4))
    measured = np.array([0.2, 0.5, 0.5, 0.8]) + noise
    theory = np.array([0.8, 0.5, 0.501, 0.2]) + noise
    weights = resampled_questions(300, 500, 1)
    found = flips(measured, theory, weights, 0.95, 1e-9)
    pairs = {(int(a), int(b)): bool(p) for a, b, p in zip(found.first, found.second, found.proven)}
    assert pairs[0, 3] and pairs[0, 1] and pairs[1, 3] and not pairs[1, 2]
    assert found.tau < 0
    same = flips(measured, measured, weights, 0.95, 1e-9)
    assert not same.flipped.any() and same.tau == pytest.approx(1)
