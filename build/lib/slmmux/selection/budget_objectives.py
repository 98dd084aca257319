"""The search's two objectives on the exact evaluator: SLM-MUX's accuracy up, tokens per question down.

A configuration is a budget: samples per model, 0 for a model left out (section 3).
"""

from dataclasses import dataclass

import numpy as np

from slmmux.errors import InputError
from slmmux.orchestration import slm_mux
from slmmux.orchestration.asking import stopped_at
from slmmux.orchestration.evaluation import by_priority
from slmmux.orchestration.grid import all_budgets
from slmmux.orchestration.grid_cost import stopped_tokens_of_all_budgets
from slmmux.votes.votes import Votes

# Equal accuracies must be equal on every machine, and sums of floats differ in their last digits.
DIGITS = 10


@dataclass(frozen=True)
class BudgetObjectives:
    """Both objectives of the budgets 0..largest of every model, on one split's votes.

    accuracy: (M,) float validation accuracies, the order of tied models.
    """

    votes: Votes
    accuracy: np.ndarray
    largest: int

    @property
    def configurations(self) -> int:
        """Budgets with at least one sample."""
        return (self.largest + 1) ** len(self.votes.models) - 1

    @property
    def reference(self) -> tuple[float, float]:
        """(accuracy, tokens) to measure hypervolumes from: the weakest model's one sample, at the highest price."""
        weakest = float(self.votes.accuracy().min())
        return round(weakest, DIGITS), self.tokens(np.full(len(self.votes.models), self.largest))

    def tokens(self, budget) -> float:
        """Mean tokens per question: the prompt once per model in use, and every sample's completion."""
        prompt, completion = self._token_means()
        budget = np.asarray(budget)
        return round(float(prompt @ (budget > 0) + completion @ budget), DIGITS)

    def price(self, model: int, k: int) -> float:
        """Mean tokens per question of one model (its number) drawing k."""
        budget = np.zeros(len(self.votes.models), dtype=int)
        budget[model] = k
        return self.tokens(budget)

    def of(self, budget) -> tuple[float, float]:
        """(accuracy, tokens) of one budget. No samples at all: the worst of both, so that nothing seeks it."""
        if not any(budget):
            return 0.0, self.reference[1]
        return round(slm_mux.evaluate(self.votes, budget, self.accuracy).accuracy, DIGITS), self.tokens(budget)

    def grid(self) -> "Grid":
        """Both objectives of every budget."""
        prompt, completion = self._token_means()
        base, models = self.largest + 1, len(self.votes.models)
        price = np.zeros((1,) * models)
        for m in range(models):
            of_model = completion[m] * np.arange(base) + prompt[m] * (np.arange(base) > 0)
            price = price + of_model.reshape([-1 if axis == m else 1 for axis in range(models)])
        accuracy = all_budgets(self.votes, self.accuracy, self.largest).round(DIGITS)
        tokens = price.round(DIGITS)
        nothing = (0,) * models
        accuracy[nothing], tokens[nothing] = 0.0, self.reference[1]
        return Grid(accuracy, tokens)

    def tokens_with_stopping(self, budget) -> float:
        """Mean tokens per question where asking stops as soon as no later model can win; see orchestration.stopping.

        No samples at all: as `of`. Without token counts: samples drawn.
        """
        budget = np.asarray(budget)
        if not budget.any():
            return self.reference[1]
        order = by_priority(budget, self.accuracy)
        asked = stopped_at(self.votes, budget, order, {m: int(budget[m]) for m in order})
        return round(float((asked.tokens if self.counts_tokens else asked.samples).mean()), DIGITS)

    def with_stopping(self, grid: "Grid") -> "Grid":
        """The same budgets and accuracies at the price of `tokens_with_stopping`."""
        votes = self.votes
        counts = votes.prompt_tokens, votes.completion_tokens
        prompt, completion = counts if self.counts_tokens else (np.zeros(counts[0].shape), np.ones(counts[1].shape))
        tokens = stopped_tokens_of_all_budgets(votes, self.accuracy, self.largest, prompt, completion).round(DIGITS)
        tokens[(0,) * len(votes.models)] = self.reference[1]
        return Grid(grid.accuracy, tokens)

    def _token_means(self) -> tuple[np.ndarray, np.ndarray]:
        """(prompt, completion), each (M,) float; 0 and 1 where the votes carry no counts: cost is samples drawn."""
        if not self.counts_tokens:
            return np.zeros(len(self.votes.models)), np.ones(len(self.votes.models))
        return self.votes.prompt_tokens.mean(axis=0), self.votes.completion_tokens.mean(axis=0)

    @property
    def counts_tokens(self) -> bool:
        """Whether the votes carry token counts; if not, `tokens` are samples drawn."""
        return not (np.isnan(self.votes.prompt_tokens).any() or np.isnan(self.votes.completion_tokens).any())


@dataclass(frozen=True)
class Grid:
    """Both objectives of every budget, each (largest+1,) * M float, indexed by the budget."""

    accuracy: np.ndarray
    tokens: np.ndarray

    def of(self, budget) -> tuple[float, float]:
        """As BudgetObjectives.of, looked up."""
        return float(self.accuracy[tuple(budget)]), float(self.tokens[tuple(budget)])


def budget_objectives(votes: Votes, largest: int) -> BudgetObjectives:
    """The objectives on a validation split, budgets bounded by its smallest pool.

    Votes without token counts: the second aim is samples drawn. Raises InputError where there are no questions.
    """
    if not len(votes.question_ids):
        raise InputError(f"votes of {votes.benchmark}/{votes.split}: there are no questions")
    return BudgetObjectives(votes, votes.accuracy(), min(largest, int(votes.pool.min())))
