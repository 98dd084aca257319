"""The search: measured by the true optimum, chosen without the test split, and its command."""

import json
from dataclasses import replace

import numpy as np
import optuna
import pandas as pd
import pytest
from drawn_votes import random_votes, small_votes
from hypothesis import given, settings
from hypothesis import strategies as st

from slmmux.config import load_config
from slmmux.orchestration import slm_mux
from slmmux.paths import votes_file
from slmmux.selection.budget_objectives import budget_objectives
from slmmux.selection.choice import choose, measure
from slmmux.selection.search_quality import compare_samplers, front_table, progress, truth_of
from slmmux.selection.search_result import plan_of, search_result
from slmmux.selection.simulated import simulated_votes
from slmmux.selection.study import Plan, budget_plan_space, study_in_memory
from slmmux.stages import search as command
from slmmux.votes.archive import save_votes

optuna.logging.set_verbosity(optuna.logging.WARNING)
SAMPLERS = ("ascent", "tpe", "nsgaii", "random")


@given(small_votes(questions=3, models=3, samples=3), st.data())
@settings(max_examples=40)
def test_the_grid_holds_the_exact_evaluators_values(votes, data):
    objectives = budget_objectives(votes, 3)
    grid = objectives.grid()
    budget = tuple(data.draw(st.integers(0, objectives.largest)) for _ in votes.models)
    assert grid.of(budget) == pytest.approx(objectives.of(budget))
    if any(budget):
        found = slm_mux.evaluate(votes, budget, objectives.accuracy)
        assert grid.of(budget) == pytest.approx((found.accuracy, found.tokens.mean()))
    else:
        assert grid.of(budget) == (0.0, grid.tokens.max())


@given(small_votes(questions=3, models=3, samples=3), st.booleans(), st.data())
@settings(max_examples=40)
def test_the_grid_with_stopping_holds_the_exact_evaluators_cost(votes, counted, data):
    if not counted:
        votes = replace(votes, completion_tokens=np.full(votes.completion_tokens.shape, np.nan))
    objectives = budget_objectives(votes, 3)
    grid = objectives.grid()
    stopped = objectives.with_stopping(grid)
    budget = tuple(data.draw(st.integers(0, objectives.largest)) for _ in votes.models)
    assert stopped.of(budget)[1] == pytest.approx(objectives.tokens_with_stopping(budget), abs=1e-9)
    assert stopped.of(budget)[0] == grid.of(budget)[0] and (stopped.tokens <= grid.tokens + 1e-9).all()
    if any(budget) and counted:
        found = slm_mux.evaluate(votes, budget, objectives.accuracy)
        assert stopped.of(budget)[1] == pytest.approx(found.tokens_with_stopping.mean(), abs=1e-9)


@given(small_votes(questions=4, models=3, samples=3), st.integers(0, 5), st.sampled_from(SAMPLERS))
@settings(max_examples=25)
def test_regret_and_share_against_the_truth(votes, seed, sampler):
    objectives = budget_objectives(votes, 3)
    grid = objectives.grid()
    truth = truth_of(grid, objectives.reference)
    the_plan = Plan(
        budget_plan_space(votes.models, objectives.largest), sampler, seed, trials=12, trials_per_round=4, population=4
    )
    regret, share = progress(study_in_memory(the_plan, grid.of), truth)
    assert (regret >= 0).all() and (np.diff(regret) <= 0).all()
    assert (share <= 1 + 1e-9).all() and (np.diff(share) >= -1e-9).all()
    everything = np.stack(np.unravel_index(np.arange(grid.accuracy.size), grid.accuracy.shape), axis=1)
    found = type(study_in_memory(the_plan, grid.of))(
        votes.models, everything, grid.accuracy.ravel(), grid.tokens.ravel()
    )
    regret, share = progress(found, truth)
    assert regret[-1] == 0 and share[-1] == pytest.approx(1)


def test_samplers_compared_over_seeds():
    objectives = budget_objectives(random_votes(1, questions=30, models=3, samples=4), 4)
    grid = objectives.grid()
    the_plan = Plan(
        budget_plan_space(objectives.votes.models, 4), "tpe", 0, trials=16, trials_per_round=4, population=4
    )
    table = compare_samplers(
        the_plan, ["random", "tpe"], 3, lambda p: study_in_memory(p, grid.of), truth_of(grid, objectives.reference)
    )
    assert table.groupby("sampler").size().to_dict() == {"random": 16, "tpe": 16}
    for name in ("regret", "hypervolume_share"):
        assert (table[f"{name}_low"] <= table[name] + 1e-12).all() and (
            table[name] <= table[f"{name}_high"] + 1e-12
        ).all()
    alone = progress(
        study_in_memory(replace(the_plan, sampler="random", seed=2), grid.of), truth_of(grid, objectives.reference)
    )
    last = table[table["sampler"] == "random"].iloc[-1]
    assert last["regret_low"] <= alone[0][-1] <= last["regret_high"]


def splits(seed: int = 5, models: int = 3):
    votes = simulated_votes(models, questions=90, samples=4, seed=seed)

    def part(split: str, rows: slice):
        return replace(
            votes,
            split=split,
            question_ids=votes.question_ids[rows],
            classes=votes.classes[rows],
            right=votes.right[rows],
            prompt_tokens=votes.prompt_tokens[rows],
            completion_tokens=votes.completion_tokens[rows],
        )

    return part("validation", slice(0, 30)), part("test", slice(30, None))


