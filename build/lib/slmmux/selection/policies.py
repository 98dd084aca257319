"""Policies: models, samples of each, the order of asking and the threshold that stops it, for accuracy and tokens.

A policy is a cascade (slmmux.orchestration.cascade). Tokens are those expected with stopping. As a point of a study
it has two parameters a model, its samples and its place, and the number of a threshold: the models are asked by rising
place, those of equal place by validation accuracy. One step of a parameter is one sample more, one model asked later,
or the next threshold.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations, product
from math import prod

import numpy as np

from slmmux.orchestration import cascade
from slmmux.orchestration.asking import stopped_at
from slmmux.orchestration.cascade import Cascade
from slmmux.orchestration.evaluation import Evaluation, by_priority
from slmmux.selection.budget_objectives import DIGITS, BudgetObjectives
from slmmux.votes.votes import Votes


@dataclass(frozen=True)
class Policy:
    """budget: samples per model, 0 for a model left out. order: numbers of the models in use, as they are asked."""

    budget: tuple[int, ...]
    order: tuple[int, ...]
    threshold: Fraction


@dataclass(frozen=True)
class PolicySpace:
    """All policies with the objectives' largest budget and these thresholds, ascending."""

    objectives: BudgetObjectives
    thresholds: tuple[Fraction, ...]

    @property
    def highest(self) -> tuple[tuple[str, int], ...]:
        """Plan.highest: MODEL (samples), MODEL.place, and threshold."""
        models, largest = self.objectives.votes.models, self.objectives.largest
        places = [(f"{model}.place", len(models) - 1) for model in models]
        return (*((model, largest) for model in models), *places, ("threshold", len(self.thresholds) - 1))

    def policy_of(self, point) -> Policy:
        models = len(self.objectives.votes.models)
        budget = tuple(int(k) for k in point[:models])
        priority = by_priority(np.array(budget), self.objectives.accuracy)
        order = sorted(priority, key=lambda m: point[models + m])
        # One model is asked whatever the threshold.
        number = point[2 * models] if len(order) > 1 else len(self.thresholds) - 1
        return Policy(budget, tuple(order), self.thresholds[int(number)])

    def starts(self, budgets: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        """Points: each budget asked in the order of the tie-break, with the highest and then the lowest threshold."""
        places = (0,) * len(self.objectives.votes.models)
        last = len(self.thresholds) - 1
        several = [b for b in budgets if sum(k > 0 for k in b) > 1]
        return (*((*b, *places, last) for b in budgets), *((*b, *places, 0) for b in several))

    def of(self, policy: Policy) -> tuple[float, float]:
        """(accuracy, expected tokens with stopping). No samples at all: the worst of both."""
        if not policy.order:
            return 0.0, self.objectives.reference[1]
        found = measure_policy(self.objectives.votes, policy, self.objectives.accuracy)
        assert found.tokens_with_stopping is not None
        tokens = found.tokens_with_stopping.mean() if self.objectives.counts_tokens else self._samples(policy)
        return round(found.accuracy, DIGITS), round(float(tokens), DIGITS)

    def count(self) -> int:
        """Number of policies of all()."""
        models, largest = len(self.objectives.votes.models), self.objectives.largest
        orders = [prod(range(models - size + 1, models + 1)) for size in range(models + 1)]
        return sum(orders[s] * largest**s * (len(self.thresholds) if s > 1 else 1) for s in range(1, models + 1))

    def all(self) -> list[Policy]:
        """Every policy, once where only one model is asked."""
        found = []
        for budget in product(range(self.objectives.largest + 1), repeat=len(self.objectives.votes.models)):
            used = [m for m, k in enumerate(budget) if k]
            thresholds = self.thresholds if len(used) > 1 else self.thresholds[-1:]
            if used:
                found += [Policy(budget, order, t) for order in permutations(used) for t in thresholds]
        return found

    def _samples(self, policy: Policy) -> float:
        budget = np.array(policy.budget)
        needed = {m: cascade.needed(policy.threshold, int(budget[m])) for m in policy.order}
        return float(stopped_at(self.objectives.votes, budget, list(policy.order), needed).samples.mean())


def measure_policy(votes: Votes, policy: Policy, accuracy: np.ndarray) -> Evaluation:
    """The policy's expected behaviour; accuracy: (M,) validation accuracies, the order of tied models."""
    return cascade.evaluate(votes, policy.budget, Cascade(policy.threshold, policy.order, accuracy))
