"""Questions that SLM-MUX rescues and sinks, on votes made by hand."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from drawn_votes import random_votes, votes_of

from analysis.cases import cases, drawn_samples, rescued_and_lost, rescues, sinks, tally
from slmmux.orchestration import METHODS
from slmmux.orchestration.slm_mux import decide, top_answers

# Model 1 is the best single model. A is right.
A, B, C, NONE = 0, 1, 2, -1
VOTES = votes_of(
    [
        [[A, A, A], [B, B, C]],  # rescued
        [[B, B, B], [A, A, C]],  # sunk
        [[A, A, A], [B, B, B]],  # a tie, which the best model takes
        [[A, A, B], [B, C, NONE]],  # rescued
        [[B, B, B], [A, B, C]],  # the best model ties inside
        [[NONE] * 3, [NONE] * 3],  # nothing read
    ],
    [[True, False, False]] * 6,
)
ACCURACY = [0.1, 0.9]


def test_cases_follow_the_algorithm():
    table = cases(VOTES, 3, ACCURACY)
    best, other = VOTES.models[1], VOTES.models[0]
    assert list(table["question_id"]) == list(VOTES.question_ids)
    assert list(table["winner"]) == [other, other, best, other, other, best]
    assert list(table["confidence"]) == pytest.approx([1, 1, 1, 2 / 3, 1, 0])
    assert list(table["tied"]) == [False, False, True, False, False, True]
    assert list(table["winner_right"]) == [1, 0, 0, 1, 0, 0]
    assert list(table["best_right"]) == pytest.approx([0, 1, 0, 0, 1 / 3, 0])
    assert list(table["gain"]) == pytest.approx([1, -2 / 3, 0, 1, -1 / 3, 0])


def test_rescues_and_sinks_are_decided_by_confidence():
    table = cases(VOTES, 3, ACCURACY)
    assert list(rescues(table).index) == [0, 3]
    assert list(sinks(table).index) == [1]


def test_only_the_first_k_samples_are_drawn_but_the_gain_is_expected():
    table = cases(VOTES, 1, ACCURACY)
    assert list(table["confidence"]) == [1, 1, 1, 1, 1, 0]
    assert table["gain"].iloc[1] == pytest.approx(0)


def test_how_often_questions_are_rescued_and_lost():
    votes, accuracy, k = random_votes(4, questions=6, models=3, samples=3, classes=3), [0.2, 0.9, 0.5], 2
    draws = [[list(two) for two in combinations(range(3), k)]] * 3
    expected = np.zeros((2, 6))
    for q in range(6):
        for taken in product(*draws):
            drawn = [votes.classes[q, m, places] for m, places in enumerate(taken)]
            answers, own = decide(drawn, accuracy)[1], top_answers(drawn[1])[1]
            if answers != own:
                mux, best = (votes.right[q, given].mean() if given else 0.0 for given in (answers, own))
                expected[:, q] += np.array([mux * (1 - best), (1 - mux) * best]) / 27
    rescued, lost = rescued_and_lost(votes, k, accuracy)
    assert rescued == pytest.approx(expected[0]) and lost == pytest.approx(expected[1])
    assert rescued.sum() > 0 and lost.sum() > 0
    # Their difference is that of the two methods.
    mux, best = (METHODS[name].evaluate(votes, [k] * 3, accuracy).correct for name in ("slm_mux", "self_consistency"))
    assert rescued - lost == pytest.approx(mux - best)


def test_tally_counts_unread_samples_in_the_denominator():
    samples = pd.DataFrame(
        {
            "question_id": ["q"] * 7 + ["other"],
            "model": ["z"] * 4 + ["a"] * 3 + ["z"],
            "sample": [0, 1, 2, 3, 0, 1, 2, 0],
            "answer": ["5", "4", "4", "9", None, "7", "7", "1"],
            "correct": [True, False, False, False, False, False, False, True],
        }
    )
    counted = tally(drawn_samples(samples, "q", 3))
    assert counted.to_dict("list") == {
        "model": ["z", "z", "a"],
        "answer": ["4", "5", "7"],
        "votes": [2, 1, 2],
        "share": pytest.approx([2 / 3, 1 / 3, 2 / 3]),
        "correct": [False, True, False],
    }
