"""Budgets that a study tries first: what is known to be good for nothing, before any sampler has learnt anything."""

from math import comb

import numpy as np

from slmmux.orchestration.grid import equal_budgets
from slmmux.selection.budget_objectives import DIGITS, BudgetObjectives
from slmmux.selection.study import Evaluate
from slmmux.selection.subset_objective import rank_subsets


def known_starts(
    objectives: BudgetObjectives, k: int, sizes: list[int], alone: list[int], subsets_up_to: int, evaluate: Evaluate
) -> tuple[tuple[int, ...], ...]:
    """Budgets without repetition, the subsets first.

    Subsets, every member drawing k: of each size in `sizes` with at most `subsets_up_to` subsets the one with the
    largest O(S). Every member drawing k, or the largest budget: of each of those sizes the one with the highest exact
    accuracy, and of each larger size the previous one with the model added that gains most. Alone: every model, the
    most accurate first, with each budget in `alone` below the largest, and the largest.
    """
    votes, largest = objectives.votes, objectives.largest
    models = len(votes.models)
    affordable = [size for size in sizes if size <= models and comb(models, size) <= subsets_up_to]
    found: list[tuple[int, ...]] = []

    def equal(members, samples: int) -> tuple[int, ...]:
        return tuple(samples if m in members else 0 for m in range(models))

    if affordable and models > 1:
        for scores in rank_subsets(votes, min(k, largest), affordable).values():
            found.append(equal({votes.models.index(name) for name in scores[0].models}, min(k, largest)))
        for samples in sorted({min(k, largest), largest}):
            subsets, correct = equal_budgets(votes, objectives.accuracy, [samples], affordable)
            accuracy = correct.mean(axis=(1, 2)).round(DIGITS)
            members: set[int] = set()
            for size in affordable:
                of_size = [i for i, subset in enumerate(subsets) if len(subset) == size]
                members = set(subsets[of_size[int(accuracy[of_size].argmax())]])
                found.append(equal(members, samples))
            while len(members) < models:
                others = [m for m in range(models) if m not in members]
                members = members | {max(others, key=lambda m: evaluate(equal(members | {m}, samples))[0])}
                found.append(equal(members, samples))
    for samples in sorted({s for s in alone if s < largest} | {largest}):
        for m in np.argsort(-objectives.accuracy, kind="stable"):
            found.append(equal({int(m)}, samples))
    return tuple(dict.fromkeys(found))
