"""Who answers what: against all draws, by hand, and as the table and figure that people read."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_votes import random_votes, votes_and_budget, votes_of
from hypothesis import given, settings

from slmmux.orchestration import slm_mux
from slmmux.orchestration.attribution import attribution
from slmmux.orchestration.draws import Outcome, by_draws
from slmmux.stages.attribution import AGREED, attribution_table


def share_of_draws(votes, budget, accuracy, model):
    """(Q,) by enumeration: P(all models in use vote the same and this model is selected). None: any model."""

    def decide_draw(drawn, right):
        tops = [slm_mux.top_answers(classes)[1] for classes in drawn if len(classes)]
        same = set.intersection(*map(set, tops))
        agree = len(same) / np.prod([max(len(top), 1) for top in tops])
        winner, _, tied = slm_mux.decide(drawn, accuracy)
        return Outcome(agree if model in (None, winner) else 0.0, winner, tied)

    return by_draws(votes, np.array(budget), decide_draw, np.zeros(len(votes.question_ids)), "enumerate", 0, 0).correct


def selected_of_draws(votes, budget, accuracy, model):
    def decide_draw(drawn, right):
        winner, _, tied = slm_mux.decide(drawn, accuracy)
        return Outcome(float(winner == model), winner, tied)

    return by_draws(votes, np.array(budget), decide_draw, np.zeros(len(votes.question_ids)), "enumerate", 0, 0).correct


@settings(max_examples=200)
@given(case=votes_and_budget())
def test_exact_equals_all_draws(case):
    found = attribution(*case)
    assert np.allclose(found.agreed, share_of_draws(*case, None), rtol=0, atol=1e-12)
    assert np.allclose(found.agreed + found.selected.sum(axis=1), 1, rtol=0, atol=1e-12)
    for model in range(found.selected.shape[1]):
        apart = selected_of_draws(*case, model) - share_of_draws(*case, model)
        assert np.allclose(found.selected[:, model], apart, rtol=0, atol=1e-12)


def test_by_hand():
    # First question: both say 0, always. Second: a says 0 or 1, b says 1. Third: a casts no vote.
    votes = votes_of([[[0, 0], [0, 0]], [[0, 1], [1, 1]], [[-1, -1], [1, 1]]], [[True, False]] * 3)
    found = attribution(votes, [2, 2], [0.9, 0.1])
    # a's tie is broken at random, so it agrees with b half of the time; b is selected either way.
    assert found.agreed.tolist() == [1, 0.5, 0]
    assert found.selected.tolist() == [[0, 0], [0, 0.5], [0, 1]]
    # With one sample each both are sure of themselves; where they differ, the better model goes first.
    one = attribution(votes, [1, 1], [0.9, 0.1])
    assert one.agreed.tolist() == [1, 0.5, 0] and one.selected.tolist() == [[0, 0], [0.5, 0], [0, 1]]
    # A model left out neither agrees nor answers.
    alone = attribution(votes, [0, 1], [0.9, 0.1])
    assert alone.agreed.tolist() == [1, 1, 1] and alone.selected.sum() == 0


def test_the_table_adds_up():
    validation, test = replace(random_votes(1, 20, 3, 4), split="validation"), random_votes(2, 30, 3, 4)
    table = attribution_table(validation, test)
    assert table["samples"].unique().tolist() == [1, 2, 3, 4]
    accuracy = validation.accuracy()
    for k, rows in table.groupby("samples"):
        assert rows["answered_by"].tolist() == [AGREED, "a", "b", "c"]
        assert rows["share"].cumsum().tolist() == pytest.approx(rows["up_to"].tolist())
        assert rows["up_to"].iloc[-1] == pytest.approx(1) and rows["up_to_se"].iloc[-1] == pytest.approx(0, abs=1e-9)
        # What a model answers alone is no more than what is taken from it.
        selected = slm_mux.evaluate(test, [k] * 3, accuracy).selected
        assert (rows["share"].to_numpy()[1:] <= selected + 1e-12).all()
        assert rows["share_se"].iloc[0] == rows["up_to_se"].iloc[0]