def test_choices_are_the_best_of_what_they_choose_from():
    validation, test = splits()
    objectives = budget_objectives(validation, 4)
    grid = objectives.grid()
    trials = study_in_memory(Plan(budget_plan_space(validation.models, 4), "random", 0, 20, 5, 4), objectives.of)
    chosen = choose(objectives, trials, grid, 2, [2, 3], frugal_margin=0.02)
    assert list(chosen) == ["objective", "study", "direct", "budgets", "frugal"]
    assert chosen["budgets"].accuracy == pytest.approx(grid.accuracy.max())
    assert chosen["study"].accuracy == pytest.approx(trials.accuracy.max())
    assert chosen["direct"].accuracy >= chosen["objective"].accuracy
    near = grid.accuracy >= grid.accuracy.max() - 0.02
    assert chosen["frugal"].tokens == pytest.approx(grid.tokens[near].min())
    measured = measure(test, chosen, objectives.accuracy)
    assert measured["budgets"].correct.shape == (60,)
    # Without the grid, from the trials alone.
    without = choose(objectives, trials, None, 2, [2, 3], frugal_margin=0.02)
    assert list(without) == ["objective", "study", "frugal"] and without["frugal"].tokens <= without["study"].tokens
    front = front_table(validation.models, grid)
    assert front["accuracy"].iloc[-1] == grid.accuracy.max()


def test_the_test_split_never_influences_the_choice(study):
    validation, test = splits()
    settings_, evaluation = load_config().search, load_config().evaluation
    rng = np.random.default_rng(0)
    order = rng.permutation(len(test.right))
    shuffled = replace(test, classes=rng.permuted(test.classes, axis=0), right=test.right[order])

    def result_on(votes):
        return search_result(
            validation, votes, settings_, evaluation, lambda p, objectives: study_in_memory(p, objectives.of)
        )

    first, other = result_on(test).tables, result_on(shuffled).tables
    chosen = ["choice", *validation.models, "validation_accuracy", "validation_tokens"]
    assert first["choices"][chosen].equals(other["choices"][chosen])
    assert not first["choices"]["accuracy"].equals(other["choices"]["accuracy"])
    for name in ("trials", "front", "front_with_stopping", "progress"):
        assert first[name].equals(other[name])
    kept = ["criterion", "lambda", "sizes", "rank_validation", "chosen", "validation_accuracy"]
    assert first["objective_quality"][kept].equals(other["objective_quality"][kept])


def test_a_pool_too_large_for_the_grid_is_searched_without_it(study):
    validation, test = splits()
    small = load_config().search.model_copy(update={"exhaustive_up_to": 5, "subsets_up_to": 5})
    result = search_result(
        validation, test, small, load_config().evaluation, lambda p, objectives: study_in_memory(p, objectives.of)
    )
    for name in ("front", "front_with_stopping", "progress", "objectives", "objective_quality"):
        assert not len(result.tables[name]) and len(result.tables[name].columns)
    assert result.tables["choices"]["choice"].tolist() == ["objective", "study", "frugal"]


def test_one_model_has_no_subsets_to_choose_from(study):
    validation, test = splits(models=1)
    config = load_config()
    result = search_result(
        validation, test, config.search, config.evaluation, lambda p, objectives: study_in_memory(p, objectives.of)
    )
    assert "objective" not in result.tables["choices"]["choice"].tolist()


def test_votes_without_tokens_cost_samples():
    votes = random_votes(1, questions=4, models=2, samples=3)
    objectives = budget_objectives(replace(votes, completion_tokens=np.full((4, 2), np.nan)), 3)
    assert not objectives.counts_tokens and objectives.of((1, 2))[1] == 3
    assert objectives.grid().of((3, 1)) == pytest.approx(objectives.of((3, 1)))


@pytest.fixture
def searched(study):
    """A study's folder in which `slmmux search` has its votes. Yields the command's record and arguments."""
    validation, test = splits(models=2)
    for votes in (validation, test):
        save_votes(votes_file("short_answers", votes.split), votes)
    return study


class Arguments:
    benchmark, worker = "short_answers", False


def test_the_command_writes_tables_and_removes_the_study(searched, monkeypatch):
    monkeypatch.setenv("SLMMUX_STUDIES", str(searched.path / "elsewhere"))
    record = command.run(Arguments())
    assert record.stage == "search@short_answers" and record.outputs
    assert not list((searched.path / "elsewhere").glob("*.journal"))
    before = {path: path.read_bytes() for path in record.outputs}
    worker = Arguments()
    worker.worker = True
    assert command.run(worker) is None
    assert len(list((searched.path / "elsewhere").glob("*.journal"))) == 1
    # From the study that the worker did, the same to the last byte.
    assert {path: path.read_bytes() for path in command.run(Arguments()).outputs} == before
    assert json.loads((command.SEARCH / "short_answers" / "metrics.json").read_text())["study"]["accuracy"] > 0
    assert len(pd.read_csv(command.SEARCH / "short_answers" / "trials.csv")) == 8


def test_other_votes_or_parameters_are_another_study(searched):
    votes, config = votes_file("short_answers", "validation"), load_config()
    objectives = budget_objectives(splits(models=2)[0], 3)
    the_plan = plan_of(objectives, config.search, 2)
    name = command.study_file("short_answers", votes, the_plan)
    assert name == command.study_file("short_answers", votes, the_plan)
    assert name != command.study_file("short_answers", votes, replace(the_plan, seed=99))
    save_votes(votes, splits(seed=6, models=2)[0])
    assert name != command.study_file("short_answers", votes, the_plan)
