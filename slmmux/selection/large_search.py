"""A search of a pool whose grid of budgets nobody can evaluate, measured by the best known, and its optimism."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from itertools import repeat

import numpy as np
import optuna
import pandas as pd

from slmmux.orchestration import slm_mux
from slmmux.selection.ascent import CoordinateAscent
from slmmux.selection.budget_objectives import budget_objectives
from slmmux.selection.pareto import front, hypervolume
from slmmux.selection.search_quality import Truth, compare_samplers, seeded_plans
from slmmux.selection.starts import known_starts
from slmmux.selection.study import Plan, budget_plan_space, study_in_memory
from slmmux.selection.trials import Trials
from slmmux.settings import EvaluationSettings, LargeSearchSettings, SearchSettings
from slmmux.statistics import paired_bootstrap
from slmmux.statistics.choosing import optimism
from slmmux.votes.votes import Votes


def best_known(
    ascent: CoordinateAscent, starts: tuple[tuple[int, ...], ...], penalties: list[float]
) -> tuple[Truth, tuple[int, ...]]:
    """(truth's stand-in, its most accurate budget): from ascents from every start, and for each penalty from every
    model alone. Regrets against it are lower bounds."""
    models, largest = len(ascent.order), ascent.objectives.largest
    alone = [tuple(largest if m == own else 0 for m in range(models)) for own in range(models)]
    climbs = [ascent.climb(start) for start in starts]
    climbs += [ascent.climb(start, penalty) for penalty in penalties for start in alone]
    accuracy, tokens = (np.concatenate([getattr(c, name) for c in climbs]) for name in ("accuracy", "tokens"))
    reference = ascent.objectives.reference
    found = [(-ascent.of(c.budget)[0], ascent.of(c.budget)[1], tuple(c.budget.tolist())) for c in climbs]
    return Truth(float(accuracy.max()), hypervolume(accuracy, tokens, reference), reference), min(found)[2]


def large_search(
    validation: Votes,
    test: Votes,
    settings: LargeSearchSettings,
    search: SearchSettings,
    evaluation: EvaluationSettings,
    each: Callable[..., Iterable[Trials]] = map,
) -> dict[str, pd.DataFrame]:
    """Tables 'progress', 'front' and 'choices'; accuracies and regrets are shares of 1.

    each: applies a function to every plan of a study, as `map` does, perhaps several at a time.

    progress: as compare_samplers, with the median regret over seeds, at the numbers of trials in `reported`.
    front: the study's Pareto front: samples of each model, accuracy, tokens (samples, where there are no counts).
    choices: chosen on validation, measured once on test: the best model alone, the best start, the study after each
             number of trials in `reported`, and the best known; with optimism, validation minus test.
    """
    objectives = budget_objectives(validation, search.largest_budget)
    ascent = CoordinateAscent(objectives)
    evaluate = cache(ascent.of)
    starts = known_starts(
        objectives, evaluation.samples, search.sizes, settings.start_budgets, search.subsets_up_to, evaluate
    )
    truth, best = best_known(ascent, starts, settings.penalties)
    space = budget_plan_space(validation.models, objectives.largest)
    plan = Plan(space, search.sampler, search.seed, settings.trials, search.trials_per_round, search.population, starts)
    samplers, seeds = settings.measured_samplers, settings.measured_seeds
    measured = [seeded for sampler in samplers for seeded in seeded_plans(plan, sampler, seeds)]
    reported_plan = replace(plan, seed=0)
    # The study that is reported may be one of those that are measured.
    plans = list(dict.fromkeys([*measured, reported_plan]))
    studies = dict(zip(plans, each(_study, plans, repeat(ascent))))
    progress = compare_samplers(plan, samplers, seeds, studies.__getitem__, truth)
    reported = sorted({t for t in settings.reported if t <= settings.trials} | {settings.trials})
    study = studies[reported_plan]
    order = list(range(len(study.points)))

    def most_accurate(among: list[int]) -> tuple[int, ...]:
        return tuple(study.points[min(among, key=lambda t: (-study.accuracy[t], study.tokens[t], t))].tolist())

    single = [t for t in order[: len(starts)] if (study.points[t] > 0).sum() == 1]
    chosen = {"one_model": most_accurate(single or order[:1]), "best_start": most_accurate(order[: len(starts)])}
    chosen |= {f"study_{t}": most_accurate(order[:t]) for t in reported} | {"best_known": best}
    on = front(study.accuracy, study.tokens)
    table = pd.DataFrame(study.points[on], columns=list(study.parameters))
    table["accuracy"], table["tokens"] = study.accuracy[on], study.tokens[on]
    return {
        "progress": progress[progress["trials"].isin(reported)],
        "front": table,
        "choices": _choices(chosen, validation, test, objectives.accuracy, evaluation),
    }


def _study(plan: Plan, ascent: CoordinateAscent) -> Trials:
    # It may run in a process of its own.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return study_in_memory(plan, cache(ascent.of))


def _choices(
    chosen: dict[str, tuple[int, ...]],
    validation: Votes,
    test: Votes,
    accuracy: np.ndarray,
    settings: EvaluationSettings,
) -> pd.DataFrame:
    """One row a choice; `gain` is its test accuracy minus that of the first one, with an interval.

    validation_gain: the same on validation, where it was chosen. The two splits differ in difficulty, which gains do
    not show and optimism does: validation_gain - gain is what choosing cost.
    """
    measured = {name: slm_mux.evaluate(test, budget, accuracy) for name, budget in chosen.items()}
    base = next(iter(measured.values()))
    rows: list[dict[str, object]] = []
    seen = {name: slm_mux.evaluate(validation, budget, accuracy) for name, budget in chosen.items()}
    first = next(iter(seen.values()))
    for name, budget in chosen.items():
        found = optimism(seen[name], measured[name])
        gain = paired_bootstrap(measured[name], base, settings.confidence, settings.bootstrap_resamples, settings.seed)
        used = [(model, k) for model, k in zip(validation.models, budget) if k]
        rows.append(
            {
                "choice": name,
                "budget": " ".join(f"{model}:{k}" for model, k in used),
                "models": len(used),
                "samples": sum(budget),
                "validation_accuracy": found.validation,
                "accuracy": found.test,
                "accuracy_se": measured[name].accuracy_se,
                "optimism": found.optimism,
                "optimism_se": found.se,
                "validation_gain": found.validation - first.accuracy,
                "gain": gain.difference,
                "gain_low": gain.low,
                "gain_high": gain.high,
            }
        )
    return pd.DataFrame(rows)
