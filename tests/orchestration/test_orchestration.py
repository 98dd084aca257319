"""Every method: by hand, against all draws, against simulation, and where several must agree."""

import numpy as np
import pytest
from drawn_votes import learned, random_votes, votes_and_budget, votes_of
from hypothesis import given, settings

from slmmux.errors import InputError
from slmmux.orchestration import METHODS, pooled_vote, slm_mux
from slmmux.orchestration.answer_score import weighted
from slmmux.orchestration.grid import all_budgets, equal_budgets


def close(a, b):
    return np.allclose(a, b, rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@settings(deadline=None, max_examples=100)
@given(case=votes_and_budget())
def test_exact_equals_all_draws(method, case):
    case = (*case[:2], learned(method, *case))
    exact = METHODS[method].evaluate(*case)
    counted = METHODS[method].evaluate(*case, mode="enumerate")
    assert (exact.mode, counted.mode) == ("exact", "enumerate")
    assert close(exact.correct, counted.correct)
    assert close(exact.tie_probability, counted.tie_probability)
    assert close(exact.tokens, counted.tokens)
    if exact.selected is None:
        assert counted.selected is None
    else:
        assert close(exact.selected, counted.selected) and close(exact.selected.sum(), 1)


@pytest.mark.parametrize("method", METHODS)
def test_simulation_agrees_within_its_error(method):
    votes = random_votes(5, questions=25, models=4, samples=12)
    case = (votes, [4, 3, 0, 3], learned(method, votes, [4, 3, 0, 3], [0.3, 0.5, 0.9, 0.5]))
    exact = METHODS[method].evaluate(*case)
    simulated = METHODS[method].evaluate(*case, mode="simulate", trials=300, seed=7)
    assert simulated.mode == "simulate" and simulated.simulation_se > 0
    assert abs(simulated.accuracy - exact.accuracy) < 4 * simulated.simulation_se
    assert abs(simulated.tie_probability.mean() - exact.tie_probability.mean()) < 0.03
    if exact.selected is not None:
        assert np.abs(simulated.selected - exact.selected).max() < 0.03
    once, again = (METHODS[method].evaluate(*case, mode="simulate", trials=20, seed=7) for _ in range(2))
    assert np.array_equal(once.correct, again.correct) and not np.array_equal(once.correct, simulated.correct)


@settings(deadline=None, max_examples=60)
@given(case=votes_and_budget(questions=4, models=4, samples=5, classes=4))
def test_slm_mux_never_exceeds_the_oracle(case):
    assert (slm_mux.evaluate(*case).correct <= METHODS["oracle"].evaluate(*case).correct + 1e-12).all()


def test_algorithm_1_by_hand():
    # a: 2 of 3 for class 0; b: 3 of 3 for class 1; c: all unparsed.
    assert slm_mux.decide([[0, 0, 1], [1, 1, 1], [-1, -1, -1]], [0.9, 0.1, 1.0]) == (1, [1], False)
    # Equal confidences: validation accuracy decides, then the order of the list.
    assert slm_mux.decide([[0, 0], [1, 1]], [0.1, 0.2]) == (1, [1], True)
    assert slm_mux.decide([[0, 0], [1, 1]], [0.2, 0.2]) == (0, [0], True)
    # 1/3 = 2/6 exactly; a rounded comparison could say otherwise.
    assert slm_mux.decide([[0, 1, 2], [3, 3, 0, 1, 2, 4]], [0.1, 0.2])[0] == 1
    # A model without samples sits out, whatever its accuracy.
    assert slm_mux.decide([[], [2]], [1.0, 0.0]) == (1, [2], False)
    # numpy rows do as well as lists.
    assert slm_mux.decide(np.array([[4, 4], [1, 2]]), np.array([0.1, 0.9])) == (0, [4], False)


def test_agent_forest_by_hand():
    score = weighted([1, 1], [3, 3])
    assert score.winners([[0, 0, 1], [1, 1, -1]]) == [1]
    assert score.winners([[-1], [-1]]) == []
    assert score.winners([[0], [1]]) == [0, 1]


def test_methods_by_hand():
    # One question, class 0 right. a always says 0 and 1 once each, b says 1 twice.
    votes = votes_of([[[0, 1], [1, 1]]], [[True, False]])
    both = (votes, [2, 2], [0.9, 0.1])
    # b has confidence 1, a 1/2: SLM-MUX is wrong. Pooled, 1 wins 3 to 1.
    assert slm_mux.evaluate(*both).correct[0] == 0
    assert slm_mux.evaluate(*both).selected.tolist() == [0, 1]
    assert METHODS["agent_forest"].evaluate(*both).correct[0] == 0
    # The best model's own vote is a tie; so is the oracle's chance.
    assert METHODS["self_consistency"].evaluate(*both).correct[0] == 0.5
    assert METHODS["self_consistency"].evaluate(*both).tie_probability[0] == 1
    assert METHODS["oracle"].evaluate(*both).correct[0] == 0.5
    assert METHODS["single_best"].evaluate(*both).correct[0] == 0.5
    # With one sample each both are sure; a is preferred and right half of the time.
    one = slm_mux.evaluate(votes, [1, 1], [0.9, 0.1])
    assert one.correct[0] == 0.5 and one.tie_probability[0] == 1 and one.selected.tolist() == [1, 0]
    # Prompt once per model in use (1 token), two tokens a sample.
    assert slm_mux.evaluate(*both).tokens[0] == 2 * 1 + 4 * 2
    assert METHODS["self_consistency"].evaluate(*both).tokens[0] == 1 + 2 * 2
    assert METHODS["single_best"].evaluate(*both).tokens[0] == 1 + 2


def test_all_models_unparsed_is_wrong_and_tied():
    votes = votes_of([[[-1, -1], [-1, -1]]], [[True]])
    result = slm_mux.evaluate(votes, [2, 2], [0.1, 0.9])
    assert result.correct[0] == 0 and result.tie_probability[0] == 1 and result.selected.tolist() == [0, 1]
    forest = METHODS["agent_forest"].evaluate(votes, [2, 2], None)
    assert forest.correct[0] == 0 and forest.tie_probability[0] == 0


def test_whole_pool_is_algorithm_1_itself():
    votes = random_votes(8, questions=60, models=5, samples=10)
    accuracy = [0.5, 0.6, 0.4, 0.6, 0.2]
    result = slm_mux.evaluate(votes, votes.pool, accuracy)
    for q in range(60):
        _, answers, tied = slm_mux.decide(votes.classes[q].tolist(), accuracy)
        assert close(result.correct[q], votes.right[q][answers].mean() if answers else 0)
        assert close(result.tie_probability[q], tied)
    forest = METHODS["agent_forest"].evaluate(votes, votes.pool, None)
    assert forest.mode == "exact"
    for q in range(60):
        answers = weighted([1] * 5, votes.pool).winners(votes.classes[q].tolist())
        assert close(forest.correct[q], votes.right[q][answers].mean())


def test_agent_forest_simulates_what_is_too_large():
    votes = random_votes(8, questions=10, models=6, samples=10)
    result = METHODS["agent_forest"].evaluate(votes, [4] * 6, None, trials=200)
    assert result.mode == "simulate" and result.simulation_se > 0
    # Five models drawn whole leave one to draw from: exact, and equal to the mean over its draws.
    exact = METHODS["agent_forest"].evaluate(votes, [10, 10, 10, 10, 10, 2], None)
    counted = METHODS["agent_forest"].evaluate(votes, [10, 10, 10, 10, 10, 2], None, mode="enumerate")
    assert exact.mode == "exact" and close(exact.correct, counted.correct)


def test_agent_forest_simulated_in_batches(monkeypatch):
    votes = random_votes(2, questions=7, models=2, samples=6)
    monkeypatch.setattr(pooled_vote, "BATCH", 1)
    parts = METHODS["agent_forest"].evaluate(votes, [2, 3], None, mode="simulate", trials=400, seed=3)
    exact = METHODS["agent_forest"].evaluate(votes, [2, 3], None)
    assert abs(parts.accuracy - exact.accuracy) < 4 * parts.simulation_se


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("budget", "mode", "words"),
    [
        ([0, 0], "exact", "all 0"),
        ([4, 1], "exact", "a: 4 samples"),
        ([1], "exact", "expected 2 whole numbers"),
        ([-1, 1], "exact", "not negative"),
        ([1.5, 1], "exact", "whole"),
        (["1", "2"], "exact", "whole numbers"),
        ([1, 1], "guess", "unknown mode"),
    ],
)
def test_impossible_requests(method, budget, mode, words):
    votes = random_votes(0, questions=3, models=2, samples=3)
    known = learned(method, votes, [1, 1], [0.5, 0.5])
    with pytest.raises(InputError, match=words) as caught:
        METHODS[method].evaluate(votes, budget, known, mode=mode)
    assert "\n" not in str(caught.value)


