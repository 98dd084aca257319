"""The theorems around SLM-MUX against every draw, adversarial votes, and doctored numbers."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from drawn_votes import random_votes, votes_and_budget, votes_of
from hypothesis import given, settings
from scipy.stats import binom

from slmmux.orchestration.slm_mux import decide, top_answers
from slmmux.theory.bounds import BoundBroken, bounds, check_chain, check_ordered
from slmmux.theory.decomposition import loss
from slmmux.theory.limit import limit
from slmmux.votes.draw_law import draw_law


def chain_of(votes, budget, accuracy):
    return bounds(votes, draw_law(votes, [k for k in budget if k]), budget, accuracy)


def counted(votes, q, budget, accuracy):
    """The chain and the loss of one question, event by event, from every draw and every tie-break."""
    pools = [votes.classes[q, m, :n].tolist() for m, n in enumerate(votes.pool)]
    draws = list(product(*(combinations(pool, k) for pool, k in zip(pools, budget))))
    found = dict.fromkeys(
        [
            "all_on_top",
            "slm_mux",
            "some_on_top",
            "voted",
            "drawn",
            "never_voted",
            "contradiction",
            "tie_lost",
        ],
        0.0,
    )
    for drawn in draws:
        used = [m for m, classes in enumerate(drawn) if classes]
        tops = {m: top_answers(drawn[m]) for m in used}
        best = max(tops[m][0] for m in used)
        on_top = [m for m in used if tops[m][0] == best]
        winner = decide(drawn, accuracy)[0]
        votes_cast = list(product(*([*tops[m][1]] or [-1] for m in used)))
        for cast in votes_cast:
            right = {m: bool(c >= 0 and votes.right[q, c]) for m, c in zip(used, cast)}
            any_drawn = any(c >= 0 and votes.right[q, c] for classes in drawn for c in classes)
            some = any(right[m] for m in on_top)
            events = {
                "all_on_top": all(right[m] for m in on_top),
                "slm_mux": right[winner],
                "some_on_top": some,
                "voted": any(right.values()),
                "drawn": any_drawn,
                "never_voted": any_drawn and not any(right.values()),
                "contradiction": any(right.values()) and not some,
                "tie_lost": some and not right[winner],
            }
            for name, happened in events.items():
                found[name] += happened / len(draws) / len(votes_cast)
    return found


@settings(deadline=None, max_examples=150)
@given(case=votes_and_budget())
def test_chain_and_loss_equal_all_draws(case):
    votes, budget, accuracy = case
    chain = chain_of(votes, budget, accuracy)
    lost = loss(chain)
    for q in range(len(votes.question_ids)):
        for name, value in counted(votes, q, budget, accuracy).items():
            exact = getattr(chain, name)[q] if hasattr(chain, name) else getattr(lost, name)[q]
            assert exact == pytest.approx(value, abs=1e-12), name
    assert np.allclose(chain.slm_mux + lost.total, chain.drawn, rtol=0, atol=1e-12)


@settings(deadline=None, max_examples=300)
@given(case=votes_and_budget(questions=5, models=4, samples=6, classes=4))
def test_chain_cannot_be_broken(case):
    votes, budget, accuracy = case
    check_chain(chain_of(votes, budget, accuracy), votes, budget, 1e-12)


def test_broken_bound_names_the_question():
    votes = random_votes(1, questions=4, models=2, samples=5)
    chain = chain_of(votes, [3, 3], [0.5, 0.4])
    doctored = replace(chain, slm_mux=np.where(np.arange(4) == 2, chain.voted + 0.1, chain.slm_mux))
    with pytest.raises(BoundBroken, match=r"slm_mux <= some_on_top fails on question q2 of toy/test"):
        check_chain(doctored, votes, [3, 3], 1e-9)
    with pytest.raises(BoundBroken, match="q0"):
        check_ordered(np.full(4, np.nan), np.ones(4), "nan <= 1", votes, "here", 1e-9)


def test_union_of_single_samples_is_no_bound():
    votes = votes_of([[[0, 0, 0, 1, 2]]], [[True, False, False]])
    chain = chain_of(votes, [5], [0.5])
    assert chain.slm_mux[0] == 1 > votes.accuracy_per_question()[0, 0] == 0.6
    assert chain.voted[0] == 1


def test_nothing_parsed_wins_nothing():
    votes = votes_of([[[-1, -1], [-1, -1]]], [[True]])
    chain = chain_of(votes, [2, 1], [0.5, 0.4])
    assert [float(getattr(chain, name)[0]) for name in vars(chain)] == [0.0] * 6


def test_ties_between_models_lie_between_the_bounds():
    votes = votes_of([[[0, 0], [1, 1]]], [[True, False]])
    lost = chain_of(votes, [2, 2], [0.4, 0.5])
    assert (lost.all_on_top[0], lost.slm_mux[0], lost.some_on_top[0]) == (0, 0, 1)
    assert loss(lost).tie_lost[0] == 1
    assert chain_of(votes, [2, 2], [0.5, 0.4]).slm_mux[0] == 1


@settings(deadline=None, max_examples=300)
@given(case=votes_and_budget(questions=4, models=4, samples=6, classes=4))
def test_limit_is_what_whole_pools_give(case):
    votes, _, accuracy = case
    found = limit(votes, accuracy)
    whole = chain_of(votes, votes.pool, accuracy)
    assert np.allclose(found.rule, whole.slm_mux, rtol=0, atol=1e-12)
    assert (found.low <= found.rule).all() and (found.rule <= found.high).all()
    assert (whole.all_on_top <= found.low + 1e-12).all() and (found.high <= whole.some_on_top + 1e-12).all()


def test_limit_of_equal_confidences_is_not_the_rule():
    votes = votes_of([[[0, 0, 0, 2, 3], [1, 1, 1, 2, 3]]], [[True, False, False, False]])
    found = limit(votes, [0.9, 0.1])
    assert (found.rule[0], found.low[0], found.high[0]) == (1, 0, 1)
    # Independent samples: the first model wins when its count is at least the other's, ties included.
    for k, near in ((100, 0.03), (10_000, 0.005)):
        count = np.arange(k + 1)
        wins = binom.pmf(count, k, 0.6) @ binom.cdf(count, k, 0.6)
        assert abs(wins - 0.5) < near
    # Certain models do not fluctuate, and the validation accuracy decides at every k.
    certain = limit(votes_of([[[0, 0], [1, 1]]], [[True, False]]), [0.9, 0.1])
    assert (certain.rule[0], certain.low[0], certain.high[0]) == (1, 1, 1)


def test_limit_is_no_ceiling():
    votes = votes_of([[[0, 0, 1, 1, 1]]], [[True, False]])
    assert limit(votes, [0.5]).rule[0] == 0
    assert chain_of(votes, [1], [0.5]).slm_mux[0] == pytest.approx(0.4)
