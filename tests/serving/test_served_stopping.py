"""Lossless stopping: the answer is SLM-MUX's own on every draw, and no earlier stop would be."""

import random
from itertools import permutations, product

import numpy as np
import pytest
from drawn_votes import votes_of
from hypothesis import given
from hypothesis import strategies as st

from slmmux.orchestration import stopping
from slmmux.orchestration.slm_mux import decide
from slmmux.serving.stopping import needed, outcome
from slmmux.votes.votes import UNPARSED


def own(draw):
    """SLM-MUX's winner and answers on all samples, models in the order of the tie-break."""
    winner, answers, _ = decide(draw, [0.0] * len(draw))
    return winner, sorted(answers)


def stopped(draw, at_once, rng):
    """Samples that arrive in random order until no model is needed: (winner, answers, number of samples seen)."""
    samples = [len(of_model) for of_model in draw]
    to_come = [rng.sample(of_model, len(of_model)) for of_model in draw]
    seen = [[] for _ in draw]
    last = None
    while wanted := needed(seen, samples):
        # A model that was given up is not asked again.
        assert last is None or set(wanted) <= set(last)
        last = wanted
        model = rng.choice(wanted) if at_once else wanted[0]
        seen[model].append(to_come[model].pop())
    winner, answers, confidence = outcome(seen, samples)
    if not to_come[winner] and answers:
        assert confidence * samples[winner] == draw[winner].count(answers[0])
    return winner, sorted(answers), sum(map(len, seen))


def draws(samples, classes):
    alphabet = [UNPARSED, *range(classes)]
    for flat in product(alphabet, repeat=sum(samples)):
        left = iter(flat)
        yield [[next(left) for _ in range(k)] for k in samples]


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("samples", [(1,), (3,), (2, 2), (1, 3), (3, 2), (2, 1, 2)])
def test_every_draw_is_answered_as_with_all_samples(samples, at_once):
    rng = random.Random(sum(samples))
    saved = 0
    for draw in draws(samples, 3 if sum(samples) < 5 else 2):
        winner, answers, seen = stopped(draw, at_once, rng)
        assert (winner, answers) == own(draw)
        saved += sum(samples) - seen
    assert saved > 0 or samples == (1,)


@given(
    st.lists(st.lists(st.integers(-1, 3), min_size=1, max_size=6), min_size=1, max_size=5),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_larger_draws_are_answered_as_with_all_samples(draw, at_once, rng):
    winner, answers, _ = stopped(draw, at_once, rng)
    assert (winner, answers) == own(draw)


@pytest.mark.parametrize("samples", [(2, 2), (1, 3), (3, 1), (2, 1, 1)])
def test_it_stops_as_early_as_any_rule_could(samples):
    """No model is needed exactly where all samples that may follow lead to one outcome. 3 + 1 classes: what was
    seen, and an answer that nobody gave yet."""
    for seen_sizes in product(*(range(k + 1) for k in samples)):
        for seen in draws(seen_sizes, 3):
            missing = [k - n for k, n in zip(samples, seen_sizes)]
            outcomes = set()
            for rest in draws(missing, 4):
                winner, answers = own([a + b for a, b in zip(seen, rest)])
                outcomes.add((winner, tuple(answers)))
                if len(outcomes) > 1:
                    break
            assert (len(outcomes) == 1) == (needed(seen, samples) == []), seen


def test_its_expected_cost_is_the_exact_one():
    """Over all draws: as many models are asked, and samples drawn one by one, as `orchestration.stopping` expects."""
    pools = [[0, 0, 1], [1, 1, UNPARSED], [0, 1, 1]]
    votes = votes_of([pools], [[True, False]])
    asked, samples = [], []
    for draw in product(*(list(permutations(pool, 2)) for pool in pools)):
        seen = [[], [], []]
        while wanted := needed(seen, [2, 2, 2]):
            seen[wanted[0]].append(draw[wanted[0]][len(seen[wanted[0]])])
        asked.append(sum(1 for drawn in seen if drawn))
        samples.append(sum(map(len, seen)))
    exact = stopping.inside_models(votes, [2, 2, 2], [0.3, 0.2, 0.1])
    assert np.mean(asked) == pytest.approx(exact.rounds[0], abs=1e-12)
    assert np.mean(samples) == pytest.approx(exact.samples[0], abs=1e-12)


def test_a_unanimous_first_model_ends_it_and_an_unreadable_sample_does_not():
    assert needed([[5, 5, 5], [], []], [3, 3, 3]) == []
    assert needed([[5, 5, UNPARSED], [], []], [3, 3, 3]) == [1, 2]
    assert outcome([[5, 5, 5], [], []], [3, 3, 3]) == (0, [5], 1)