def test_other_impossible_requests():
    votes = random_votes(0, questions=30, models=2, samples=20)
    with pytest.raises(InputError, match="enumeration would take"):
        slm_mux.evaluate(votes, [10, 10], [0.5, 0.5], mode="enumerate")
    with pytest.raises(InputError, match="at least 2 trials"):
        slm_mux.evaluate(votes, [10, 10], [0.5, 0.5], mode="simulate", trials=1)
    with pytest.raises(InputError, match="seed"):
        METHODS["agent_forest"].evaluate(votes, [1, 1], None, mode="simulate", seed=-1)
    with pytest.raises(InputError, match="needs the models' validation accuracies"):
        slm_mux.evaluate(votes, [1, 1], None)
    for accuracy in ([0.5], [0.5, float("nan")]):
        with pytest.raises(InputError, match="expected 2 validation accuracies"):
            slm_mux.evaluate(votes, [1, 1], accuracy)


def test_accuracy_and_its_error():
    votes = votes_of([[[0]], [[0]], [[1]], [[0]]], [[1, 0]] * 4)
    result = METHODS["single_best"].evaluate(votes, [1], [0.5])
    assert result.accuracy == 0.75
    assert result.accuracy_se == pytest.approx(0.25)
    alone = METHODS["single_best"].evaluate(votes_of([[[0]]], [[1]]), [1], [0.5])
    assert np.isnan(alone.accuracy_se)


