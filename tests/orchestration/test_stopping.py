"""Stopping early: on every draw the same answer, and the costs that are promised."""

from collections import Counter
from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from drawn_votes import random_votes, votes_and_budget, votes_of
from hypothesis import given, settings

from slmmux.errors import InputError
from slmmux.orchestration import cascade, model_switch, slm_mux, stopping
from slmmux.orchestration.cascade import Cascade
from slmmux.orchestration.evaluation import by_priority

SMALL = {"questions": 2, "models": 3, "samples": 3, "classes": 3}


def ordered_draws(votes, question, budget):
    """Every ordered draw: per model its samples, one after the other."""
    pools = [votes.classes[question, m, :n].tolist() for m, n in enumerate(votes.pool)]
    return product(*(permutations(pool, int(k)) for pool, k in zip(pools, budget)))


def until_unanimous(drawn, order):
    """(models asked, samples drawn by each) of the rule across models."""
    asked = []
    for m in order:
        asked.append(m)
        if slm_mux.top_answers(drawn[m])[0] == 1:
            break
    return asked, [len(classes) if m in asked else 0 for m, classes in enumerate(drawn)]


def until_lost(drawn, order):
    """The same of both rules: a model stops as soon as it can no longer be more confident than those before it, and
    the last one as soon as it has won and its answer cannot change."""
    asked, number, best = [], [0] * len(drawn), None
    for m in order:
        k = len(drawn[m])
        if best == 1:
            break
        asked.append(m)
        for s in range(k):
            so_far = drawn[m][:s]
            ranked = [*sorted(Counter(c for c in so_far if c >= 0).values(), reverse=True), 0, 0]
            top = ranked[0]
            ahead = best is None or Fraction(top, k) > best
            if m == order[-1] and ahead and top - ranked[1] > k - s:
                break
            if best is not None and Fraction(top + k - s, k) <= best:
                break
            number[m] += 1
        else:
            confidence = slm_mux.top_answers(drawn[m])[0]
            best = confidence if best is None else max(best, confidence)
    return asked, number


@pytest.mark.parametrize(
    ("rule", "promised"), [(until_unanimous, stopping.across_models), (until_lost, stopping.inside_models)]
)
@settings(deadline=None, max_examples=40)
@given(case=votes_and_budget(**SMALL))
def test_every_draw_has_the_same_answer_and_the_promised_cost(rule, promised, case):
    votes, budget, accuracy = case
    order = by_priority(np.array(budget), np.array(accuracy))
    want = promised(votes, budget, accuracy)
    for q in range(len(votes.question_ids)):
        tokens, rounds, samples = [], [], []
        for drawn in ordered_draws(votes, q, budget):
            asked, number = rule(drawn, order)
            winner, answers, _ = slm_mux.decide(drawn, accuracy)
            if winner == order[-1] and winner in asked:
                # The last model may stop once its answer cannot change.
                assert slm_mux.top_answers(drawn[winner][: number[winner]])[1] == answers
            else:
                # A model that stopped has lost; of those left, and drawn to the end, the same one wins.
                seen = [list(classes) if number[m] == len(classes) else [] for m, classes in enumerate(drawn)]
                assert slm_mux.decide(seen, accuracy)[:2] == (winner, answers)
            tokens.append(sum(votes.prompt_tokens[q, m] + number[m] * votes.completion_tokens[q, m] for m in asked))
            rounds.append(len(asked))
            samples.append(sum(number))
        assert want.tokens[q] == pytest.approx(np.mean(tokens), abs=1e-9)
        assert want.rounds[q] == pytest.approx(np.mean(rounds), abs=1e-12)
        assert want.samples[q] == pytest.approx(np.mean(samples), abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(case=votes_and_budget(**SMALL))
def test_the_evaluation_carries_the_cost_with_stopping(case):
    found, want = slm_mux.evaluate(*case), stopping.across_models(*case)
    assert np.array_equal(found.tokens_with_stopping, want.tokens) and np.array_equal(found.rounds, want.rounds)
    assert (found.tokens_with_stopping <= found.tokens + 1e-9).all()
    assert (stopping.inside_models(*case).tokens <= want.tokens + 1e-9).all()


@settings(deadline=None, max_examples=60)
@given(case=votes_and_budget(questions=3, models=3, samples=4))
def test_a_cascade_at_one_is_slm_mux(case):
    votes, budget, accuracy = case
    order = tuple(by_priority(np.array(budget), np.array(accuracy)))
    found = cascade.evaluate(votes, budget, Cascade(Fraction(1), order, np.array(accuracy)))
    want = slm_mux.evaluate(votes, budget, accuracy)
    assert np.allclose(found.correct, want.correct, rtol=0, atol=1e-12)
    assert np.allclose(found.tokens_with_stopping, want.tokens_with_stopping, rtol=1e-12)


@pytest.mark.parametrize("method", [cascade, model_switch])
@settings(deadline=None, max_examples=60)
@given(case=votes_and_budget(questions=2, models=3, samples=4))
def test_the_cost_of_a_threshold_counts_every_draw(method, case):
    votes, budget, accuracy = case
    threshold, accuracy = Fraction(2, 3), np.array(accuracy)
    order = by_priority(np.array(budget), accuracy)
    if method is cascade:
        order = order[::-1]
        learned = Cascade(threshold, tuple(order), accuracy)
    else:
        learned = model_switch.Switch(threshold, accuracy)
    found = method.evaluate(votes, budget, learned)
    counted = method.evaluate(votes, budget, learned, mode="enumerate")
    assert np.allclose(found.correct, counted.correct, rtol=0, atol=1e-12)
    assert np.allclose(found.tie_probability, counted.tie_probability, rtol=0, atol=1e-12)
    for q in range(len(votes.question_ids)):
        rounds = []
        for drawn in ordered_draws(votes, q, budget):
            asked = 0
            for m in order:
                asked += 1
                if slm_mux.top_answers(drawn[m])[0] >= threshold:
                    break
            rounds.append(asked)
        assert found.rounds[q] == pytest.approx(np.mean(rounds), abs=1e-12)


def test_the_order_saves_and_the_threshold_is_chosen_on_validation():
    # b is always unanimous and right, a never; asked first, b saves all of a.
    votes = votes_of([[[0, 1], [0, 0]]] * 3, [[True, False]] * 3)
    chosen = cascade.fit(votes, [2, 2])
    assert chosen.order == (1, 0)
    found = cascade.evaluate(votes, [2, 2], chosen)
    assert found.accuracy == 1 and found.rounds.tolist() == [1, 1, 1] and found.selected.tolist() == [0, 1]
    assert model_switch.evaluate(votes, [2, 2], model_switch.fit(votes, [2, 2])).accuracy == 1


def test_impossible_policies_are_refused():
    votes = random_votes(0, 3, 2, 3)
    with pytest.raises(InputError, match="must name every model"):
        cascade.evaluate(votes, [1, 1], Cascade(Fraction(1), (0, 0), np.zeros(2)))
    with pytest.raises(InputError, match="threshold lies above 0"):
        cascade.evaluate(votes, [1, 1], Cascade(Fraction(0), (0, 1), np.zeros(2)))
    with pytest.raises(InputError, match="threshold lies above 0"):
        model_switch.evaluate(votes, [1, 1], model_switch.Switch(Fraction(3, 2), np.zeros(2)))
