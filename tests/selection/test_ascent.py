"""The ascents: the reference on the exact evaluator, the starts of a study, and the sampler."""

from itertools import product

import numpy as np
import optuna
import pytest
from drawn_votes import random_votes, small_votes
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import IntDistribution

from slmmux.selection.ascent import CoordinateAscent
from slmmux.selection.ascent_sampler import AscentSampler
from slmmux.selection.budget_objectives import budget_objectives
from slmmux.selection.large_search import best_known
from slmmux.selection.search_quality import truth_of
from slmmux.selection.simulated import simulated_votes
from slmmux.selection.starts import known_starts
from slmmux.selection.study import Plan, budget_plan_space, study_in_memory

optuna.logging.set_verbosity(optuna.logging.WARNING)


@given(small_votes(questions=4, models=3, samples=3), st.data())
@settings(max_examples=30)
def test_the_tables_hold_the_exact_values_and_no_one_change_improves_the_end(votes, data):
    objectives = budget_objectives(votes, 3)
    ascent = CoordinateAscent(objectives)
    start = tuple(data.draw(st.integers(0, objectives.largest)) for _ in votes.models)
    assert ascent.of(start) == pytest.approx(objectives.of(start))
    penalty = data.draw(st.sampled_from([0.0, 0.01]))
    found = ascent.climb(start, penalty)

    def value(budget) -> float:
        accuracy, tokens = objectives.of(tuple(budget))
        return accuracy - penalty * tokens

    assert value(found.budget) >= value(start) - 1e-9
    for m, k in product(range(len(votes.models)), range(objectives.largest + 1)):
        other = found.budget.copy()
        other[m] = k
        assert value(other) <= value(found.budget) + 1e-9
    assert found.accuracy.max() <= objectives.grid().accuracy.max() + 1e-9


def test_the_best_known_is_the_optimum_of_a_small_grid():
    objectives = budget_objectives(simulated_votes(3, questions=40, samples=4, seed=2), 4)
    grid = objectives.grid()
    truth, best = best_known(CoordinateAscent(objectives), tuple(product((0, 2, 4), repeat=3))[1:], [0.0, 0.001])
    exact = truth_of(grid, objectives.reference)
    assert truth.best_accuracy == pytest.approx(exact.best_accuracy) == grid.of(best)[0]
    assert 0.9 * exact.hypervolume < truth.hypervolume <= exact.hypervolume + 1e-9


def test_a_study_starts_from_what_is_known():
    objectives = budget_objectives(random_votes(3, questions=20, models=4, samples=5), 5)
    starts = known_starts(objectives, 3, [2, 3], [1, 2], 100, objectives.of)
    assert len(set(starts)) == len(starts)
    for m, k in product(range(4), (1, 2, 5)):
        assert tuple(k if i == m else 0 for i in range(4)) in starts
    pairs = [b for b in product((0, 3), repeat=4) if sum(b) == 6]
    assert max(pairs, key=lambda b: objectives.of(b)[0]) in starts
    assert (5, 5, 5, 5) in starts
    # Too many subsets of every size: the models alone.
    assert {sum(k > 0 for k in b) for b in known_starts(objectives, 3, [2], [1], 1, objectives.of)} == {1}


@pytest.mark.parametrize("seed", range(3))
def test_the_sampler_finds_the_optimum_of_a_small_grid(seed):
    objectives = budget_objectives(simulated_votes(4, questions=60, samples=5, seed=seed), 5)
    grid = objectives.grid()
    starts = known_starts(objectives, 3, [2, 3, 4], [1, 2, 3], 100, grid.of)
    space = budget_plan_space(objectives.votes.models, objectives.largest)
    trials = study_in_memory(Plan(space, "ascent", seed, 100, 5, 20, starts), grid.of)
    assert grid.accuracy.max() - trials.accuracy.max() <= 0.001
    # Nothing is tried twice while there is something new.
    assert len({tuple(point) for point in trials.points.tolist()}) >= 95


def test_the_sampler_is_optunas_and_stays_in_its_space():
    space = {"a": IntDistribution(0, 2), "b": IntDistribution(0, 1)}

    def run() -> list[dict[str, int]]:
        study = optuna.create_study(directions=["maximize", "minimize"], sampler=AscentSampler(space, 1))
        study.optimize(
            lambda t: (t.suggest_int("a", 0, 2) * t.suggest_int("b", 0, 1), t.suggest_int("elsewhere", 5, 6)), 12
        )
        return [t.params for t in study.trials]

    found = run()
    assert found == run()
    # All six points, although the space is smaller than the study.
    assert {(t["a"], t["b"]) for t in found} == set(product(range(3), range(2)))
    assert {t["elsewhere"] for t in found} <= {5, 6}


def test_a_parameter_of_one_value_and_a_constant_aim_are_no_trouble():
    trials = study_in_memory(Plan((("a", 0), ("b", 3)), "ascent", 0, 8, 3, 4), lambda point: (0.5, 1.0))
    assert np.array_equal(np.unique(trials.points[:, 1]), np.arange(4)) and (trials.points[:, 0] == 0).all()
