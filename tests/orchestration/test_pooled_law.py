"""The exact law of a vote over pooled samples: any score against every draw, and many subsets at once."""

import tracemalloc

import numpy as np
import pytest
from drawn_votes import random_votes, votes_and_budget
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.bench_references import plain_forest_law
from slmmux.errors import InputError
from slmmux.orchestration import agent_forest, pooled_draws, pooled_law
from slmmux.orchestration.answer_score import AnswerScore, weighted
from slmmux.orchestration.pooled_vote import evaluate_pooled


@st.composite
def scores(draw, models: int, samples: int):
    """Any score: of votes in any order, falling ones and equal ones too."""
    value = st.integers(-3, 5)
    points = draw(st.lists(st.lists(value, min_size=samples, max_size=samples), min_size=models, max_size=models))
    ranks = draw(st.one_of(st.none(), st.lists(st.integers(0, 2), min_size=models, max_size=models)))
    return AnswerScore(tuple(map(np.array, points)), None if ranks is None else np.array(ranks))


@settings(deadline=None, max_examples=150)
@given(case=votes_and_budget(), data=st.data())
def test_any_score_equals_counting_every_draw(case, data):
    votes, budget, _ = case
    budget = np.array(budget)
    score = data.draw(scores(len(budget), int(votes.pool.max()) + 1))
    exact, counted = (evaluate_pooled(votes, budget, score, mode, 0, 0) for mode in ("exact", "enumerate"))
    assert exact.mode == "exact"
    assert np.allclose(exact.correct, counted.correct, rtol=0, atol=1e-12)
    assert np.allclose(exact.tie_probability, counted.tie_probability, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("size", "k"), [(1, 3), (2, 3), (3, 2), (2, 6)])
def test_subsets_together_equal_each_alone(size, k, monkeypatch):
    votes = random_votes(3, questions=15, models=4, samples=6)
    subsets = pooled_law.all_subsets(4, size)
    found = agent_forest.evaluate_subsets(votes, subsets, k)
    for subset, correct in zip(subsets, found):
        budget = k * np.isin(np.arange(4), subset)
        assert np.allclose(correct, agent_forest.evaluate(votes, budget, None).correct, rtol=0, atol=1e-12)


def test_larger_pools_equal_the_law_written_question_by_question():
    votes = random_votes(4, questions=25, models=3, samples=10)
    found = agent_forest.evaluate(votes, [3, 3, 3], None)
    assert np.allclose(found.correct, plain_forest_law(votes, [0, 1, 2], 3), rtol=0, atol=1e-12)


def test_memory_stays_small_where_models_draw_their_whole_pools():
    votes, budget = random_votes(6, questions=200, models=5, samples=10), np.array([10, 10, 10, 10, 2])
    score = weighted([0.31, 0.37, 0.41, 0.43, 0.47], budget)
    pooled_law.pooled_law(votes, budget, score)
    tracemalloc.start()
    try:
        pooled_law.pooled_law(votes, budget, score)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_machine_code_that_cannot_be_kept_is_compiled_all_the_same(monkeypatch):
    nowhere: dict = {}
    exec(compile("def double(x): return 2 * x", "<no file>", "exec"), nowhere)
    assert pooled_draws.compiled(nowhere["double"])(3) == 6

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.caching.Cache.save_overload", full)
    assert pooled_draws.compiled(triple)(3) == 9


def triple(x):
    return 3 * x


def test_subsets_beyond_a_pool_are_refused():
    with pytest.raises(InputError, match="its pool"):
        agent_forest.evaluate_subsets(random_votes(0, 2, 2, 3), [[0, 1]], 4)
    with pytest.raises(InputError, match="more than 10000 states"):
        agent_forest.evaluate_subsets(random_votes(0, 2, 4, 12), [[0, 1, 2, 3]], 10)


def test_more_draws_than_a_float_holds_are_simulated():
    votes = random_votes(0, questions=2, models=2, samples=1000)
    assert agent_forest.evaluate(votes, [500, 18], None, trials=20).mode == "simulate"


def test_simulation_of_any_score_agrees_within_its_error():
    votes, budget = random_votes(5, questions=30, models=3, samples=8), np.array([3, 2, 3])
    score = AnswerScore(tuple(weighted([0.3, 0.5, 0.2], budget).points), np.array([1, 0, 1]))
    exact, simulated = (evaluate_pooled(votes, budget, score, mode, 600, 1) for mode in ("exact", "simulate"))
    assert abs(exact.accuracy - simulated.accuracy) < 4 * simulated.simulation_se


def test_distinct_rows_of_any_width():
    rows = np.random.default_rng(0).integers(0, 2**20, (40, 9))[np.random.default_rng(1).integers(0, 40, 200)]
    first, number = pooled_law.distinct_rows(rows)
    assert np.array_equal(rows[first][number], rows) and len(first) == len(np.unique(rows, axis=0))
