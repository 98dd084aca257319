"""Methods that learn from validation votes: what they learn, the traps they avoid, and cross-fitting."""

from dataclasses import replace
from math import log

import numpy as np
import pytest
from drawn_votes import random_votes, votes_of
from hypothesis import given
from hypothesis import strategies as st

from slmmux.errors import InputError
from slmmux.orchestration import (
    METHODS,
    agent_forest,
    calibrated_slm_mux,
    count_log_odds_vote,
    label_free,
    log_odds_vote,
    reachable_ceiling,
    self_consistency,
    self_consistency_tokens,
    self_consistency_total,
    slm_mux,
)
from slmmux.orchestration.answer_score import UNIT
from slmmux.orchestration.evaluate import cross_fitted, evaluate


def skilled(seed: int, skills, questions: int = 60, samples: int = 4, classes: int = 5):
    """Votes of models that are right with these probabilities and else spread evenly."""
    rng = np.random.default_rng(seed)
    answers = rng.integers(1, classes, (questions, len(skills), samples))
    answers = np.where(rng.random(answers.shape) < np.array(skills)[:, None], 0, answers)
    return votes_of(answers, np.arange(classes) == np.zeros((questions, 1)))


def test_log_odds_weights_by_hand_and_their_traps():
    # a: 1 of 2 right, b: never; three answers are given to each question.
    votes = votes_of([[[0, 1], [1, 2]]] * 4, [[True, False, False]] * 4)
    weights = log_odds_vote.fit(votes, [2, 2])
    assert weights[0] == pytest.approx(log(2)) and weights[1] == 0
    # Below one half, yet far above chance: with C - 1 the weight is positive.
    weak = skilled(0, [0.4, 0.35])
    assert (log_odds_vote.fit(weak, [3, 3]) > 0).all()
    # Nobody is better than chance: accuracies take over, and 0 everywhere leaves only chance.
    assert (log_odds_vote.fit(skilled(1, [0.02, 0.05]), [3, 3]) >= 0).all()
    none = votes_of([[[1], [2]]], [[True, False, False]])
    assert log_odds_vote.evaluate(none, [1, 1], log_odds_vote.fit(none, [1, 1])).correct[0] == 0
    # Every model right always: the weights stay finite.
    sure = votes_of([[[0, 0], [0, 0]]] * 3, [[True, False]] * 3)
    assert np.isfinite(log_odds_vote.fit(sure, [2, 2])).all()


def test_equal_weights_are_agent_forest():
    votes = random_votes(1, 20, 3, 5)
    want = agent_forest.evaluate(votes, [2, 3, 1], None).correct
    for method, learned in (("accuracy_weighted_vote", [0.4] * 3), ("log_odds_vote", np.full(3, 1.7))):
        found = METHODS[method].evaluate(votes, [2, 3, 1], learned)
        assert np.allclose(found.correct, want, rtol=0, atol=1e-12), method


def test_counts_are_learned_from_the_pools():
    # One model; its right answer has 3 of 4 samples, a wrong one 1 of 4, on every question.
    votes = votes_of([[[0, 0, 0, 1]]] * 1000, [[True, False]] * 1000)
    points = count_log_odds_vote.fit(votes, [2]).points[0] / UNIT
    # Drawn twice: right never 0 times (both wrong: impossible), wrong never twice.
    assert points[0] < -3 and abs(points[1]) < 0.05 and points[2] > 3
    few = count_log_odds_vote.fit(votes.take_questions(list(votes.question_ids[:1])), [2]).points[0] / UNIT
    assert (np.abs(few) < np.abs(points) + 1e-9).all() and np.abs(few).max() < 0.5


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 5)), min_size=1, max_size=8))
def test_monotone_is_the_nearest_rising_sequence(pairs):
    values, weights = map(np.array, zip(*pairs))
    found = calibrated_slm_mux.monotone(values, weights)
    assert (np.diff(found) >= -1e-12).all()
    assert found @ weights == pytest.approx(values @ weights)
    rng, loss = np.random.default_rng(0), ((found - values) ** 2) @ weights
    for _ in range(20):
        other = np.sort(rng.random(len(values)))
        assert loss <= ((other - values) ** 2) @ weights + 1e-9


def test_calibration_prefers_the_strong_model_where_plain_confidence_does_not():
    # a is right 60 % of the time whatever it says; b is always unanimous and hardly ever right.
    a = skilled(2, [0.6], questions=80).classes[:, 0]
    b = np.broadcast_to(np.random.default_rng(3).integers(1, 5, (80, 1)), (80, 4))
    votes = votes_of(np.stack([a, b], axis=1), np.arange(5) == np.zeros((80, 1)))
    plain = slm_mux.evaluate(votes, [3, 3], [0.6, 0.1]).accuracy
    assert cross_fitted(votes, 3, "calibrated_slm_mux").accuracy > plain + 0.3
    values = calibrated_slm_mux.fit(votes, [3, 3]).values
    assert all((np.diff(value) >= 0).all() and value[0] == -1 for value in values)


