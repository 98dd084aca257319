"""Policies as points of a study, and their search against the exact front."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import optuna
import pytest
from drawn_votes import random_votes
from hypothesis import given, settings
from hypothesis import strategies as st

from slmmux.config import load_config
from slmmux.orchestration import slm_mux
from slmmux.selection.budget_objectives import budget_objectives
from slmmux.selection.policies import PolicySpace
from slmmux.selection.policy_search import policy_search

optuna.logging.set_verbosity(optuna.logging.WARNING)
VOTES = random_votes(4, questions=12, models=3, samples=3)


def space() -> PolicySpace:
    return PolicySpace(budget_objectives(VOTES, 2), (Fraction(1, 2), Fraction(1)))


def test_every_policy_is_counted_and_reached_by_a_point():
    found = space()
    everything = found.all()
    assert len(everything) == len(set(everything)) == found.count() == 150
    highest = [high for _, high in found.highest]
    points = np.stack(np.unravel_index(np.arange(np.prod(np.array(highest) + 1)), np.array(highest) + 1), axis=1)
    assert {found.policy_of(point) for point in points if point[:3].any()} == set(everything)


@given(st.tuples(*[st.integers(0, 2)] * 3).filter(any))
@settings(max_examples=20)
def test_threshold_one_in_the_order_of_the_tie_break_is_slm_mux(budget):
    found = space()
    ours = found.of(found.policy_of((*budget, 0, 0, 0, 1)))
    exact = slm_mux.evaluate(VOTES, budget, found.objectives.accuracy)
    assert ours == pytest.approx((exact.accuracy, exact.tokens_with_stopping.mean()))


def test_the_search_is_measured_by_the_exact_front(study):
    config = load_config()
    tables = policy_search(
        VOTES, replace(VOTES, split="test"), config.search_policies, config.search, config.evaluation
    )
    assert tables["progress"]["regret"].min() >= 0 and len(tables["progress"]) == 12
    front, chosen = tables["front"], tables["policies"].set_index("choice")
    assert (np.diff(front["accuracy"]) > 0).all() and (np.diff(front["tokens"]) > 0).all()
    assert chosen.loc["exact", "validation_accuracy"] == front["accuracy"].max()
    assert chosen.loc["study", "validation_accuracy"] <= chosen.loc["exact", "validation_accuracy"]
    # Beyond what is affordable there is no truth.
    few = config.search_policies.model_copy(update={"exhaustive_up_to": 5})
    without = policy_search(VOTES, VOTES, few, config.search, config.evaluation)
    assert not len(without["progress"]) and "exact" not in set(without["policies"]["choice"])


def test_votes_without_tokens_cost_the_samples_expected_to_be_drawn():
    votes = replace(VOTES, completion_tokens=np.full(VOTES.completion_tokens.shape, np.nan))
    found = PolicySpace(budget_objectives(votes, 2), (Fraction(1),))
    _, samples = found.of(found.policy_of((2, 2, 0, 0, 0, 0, 0)))
    assert 2 <= samples <= 4