@settings(deadline=None, max_examples=40)
@given(case=votes_and_budget(questions=3, models=4, samples=4))
def test_grids_equal_one_configuration_at_a_time(case):
    votes, budget, accuracy = case
    largest = int(votes.pool.min())
    budget = [min(k, largest) for k in budget]
    grid = all_budgets(votes, accuracy, largest)
    assert grid.shape == (largest + 1,) * len(budget)
    assert np.isnan(grid[(0,) * len(budget)])
    assert close(grid[tuple(budget)], slm_mux.evaluate(votes, budget, accuracy).accuracy)

    ks = range(largest, 0, -1)
    subsets, correct = equal_budgets(votes, accuracy, ks)
    assert len(subsets) == 2 ** len(budget) - 1 and correct.shape == (
        len(subsets),
        largest,
        len(votes.question_ids),
    )
    for subset, of_subset in zip(subsets, correct):
        for k, of_k in zip(ks, of_subset):
            one = slm_mux.evaluate(votes, [k * (m in subset) for m in range(len(budget))], accuracy)
            assert close(of_k, one.correct)


def test_grids_in_chunks(monkeypatch):
    votes, accuracy = random_votes(4, questions=11, models=3, samples=3), [0.5, 0.4, 0.5]
    whole = all_budgets(votes, accuracy, 3), equal_budgets(votes, accuracy, [1, 3])[1]
    monkeypatch.setattr("slmmux.orchestration.grid.CHUNK_FLOATS", 1)
    monkeypatch.setattr("slmmux.orchestration.grid.CACHED_FLOATS", 1)
    assert np.allclose(whole[0], all_budgets(votes, accuracy, 3), atol=1e-12, equal_nan=True)
    assert close(whole[1], equal_budgets(votes, accuracy, [1, 3])[1])
    with pytest.raises(InputError, match="its pool"):
        all_budgets(votes, accuracy, 4)
