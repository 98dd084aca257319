"""The variants of Algorithm 1 against every ordered draw, judged by a plain rule."""

from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from drawn_votes import random_votes, votes_and_budget, votes_of
from hypothesis import given, settings
from hypothesis import strategies as st

from slmmux.errors import InputError
from slmmux.orchestration import best_supporter, slm_mux
from slmmux.released_code.algorithm_1 import ICLR_PACKAGE, OLDER_SCRIPTS, PAPER, Algorithm1Variant, evaluate

READINGS = st.builds(
    Algorithm1Variant,
    st.sampled_from(["drawn", "parsed"]),
    st.booleans(),
    st.sampled_from(["validation_accuracy", "list_order"]),
    st.sampled_from(["chance", "first_come"]),
    st.booleans(),
)


def plain(drawn, right, accuracy, variant):
    """(probability of being right, samples drawn of each model, did models tie) for one ordered draw."""
    first = {samples[0] for samples in drawn.values()}
    if variant.early_exit and len(first) == 1 and first != {-1}:
        return float(right[first.pop()]), 1, False
    confidence, tops = {}, {}
    for m, samples in drawn.items():
        read = [c for c in samples if c != -1]
        most = max((read.count(c) for c in read), default=0)
        tops[m] = [c for c in dict.fromkeys(read) if read.count(c) == most]
        if not read:
            confidence[m] = Fraction(int(variant.empty_answer_votes))
        else:
            confidence[m] = Fraction(most, len(read) if variant.confidence_over == "parsed" else len(samples))
    tied = [m for m in drawn if confidence[m] == max(confidence.values())]
    winner = tied[0] if variant.models_tie_by == "list_order" else max(tied, key=lambda m: accuracy[m])
    answers = tops[winner][:1] if variant.answers_tie_by == "first_come" else tops[winner]
    return float(np.mean(right[answers])) if answers else 0.0, None, len(tied) > 1


def by_ordered_draws(votes, budget, accuracy, variant):
    used = [m for m, k in enumerate(budget) if k]
    correct, tokens, tied = [], [], []
    for q in range(len(votes.question_ids)):
        pools = [votes.classes[q, m, : votes.pool[m]].tolist() for m in used]
        found = []
        for draw in product(*(permutations(pool, budget[m]) for pool, m in zip(pools, used))):
            p, samples, tie = plain(dict(zip(used, draw)), votes.right[q], accuracy, variant)
            spent = sum(
                votes.prompt_tokens[q, m] + votes.completion_tokens[q, m] * (samples or budget[m]) for m in used
            )
            found.append((p, spent, tie))
        for values, mean in zip((correct, tokens, tied), np.mean(found, axis=0)):
            values.append(mean)
    return np.array(correct), np.array(tokens), np.array(tied)


@settings(deadline=None, max_examples=60)
@given(case=votes_and_budget(questions=2, models=2, samples=4), variant=READINGS)
def test_exact_equals_every_ordered_draw(case, variant):
    exact = evaluate(*case, variant)
    correct, tokens, tied = by_ordered_draws(*case, variant)
    assert np.allclose(exact.correct, correct, rtol=0, atol=1e-12)
    assert np.allclose(exact.tokens, tokens, rtol=0, atol=1e-9)
    assert np.allclose(exact.tie_probability, tied, rtol=0, atol=1e-12)


@settings(deadline=None, max_examples=60)
@given(case=votes_and_budget(questions=3, models=4, samples=5, classes=4))
def test_the_papers_reading_is_slm_mux(case):
    ours, plain_mux = evaluate(*case, PAPER), slm_mux.evaluate(*case)
    for name in ("correct", "selected", "tie_probability", "tokens"):
        assert np.allclose(getattr(ours, name), getattr(plain_mux, name), rtol=0, atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(case=votes_and_budget(questions=3, models=3, samples=5, classes=4))
def test_first_come_is_chance_without_an_early_exit(case):
    first, chance = evaluate(*case, Algorithm1Variant(answers_tie_by="first_come")), evaluate(*case)
    assert np.array_equal(first.correct, chance.correct)


def test_by_hand():
    # a reads one sample of two and it is right; b agrees with itself on a wrong answer.
    votes = votes_of([[[0, -1], [1, 1]]], [[True, False]])
    assert evaluate(votes, [2, 2], [0.9, 0.1], PAPER).correct[0] == 0
    assert evaluate(votes, [2, 2], [0.9, 0.1], Algorithm1Variant(confidence_over="parsed")).correct[0] == 1
    # a reads nothing, b is right twice.
    votes = votes_of([[[-1, -1], [0, 0]]], [[True]])
    assert evaluate(votes, [2, 2], [0.9, 0.1], PAPER).correct[0] == 1
    assert evaluate(votes, [2, 2], [0.9, 0.1], Algorithm1Variant(empty_answer_votes=True)).correct[0] == 0
    assert evaluate(votes, [2, 2], [0.1, 0.9], OLDER_SCRIPTS).correct[0] == 0
    assert evaluate(votes, [2, 2], [0.1, 0.9], ICLR_PACKAGE).correct[0] == 1
    # Both models' first answers are always the same: one sample each is paid for.
    votes = votes_of([[[0, 0, 0], [0, 0, 0]]], [[True]])
    stopped = evaluate(votes, [3, 3], [0.5, 0.5], Algorithm1Variant(early_exit=True))
    assert (stopped.tokens[0], stopped.selected) == (2 * (1 + 2), None)


def test_pooled_plurality_with_a_best_supporter_is_no_slm_mux():
    # Two of three models agree weakly on a wrong answer, the third strongly on the right one: 4 votes to 3.
    votes = votes_of([[[0, 0, 1], [0, 0, 1], [2, 2, 2]]], [[False, False, True]])
    assert slm_mux.evaluate(votes, [3, 3, 3], [0.5] * 3).correct[0] == 1
    assert best_supporter.evaluate(votes, [3, 3, 3], [0.5] * 3).correct[0] == 0
    # Two votes each: the more accurate model's answer.
    votes = votes_of([[[0, 0], [1, 1]]], [[True, False]])
    assert best_supporter.evaluate(votes, [2, 2], [0.6, 0.5]).correct[0] == 1
    assert best_supporter.evaluate(votes, [2, 2], [0.5, 0.6]).correct[0] == 0


def test_large_pools_stay_exact():
    votes = random_votes(3, questions=20, models=3, samples=40)
    ours, plain_mux = (
        evaluate(votes, [12, 5, 20], [0.3, 0.2, 0.1]),
        slm_mux.evaluate(votes, [12, 5, 20], [0.3, 0.2, 0.1]),
    )
    assert np.allclose(ours.correct, plain_mux.correct, rtol=0, atol=1e-10)
    assert 0 < evaluate(votes, [12, 5, 20], None, OLDER_SCRIPTS).accuracy < 1


def test_bad_input():
    votes = random_votes(1, questions=2, models=2, samples=3)
    with pytest.raises(InputError, match="confidence_over"):
        Algorithm1Variant(confidence_over="read")
    with pytest.raises(InputError, match="models_tie_by"):
        Algorithm1Variant(models_tie_by="chance")
    with pytest.raises(InputError, match="validation accuracies"):
        evaluate(votes, [1, 1], None)
