"""The search over policies, measured by the exact front where all policies can be evaluated."""

from fractions import Fraction
from functools import cache, partial

import numpy as np
import pandas as pd

from slmmux.selection.budget_objectives import budget_objectives
from slmmux.selection.pareto import front, hypervolume
from slmmux.selection.policies import Policy, PolicySpace, measure_policy
from slmmux.selection.search_quality import PROGRESS_COLUMNS, Truth, compare_samplers
from slmmux.selection.starts import known_starts
from slmmux.selection.study import Plan, study_in_memory
from slmmux.settings import EvaluationSettings, PolicySearchSettings, SearchSettings
from slmmux.votes.votes import Votes


def policy_search(
    validation: Votes,
    test: Votes,
    settings: PolicySearchSettings,
    search: SearchSettings,
    evaluation: EvaluationSettings,
) -> dict[str, pd.DataFrame]:
    """Tables 'progress', 'front' and 'policies'; accuracies are shares of 1, tokens expected with stopping.

    progress: as compare_samplers; no rows where there are more policies than settings.exhaustive_up_to.
    front: the exact Pareto front, or the study's where there is none; measured on validation, `found` whether the
           study's trials hold a policy as good in both aims.
    policies: chosen on validation, measured once on test. slm_mux: the most accurate start that is SLM-MUX itself
              (threshold 1, the order of the tie-break, several models); study: the most accurate of the study; frugal:
              the cheapest within search.frugal_margin of it; exact: the most accurate policy of all.
    """
    objectives = budget_objectives(validation, settings.largest_budget)
    thresholds = tuple(sorted(Fraction(str(t)) for t in settings.thresholds))
    space = PolicySpace(objectives, thresholds)
    of = cache(space.of)

    def evaluate(point) -> tuple[float, float]:
        return of(space.policy_of(point))

    budgets = known_starts(
        objectives,
        evaluation.samples,
        search.sizes,
        search.start_budgets,
        search.subsets_up_to,
        objectives.of,
    )
    plan = Plan(
        space.highest, search.sampler, search.seed, settings.trials, search.trials_per_round, search.population,
        space.starts(budgets),
    )  # fmt: skip
    study = study_in_memory(plan, evaluate)
    tried = [space.policy_of(point) for point in study.points]
    known, accuracy, tokens = tried, study.accuracy, study.tokens
    progress = pd.DataFrame(columns=PROGRESS_COLUMNS)
    exhaustive = space.count() <= settings.exhaustive_up_to
    if exhaustive:
        known = space.all()
        accuracy, tokens = np.array([of(policy) for policy in known]).T
        volume = hypervolume(accuracy, tokens, objectives.reference)
        truth = Truth(float(accuracy.max()), volume, objectives.reference)
        run = partial(study_in_memory, evaluate=evaluate)
        progress = compare_samplers(plan, settings.measured_samplers, settings.measured_seeds, run, truth)
    on = front(accuracy, tokens)
    table = pd.DataFrame([_row(known[i], validation) for i in on])
    table["accuracy"], table["tokens"] = accuracy[on], tokens[on]
    table["found"] = [int(((study.accuracy >= accuracy[i]) & (study.tokens <= tokens[i])).any()) for i in on]
    itself = [t for t, p in enumerate(tried[: len(plan.starts)]) if p.threshold == thresholds[-1] and len(p.order) > 1]
    chosen: dict[str, Policy] = {}
    if itself:
        chosen["slm_mux"] = tried[min(itself, key=lambda t: (-study.accuracy[t], study.tokens[t], t))]
    mine = front(study.accuracy, study.tokens)
    chosen["study"] = tried[mine[-1]]
    near = study.accuracy[mine] >= study.accuracy[mine[-1]] - search.frugal_margin
    chosen["frugal"] = tried[mine[near][0]]
    if exhaustive:
        chosen["exact"] = known[on[-1]]
    return {"progress": progress, "front": table, "policies": _measured(chosen, space, test)}


def _row(policy: Policy, votes: Votes) -> dict[str, object]:
    asked = " ".join(f"{votes.models[m]}:{policy.budget[m]}" for m in policy.order)
    return {"policy": asked, "models": len(policy.order), "threshold": float(policy.threshold)}


def _measured(chosen: dict[str, Policy], space: PolicySpace, test: Votes) -> pd.DataFrame:
    rows = []
    for name, policy in chosen.items():
        accuracy, tokens = space.of(policy)
        found = measure_policy(test, policy, space.objectives.accuracy)
        assert found.tokens_with_stopping is not None
        row = {"choice": name} | _row(policy, test)
        row |= {"validation_accuracy": accuracy, "validation_tokens": tokens}
        row |= {"accuracy": found.accuracy, "accuracy_se": found.accuracy_se}
        rows.append(row | {"tokens_per_question": float(found.tokens_with_stopping.mean())})
    return pd.DataFrame(rows)
