"""Coordinate ascent on the exact evaluator: one model's budget after the other is set to its best.

The reference for a search where the whole grid cannot be evaluated. With the models in order of priority, let P be
those before model m and T those after it. With A and F as in slmmux.orchestration.grid, the accuracy with model m
drawing k is linear in its tables,

    sum_s  A_P(s) F_T(s) F_k(s)  +  F_P(s-) F_T(s) A_k(s)  +  F_P(s-) A_T(s) F_k(s-),

so all budgets of one model, the others' fixed, are one product of a matrix and a vector.
"""

from dataclasses import dataclass

import numpy as np

from slmmux.orchestration.evaluation import by_priority
from slmmux.orchestration.slm_mux import confidence_levels
from slmmux.selection.budget_objectives import DIGITS, BudgetObjectives
from slmmux.votes.draw_law import laws_of


@dataclass(frozen=True)
class Ascent:
    """budget: (M,) int, where no change of one model's budget improves. accuracy, tokens: of every budget evaluated
    on the way, each (N,) float."""

    budget: np.ndarray
    accuracy: np.ndarray
    tokens: np.ndarray


class CoordinateAscent:
    """Ascents on one split's objectives. Memory: 24 (largest + 1) bytes a model, question and confidence level."""

    def __init__(self, objectives: BudgetObjectives) -> None:
        self.objectives = objectives
        votes, ks = objectives.votes, range(objectives.largest + 1)
        self.order = by_priority(np.ones(len(votes.models)), objectives.accuracy)
        levels, places = confidence_levels(ks)
        laws, questions = laws_of(votes), len(votes.question_ids)
        # (models, k, (F, A, F-), levels, questions); a model that draws nothing is never in anybody's way.
        self.tables = np.zeros((len(votes.models), len(ks), 3, len(levels), questions))
        self.tables[:, 0, [0, 2]] = 1.0
        for m in range(len(votes.models)):
            for k in ks[1:]:
                law, table = laws.of(m, k), self.tables[m, k]
                reached = np.searchsorted(places[k], np.arange(len(levels)), side="right")
                table[0] = law.below[reached]
                table[1, places[k]] = law.right
                table[2] = table[0]
                table[2, places[k]] = law.below[: k + 1]
        self.prices = np.array([[objectives.price(m, k) for k in ks] for m in range(len(votes.models))])

    def of(self, budget) -> tuple[float, float]:
        """As BudgetObjectives.of, from the tables: quicker where many budgets are asked for."""
        if not any(budget):
            return self.objectives.of(budget)
        a, below = np.zeros(self.tables.shape[3:]), np.ones(self.tables.shape[3:])
        for m in self.order:
            if budget[m]:
                f_m, a_m, below_m = self.tables[m, budget[m]]
                a, below = a * f_m + below * a_m, below * below_m
        return round(float(a.sum(axis=0).mean()), DIGITS), self.objectives.tokens(budget)

    def climb(self, budget, penalty: float = 0.0) -> Ascent:
        """From `budget`, models in order of priority, until a whole round improves nothing.

        What rises is accuracy - penalty * tokens. Of equal values the smaller budget.
        """
        budget = np.array(budget)
        points: list[tuple[np.ndarray, np.ndarray]] = []
        best = -np.inf
        while True:
            value = self._round(budget, penalty, points)
            if value <= best:
                return Ascent(budget, *(np.concatenate(column) for column in zip(*points)))
            best = value

    def _round(self, budget: np.ndarray, penalty: float, points: list) -> float:
        """Set each model's budget to its best, in place; returns the value reached."""
        after = [(np.zeros(self.tables.shape[3:]), np.ones(self.tables.shape[3:]))]
        for m in reversed(self.order):
            a, f = after[-1]
            f_m, a_m, below_m = self.tables[m, budget[m]]
            after.append((a_m * f + below_m * a, f_m * f))
        a_before, below_before = np.zeros(self.tables.shape[3:]), np.ones(self.tables.shape[3:])
        value = -np.inf
        for i, m in enumerate(self.order):
            a_after, f_after = after[len(self.order) - 1 - i]
            weights = np.stack([a_before * f_after, below_before * f_after, below_before * a_after])
            size = weights.size
            accuracy = (self.tables[m].reshape(-1, size) @ weights.ravel() / weights.shape[2]).round(DIGITS)
            others = self.prices[np.arange(len(budget)), budget].sum() - self.prices[m, budget[m]]
            tokens = (others + self.prices[m]).round(DIGITS)
            if others == 0:
                accuracy[0], tokens[0] = 0.0, self.objectives.reference[1]
            points.append((accuracy, tokens))
            values = (accuracy - penalty * tokens).round(DIGITS)
            if values.max() > values[budget[m]]:
                budget[m] = values.argmax()
            value = float(values[budget[m]])
            f_m, a_m, below_m = self.tables[m, budget[m]]
            a_before, below_before = a_before * f_m + below_before * a_m, below_before * below_m
        return value