def test_without_labels_the_order_follows_agreement():
    votes = skilled(4, [0.8, 0.7, 0.3], questions=100)
    agreement = label_free.fit(votes, [2, 2, 2])
    assert agreement.argmin() == 2
    # Which answers are right is not looked at.
    unlabelled = replace(votes, right=np.zeros_like(votes.right))
    assert np.array_equal(agreement, label_free.fit(unlabelled, [2, 2, 2]))
    assert label_free.fit(votes, [2, 0, 0]).tolist() == [0, 0, 0]


@pytest.mark.parametrize("seed", range(3))
def test_the_ceiling_on_its_own_questions_is_above_every_rule_that_sees_top_counts(seed):
    votes = random_votes(seed, 30, 3, 5)
    budget = np.array([2, 3, 2])
    best = reachable_ceiling.evaluate(votes, budget, reachable_ceiling.fit(votes, budget))
    accuracy = votes.accuracy()
    rivals = [
        slm_mux.evaluate(votes, budget, accuracy),
        calibrated_slm_mux.evaluate(votes, budget, calibrated_slm_mux.fit(votes, budget)),
        *(slm_mux.evaluate(votes, np.where(np.arange(3) == m, budget, 0), accuracy) for m in range(3)),
    ]
    assert best.accuracy >= max(rival.accuracy for rival in rivals) - 1e-12
    assert best.accuracy <= METHODS["oracle"].evaluate(votes, budget, None).accuracy + 1e-12
    assert best.selected.sum() == pytest.approx(1)


def test_too_many_cells_fall_back_on_calibration(monkeypatch):
    votes, budget = random_votes(0, 10, 2, 4), [2, 2]
    monkeypatch.setattr(reachable_ceiling, "MOST_CELLS", 5)
    found = reachable_ceiling.evaluate(votes, budget, reachable_ceiling.fit(votes, budget))
    want = calibrated_slm_mux.evaluate(votes, budget, calibrated_slm_mux.fit(votes, budget))
    assert np.array_equal(found.correct, want.correct) and "over 5 cells" in found.note


def test_as_many_samples_in_all_and_the_pool_that_bounds_them():
    votes = random_votes(2, 20, 3, 6)
    found = self_consistency_total.evaluate(votes, [2, 2, 2], [0.1, 0.5, 0.2])
    assert np.array_equal(found.correct, self_consistency.evaluate(votes, [0, 6, 0], [0.1, 0.5, 0.2]).correct)
    assert not found.note
    bounded = self_consistency_total.evaluate(votes, [3, 3, 3], [0.1, 0.5, 0.2])
    assert np.array_equal(bounded.correct, found.correct) and "a pool of 6 samples, 9" in bounded.note


def test_as_many_tokens_and_what_bounds_them():
    votes, accuracy = random_votes(2, 20, 3, 6), [0.1, 0.5, 0.2]
    prompt, sample = np.full((20, 3), 10.0), np.tile([5.0, 10.0, 20.0], (20, 1))
    known = replace(votes, prompt_tokens=prompt, completion_tokens=sample)
    # 30 + 2 * 35 = 100 tokens; the best model pays 10 + 10 n of them.
    found = self_consistency_tokens.evaluate(known, [2, 2, 2], accuracy)
    assert found.note == "b has a pool of 6 samples, 9 would be as many tokens"
    found = self_consistency_tokens.evaluate(known, [1, 0, 1], accuracy)
    assert np.array_equal(found.tokens, np.full(20, 30.0)) and not found.note
    unknown = replace(votes, completion_tokens=np.full((20, 3), np.nan))
    found = self_consistency_tokens.evaluate(unknown, [2, 2, 2], accuracy)
    assert np.array_equal(found.correct, self_consistency_total.evaluate(unknown, [2, 2, 2], accuracy).correct)
    assert found.note == "tokens unknown: as many samples in all"


def test_cross_fitting_measures_each_half_by_the_other():
    votes = random_votes(7, 11, 2, 4)
    found = cross_fitted(votes, 2, "log_odds_vote")
    even, odd = (votes.take_questions(list(votes.question_ids[start::2])) for start in (0, 1))
    assert np.array_equal(found.correct[0::2], evaluate(even, 2, "log_odds_vote", validation=odd).correct)
    assert np.array_equal(found.correct[1::2], evaluate(odd, 2, "log_odds_vote", validation=even).correct)
    assert cross_fitted(votes, 2).selected.sum() == pytest.approx(1)
    with pytest.raises(InputError, match="at least two questions"):
        cross_fitted(votes.take_questions([votes.question_ids[0]]), 2)
