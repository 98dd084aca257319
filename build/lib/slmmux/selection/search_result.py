"""All that the search of one benchmark finds, as tables, metrics and curves."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from slmmux.orchestration import slm_mux
from slmmux.selection.budget_objectives import BudgetObjectives, budget_objectives
from slmmux.selection.choice import Choice, choose, measure
from slmmux.selection.objective_quality import QUALITY_COLUMNS, READINGS, Subsets, all_subsets, objective_quality
from slmmux.selection.pareto import front
from slmmux.selection.search_quality import PROGRESS_COLUMNS, compare_samplers, front_table, truth_of
from slmmux.selection.starts import known_starts
from slmmux.selection.study import Plan, budget_plan_space, study_in_memory
from slmmux.selection.subset_objective import rank_subsets, standard_errors
from slmmux.selection.trials import Trials
from slmmux.settings import EvaluationSettings, SearchSettings
from slmmux.statistics import paired_bootstrap
from slmmux.votes.votes import Votes

OBJECTIVE_COLUMNS = ["variant", "size", "models", "union_accuracy", "contradiction", "objective"]
OBJECTIVE_COLUMNS += ["union_accuracy_se", "contradiction_se", "objective_se", "validation_accuracy", "test_accuracy"]


@dataclass(frozen=True)
class SearchResult:
    """What `slmmux search` writes.

    tables:   'trials', 'front', 'front_with_stopping', 'progress', 'objectives', 'objective_quality', 'choices';
              tidy, accuracies as shares of 1, tokens per question. Those that need the whole grid have no rows
              without it. The study minimises the tokens of all samples of a budget; what they are when asking stops
              without changing the answer stands beside them, and 'front_with_stopping' is the front at that price.
    metrics:  'group/name' → number. curves: name → {step: value}; the step is a number of trials or a K.
    """

    tables: dict[str, pd.DataFrame]
    metrics: dict[str, float]
    curves: dict[str, dict[int, float]]


def plan_of(objectives: BudgetObjectives, settings: SearchSettings, k: int) -> Plan:
    """The plan of a search for budgets; k: samples a member of the subsets that it starts from."""
    return Plan(
        budget_plan_space(objectives.votes.models, objectives.largest),
        settings.sampler,
        settings.seed,
        settings.trials,
        settings.trials_per_round,
        settings.population,
        known_starts(objectives, k, settings.sizes, settings.start_budgets, settings.subsets_up_to, objectives.of),
    )


def search_result(
    validation: Votes,
    test: Votes,
    settings: SearchSettings,
    evaluation: EvaluationSettings,
    run_study: Callable[[Plan, BudgetObjectives], Trials],
) -> SearchResult:
    """Search on the validation votes, measure the choices once on the test votes, and measure the search.

    Raises InputError where the samples per model exceed a pool or the votes carry no tokens.
    """
    objectives, k = budget_objectives(validation, settings.largest_budget), evaluation.samples
    plan = plan_of(objectives, settings, k)
    trials = run_study(plan, objectives)
    grid = objectives.grid() if objectives.configurations <= settings.exhaustive_up_to else None
    choices = choose(objectives, trials, grid, k, settings.sizes, settings.frugal_margin)
    tables = {"trials": _trials_table(trials, objectives)}
    if grid is None:
        nothing = pd.DataFrame(columns=[*validation.models, "accuracy", "tokens", "accuracy_se"])
        tables["front"] = tables["front_with_stopping"] = nothing
        tables["progress"] = pd.DataFrame(columns=PROGRESS_COLUMNS)
    else:
        truth = truth_of(grid, objectives.reference)
        for name, priced in (("front", grid), ("front_with_stopping", objectives.with_stopping(grid))):
            tables[name] = front_table(validation.models, priced)
            tables[name]["accuracy_se"] = [
                _validation_se(objectives, budget) for budget in tables[name][list(validation.models)].to_numpy()
            ]
        run = partial(study_in_memory, evaluate=grid.of)
        tables["progress"] = compare_samplers(plan, settings.measured_samplers, settings.measured_seeds, run, truth)
    tables["objectives"] = pd.DataFrame(columns=OBJECTIVE_COLUMNS)
    tables["objective_quality"] = pd.DataFrame(columns=QUALITY_COLUMNS)
    if len(validation.models) > 1 and 2 ** len(validation.models) <= settings.subsets_up_to:
        subsets = all_subsets(validation, test, k)
        tables["objectives"] = _objectives_table(validation, subsets, k, settings.sizes)
        tables["objective_quality"] = objective_quality(subsets, settings.lambdas, evaluation)
    tables["choices"] = _choices_table(choices, test, objectives, evaluation)
    return SearchResult(tables, _metrics(tables, objectives), _curves(tables, settings.trials_per_round))


def _trials_table(trials: Trials, objectives: BudgetObjectives) -> pd.DataFrame:
    table = pd.DataFrame(trials.points, columns=list(trials.parameters))
    table.insert(0, "trial", np.arange(len(table)))
    table["accuracy"], table["tokens"] = trials.accuracy, trials.tokens
    table["tokens_with_stopping"] = [objectives.tokens_with_stopping(budget) for budget in trials.points]
    table["on_front"] = np.isin(np.arange(len(table)), front(trials.accuracy, trials.tokens)).astype(int)
    return table


def _objectives_table(validation: Votes, subsets: Subsets, k: int, sizes: list[int]) -> pd.DataFrame:
    place = {tuple(subsets.models[m] for m in members): i for i, members in enumerate(subsets.members)}
    rows = []
    for name, variant in READINGS.items():
        for size, scores in rank_subsets(validation, k, sizes, variant).items():
            for score in scores:
                i = place[score.models]
                parts = score.union_accuracy, score.contradiction, score.objective
                errors = standard_errors(subsets.union[name][i], subsets.contradiction[name][i], variant)
                accuracy = (float(subsets.correct[split][i].mean()) for split in ("validation", "test"))
                rows.append((name, size, " ".join(score.models), *parts, *errors, *accuracy))
    return pd.DataFrame(rows, columns=OBJECTIVE_COLUMNS)


def _choices_table(
    choices: dict[str, Choice], test: Votes, objectives: BudgetObjectives, settings: EvaluationSettings
) -> pd.DataFrame:
    """One row a choice. `gain` is its test accuracy minus that of the first choice, with an interval."""
    measured = measure(test, choices, objectives.accuracy)
    base = next(iter(measured.values()))
    rows = []
    for name, choice in choices.items():
        found = measured[name]
        gain = paired_bootstrap(found, base, settings.confidence, settings.bootstrap_resamples, settings.seed)
        rows.append(
            {"choice": name}
            | dict(zip(objectives.votes.models, choice.budget))
            | {
                "validation_accuracy": choice.accuracy,
                "validation_accuracy_se": _validation_se(objectives, choice.budget),
                "validation_tokens": choice.tokens,
                "validation_tokens_with_stopping": objectives.tokens_with_stopping(choice.budget),
                "accuracy": found.accuracy,
                "accuracy_se": found.accuracy_se,
                "tokens_per_question": float(found.tokens.mean()),
                "tokens_with_stopping": float(np.asarray(found.tokens_with_stopping, dtype=float).mean()),
                "gain": gain.difference,
                "gain_low": gain.low,
                "gain_high": gain.high,
            }
        )
    return pd.DataFrame(rows)


def _validation_se(objectives: BudgetObjectives, budget) -> float:
    return slm_mux.evaluate(objectives.votes, budget, objectives.accuracy).accuracy_se if any(budget) else float("nan")


def _metrics(tables: dict[str, pd.DataFrame], objectives: BudgetObjectives) -> dict[str, float]:
    metrics = {"grid/configurations": float(objectives.configurations)}
    if len(tables["front"]):
        metrics["grid/best_validation_accuracy"] = tables["front"]["accuracy"].max()
        metrics["grid/front_points"] = len(tables["front"])
    for sampler, rows in tables["progress"].groupby("sampler", sort=False):
        for name in ("regret", "hypervolume_share", "optimum_found"):
            metrics[f"{sampler}/{name}"] = rows[name].iloc[-1]
    quality = tables["objective_quality"]
    for row in quality[quality["sizes"] == "all"].to_dict("records"):
        criterion = row["criterion"] if np.isnan(row["lambda"]) else f"{row['criterion']}_lambda_{row['lambda']:g}"
        for name in ("rank_validation", "rank_test", "loss"):
            metrics[f"{criterion}/{name}"] = row[name]
    for row in tables["choices"].to_dict("records"):
        for name in ("validation_accuracy", "accuracy", "accuracy_se", "tokens_per_question", "gain"):
            metrics[f"{row['choice']}/{name}"] = row[name]
    return {name: float(value) for name, value in metrics.items() if np.isfinite(value)}


def _curves(tables: dict[str, pd.DataFrame], every: int) -> dict[str, dict[int, float]]:
    curves = {}
    for sampler, rows in tables["progress"].groupby("sampler", sort=False):
        # Fewer points than trials: a tracking store takes a thousand values at a time.
        for name in ("regret", "hypervolume_share"):
            some = rows[rows["trials"] % every == 0]
            curves[f"{sampler}/{name}"] = dict(zip(some["trials"].astype(int).tolist(), some[name].tolist()))
    objectives = tables["objectives"]
    best = objectives[objectives["variant"] == "paper"].groupby("size").first()
    for name in ("union_accuracy", "contradiction", "objective"):
        curves[f"objective/{name}"] = {int(size): float(value) for size, value in best[name].items()}
    return curves
