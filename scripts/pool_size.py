"""Up to what pool size to search exhaustively, and with which sampler beyond: `make pool-size`.

Simulated votes of pools of up to 30 models. Written to results/pool_size: exhaustive.csv (how many
configurations there are and what evaluating them all costs) and samplers.csv (how far each sampler gets).
`python -m analysis figures` draws them. Seconds are of one processor core's time; all the rest is the same on
every run.
"""

import time
from dataclasses import dataclass, replace
from functools import cache
from math import comb

import numpy as np
import optuna
import pandas as pd

from analysis.figures.search import SAMPLERS
from slmmux.orchestration.grid import equal_budgets
from slmmux.paths import RESULTS
from slmmux.result_files import write_tables
from slmmux.selection.budget_objectives import BudgetObjectives, budget_objectives
from slmmux.selection.pareto import hypervolume
from slmmux.selection.search_quality import Truth, progress, truth_of
from slmmux.selection.simulated import simulated_votes
from slmmux.selection.starts import known_starts
from slmmux.selection.study import Plan, budget_plan_space, study_in_memory
from slmmux.selection.subset_objective import rank_subsets
from slmmux.selection.trials import Trials

FOLDER = RESULTS / "pool_size"
POOLS = (3, 4, 5, 6, 8, 12, 20, 30)
QUESTIONS, SAMPLES, SEED = 200, 10, 1
TRIALS, SHOWN, SEEDS, ROUND, POPULATION = 200, (50, 100, 200), 5, 5, 20
# Larger grids and sets of subsets are not evaluated but projected, from the largest that was.
LARGEST_GRID, LARGEST_SUBSETS = 2_000_000, 5_000
K, SIZES, START_BUDGETS = 3, range(2, 6), [1]


@dataclass(frozen=True)
class Cost:
    """Seconds of evaluating `count` configurations; `measured` is whether they were evaluated."""

    count: int
    seconds: float
    measured: bool


def costs(counts: dict[int, int], limit: int, evaluate) -> dict[int, Cost]:
    """Per pool size: measured up to the limit, beyond it projected at the last measured rate."""
    found: dict[int, Cost] = {}
    rate = 0.0
    for models, count in counts.items():
        if count <= limit:
            start = time.process_time()
            evaluate(models)
            seconds = time.process_time() - start
            rate = seconds / count
        found[models] = Cost(count, rate * count, count <= limit)
    return found


@cache
def aims_of(models: int) -> BudgetObjectives:
    return budget_objectives(simulated_votes(models, QUESTIONS, SAMPLES, SEED), SAMPLES)


def exhaustive() -> pd.DataFrame:
    """One row a pool and way to enumerate: all budgets, all subsets at k = 3, the paper's O(S) for K = 2..5."""
    ways = {
        "budgets": costs({m: aims_of(m).configurations for m in POOLS}, LARGEST_GRID, lambda m: aims_of(m).grid()),
        "subsets": costs(
            {m: 2**m - 1 for m in POOLS},
            LARGEST_SUBSETS,
            lambda m: equal_budgets(aims_of(m).votes, aims_of(m).accuracy, [K]),
        ),
        "objective": costs(
            {m: sum(comb(m, size) for size in SIZES) for m in POOLS},
            LARGEST_GRID,
            lambda m: rank_subsets(aims_of(m).votes, K, SIZES),
        ),
    }
    rows = [
        {"models": m, "way": way, "configurations": c.count, "seconds": round(c.seconds, 2), "measured": c.measured}
        for way, of_pool in ways.items()
        for m, c in of_pool.items()
    ]
    return pd.DataFrame(rows)


def samplers(models: int) -> pd.DataFrame:
    """One row a sampler and number of trials. `truth` says what regret and share are measured by.

    'grid': the whole grid. 'best known': all that any sampler and seed tried, and from the best of that an
    ascent of one model's budget at a time; regrets are then lower bounds.
    """
    objectives = aims_of(models)
    exact = objectives.configurations <= LARGEST_GRID
    grid = objectives.grid() if exact else None
    evaluate = grid.of if grid else objectives.of
    space = budget_plan_space(objectives.votes.models, objectives.largest)
    starts = known_starts(objectives, K, list(SIZES), START_BUDGETS, LARGEST_SUBSETS, cache(evaluate))
    runs: dict[str, list[Trials]] = {}
    seconds = {}
    for sampler in SAMPLERS:
        plan = Plan(space, sampler, 0, TRIALS, ROUND, POPULATION, starts)
        start = time.process_time()
        runs[sampler] = [study_in_memory(replace(plan, seed=seed), cache(evaluate)) for seed in range(SEEDS)]
        seconds[sampler] = (time.process_time() - start) / SEEDS
    truth = (
        truth_of(grid, objectives.reference)
        if grid
        else best_known(runs, objectives.reference, evaluate, objectives.largest)
    )
    rows = []
    for sampler, of_seeds in runs.items():
        regret, share = (np.array(curves) for curves in zip(*(progress(trials, truth) for trials in of_seeds)))
        for after in SHOWN:
            row = {"models": models, "truth": "grid" if exact else "best known", "sampler": sampler}
            row |= {"trials": after, "seeds": SEEDS, "votes_seed": SEED}
            for name, values in (("regret", regret), ("hypervolume_share", share)):
                here = values[:, after - 1]
                row |= {name: here.mean(), f"{name}_low": here.min(), f"{name}_high": here.max()}
            # Two digits: a time is not the same twice.
            rows.append(row | {"study_seconds": round(seconds[sampler] * after / TRIALS, 2)})
    return pd.DataFrame(rows)


def best_known(runs: dict[str, list[Trials]], reference: tuple[float, float], evaluate, largest: int) -> Truth:
    """The truth's stand-in where the grid cannot be evaluated."""
    tried = [trials for of_seeds in runs.values() for trials in of_seeds]
    accuracy, tokens = (np.concatenate([getattr(t, name) for t in tried]) for name in ("accuracy", "tokens"))
    start = np.concatenate([t.points for t in tried])[accuracy.argmax()]
    climbed = np.array(ascent(tuple(start.tolist()), evaluate, largest))
    accuracy, tokens = np.append(accuracy, climbed[:, 0]), np.append(tokens, climbed[:, 1])
    return Truth(float(accuracy.max()), hypervolume(accuracy, tokens, reference), reference)


def ascent(budget: tuple[int, ...], evaluate, largest: int) -> list[tuple[float, float]]:
    """Objectives of all budgets tried while one model's budget at a time is set to its best, until nothing improves."""
    tried, best = [evaluate(budget)], evaluate(budget)[0]
    improved = True
    while improved:
        improved = False
        for m in range(len(budget)):
            options = [(*budget[:m], k, *budget[m + 1 :]) for k in range(largest + 1)]
            found = [evaluate(option) for option in options]
            tried += found
            place = int(np.argmax([accuracy for accuracy, _ in found]))
            if found[place][0] > best:
                budget, best, improved = options[place], found[place][0], True
    return tried


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    enumerated = exhaustive()
    print(enumerated.to_string(index=False))
    parts = []
    for models in POOLS:
        parts.append(samplers(models))
        print(parts[-1].to_string(index=False), flush=True)
    sampled = pd.concat(parts, ignore_index=True)
    write_tables(FOLDER, {"exhaustive": enumerated, "samplers": sampled})


if __name__ == "__main__":
    main()
