"""How good a search is, measured against the whole grid: regret and hypervolume per number of trials."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from slmmux.selection.budget_objectives import Grid
from slmmux.selection.pareto import front, hypervolume
from slmmux.selection.study import Plan
from slmmux.selection.trials import Trials

# Plan -> the trials of its study.
Run = Callable[[Plan], Trials]

PROGRESS_COLUMNS = ["sampler", "trials", "seeds"]
PROGRESS_COLUMNS += [
    f"{name}{end}" for name in ("regret", "hypervolume_share") for end in ("", "_median", "_low", "_high")
]
PROGRESS_COLUMNS += ["optimum_found"]


@dataclass(frozen=True)
class Truth:
    """What a search is measured by.

    best_accuracy:  the highest validation accuracy of any budget, a share of 1.
    hypervolume:    of the true Pareto front, from `reference` (accuracy, tokens).
    """

    best_accuracy: float
    hypervolume: float
    reference: tuple[float, float]


def truth_of(grid: Grid, reference: tuple[float, float]) -> Truth:
    """The optimum and the Pareto front's hypervolume over all budgets of the grid."""
    accuracy, tokens = grid.accuracy.ravel(), grid.tokens.ravel()
    return Truth(float(accuracy.max()), hypervolume(accuracy, tokens, reference), reference)


def progress(trials: Trials, truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    """(regret, share) after 1, 2, .. T trials, each (T,) float.

    regret: the best accuracy there is minus the best found, a share of 1. share: hypervolume of what was
    found over that of the true front. Regret is at least 0 and falls, the share is at most 1 and rises,
    where the truth covers all that the search can try.
    """
    regret = truth.best_accuracy - np.maximum.accumulate(trials.accuracy)
    volumes = [
        hypervolume(trials.accuracy[:t], trials.tokens[:t], truth.reference) for t in range(1, len(trials.accuracy) + 1)
    ]
    # A grid without room between the reference and the front is covered by anything.
    share = np.array(volumes) / truth.hypervolume if truth.hypervolume else np.ones(len(volumes))
    return regret, share


def seeded_plans(plan: Plan, sampler: str, seeds: int) -> list[Plan]:
    """The plan with this sampler, once for each seed 0..seeds-1: the studies that `compare_samplers` runs."""
    return [replace(plan, sampler=sampler, seed=seed) for seed in range(seeds)]


def compare_samplers(plan: Plan, samplers: Sequence[str], seeds: int, run: Run, truth: Truth) -> pd.DataFrame:
    """Progress of each sampler over its seeds 0..seeds-1: one row a sampler and number of trials.

    Columns: sampler, trials, seeds, and for regret and hypervolume_share the mean over seeds, their median
    and the range over them (_low the smallest, _high the largest), and optimum_found, the share of seeds without
    regret.
    """
    tables = []
    for sampler in samplers:
        runs = [progress(run(seeded), truth) for seeded in seeded_plans(plan, sampler, seeds)]
        columns = {"sampler": sampler, "trials": np.arange(1, plan.trials + 1), "seeds": seeds}
        for name, values in zip(("regret", "hypervolume_share"), map(np.array, zip(*runs))):
            columns[name], columns[f"{name}_median"] = values.mean(axis=0), np.median(values, axis=0)
            columns[f"{name}_low"], columns[f"{name}_high"] = values.min(axis=0), values.max(axis=0)
        columns["optimum_found"] = np.mean([regret <= 0 for regret, _ in runs], axis=0)
        tables.append(pd.DataFrame(columns, columns=PROGRESS_COLUMNS))
    return pd.concat(tables, ignore_index=True)


def front_table(models: tuple[str, ...], grid: Grid) -> pd.DataFrame:
    """The true Pareto front by rising tokens: a column of samples per model, accuracy and tokens."""
    on = front(grid.accuracy.ravel(), grid.tokens.ravel())
    budgets = np.stack(np.unravel_index(on, grid.accuracy.shape), axis=1)
    table = pd.DataFrame(budgets, columns=list(models))
    table["accuracy"], table["tokens"] = grid.accuracy.ravel()[on], grid.tokens.ravel()[on]
    return table
