"""Budgets chosen on the validation split, and then measured once on the test split."""

from dataclasses import dataclass

import numpy as np

from slmmux.orchestration import slm_mux
from slmmux.orchestration.evaluation import Evaluation
from slmmux.selection.budget_objectives import BudgetObjectives, Grid
from slmmux.selection.pareto import front
from slmmux.selection.subset_objective import rank_subsets
from slmmux.selection.trials import Trials
from slmmux.votes.votes import Votes


@dataclass(frozen=True)
class Choice:
    """A budget (samples per model, 0 for a model left out) and its two objectives on validation."""

    budget: tuple[int, ...]
    accuracy: float
    tokens: float


def choose(
    objectives: BudgetObjectives, trials: Trials, grid: Grid | None, k: int, sizes: list[int], frugal_margin: float
) -> dict[str, Choice]:
    """Every choice, by name. It sees the validation split only.

    objective:  the subset of any size in `sizes` with the largest O(S), k samples a model (section 2).
    direct:     the subset of those sizes with the largest exact accuracy, k samples a model; needs the grid
                to reach k.
    study:      the most accurate trial of the study.
    budgets:    the most accurate budget of the grid.
    frugal:     the cheapest budget of the grid whose accuracy is within frugal_margin of the best; without
                a grid, the cheapest such trial.

    Of equal accuracies the cheaper. `budgets` and `direct` are left out where there is no grid. One model:
    `objective` and `direct` are left out.
    """
    tried = trials.accuracy, trials.tokens, trials.points
    chosen: dict[str, tuple[int, ...]] = {}
    models = objectives.votes.models
    if len(models) > 1:
        scores = [best[0] for best in rank_subsets(objectives.votes, k, sizes).values()]
        names = max(scores, key=lambda score: score.objective).models
        chosen["objective"] = tuple(k if name in names else 0 for name in models)
    chosen["study"] = _best(*tried, margin=0.0)
    candidates = tried
    if grid is not None:
        budgets = np.stack(np.unravel_index(np.arange(grid.accuracy.size), grid.accuracy.shape), axis=1)
        candidates = grid.accuracy.ravel(), grid.tokens.ravel(), budgets
        equal = ((budgets == 0) | (budgets == k)).all(axis=1) & np.isin((budgets > 0).sum(axis=1), sizes)
        if equal.any():
            chosen["direct"] = _best(candidates[0][equal], candidates[1][equal], candidates[2][equal], margin=0.0)
        chosen["budgets"] = _best(*candidates, margin=0.0)
    chosen["frugal"] = _best(*candidates, margin=frugal_margin)
    return {name: Choice(budget, *objectives.of(budget)) for name, budget in chosen.items()}


def _best(accuracy: np.ndarray, tokens: np.ndarray, budgets: np.ndarray, margin: float) -> tuple[int, ...]:
    """The cheapest of the Pareto front whose accuracy is within the margin of the highest."""
    on = front(accuracy, tokens)
    enough = on[accuracy[on] >= accuracy[on[-1]] - margin]
    return tuple(int(k) for k in budgets[enough[0]])


def measure(test: Votes, choices: dict[str, Choice], accuracy: np.ndarray) -> dict[str, Evaluation]:
    """SLM-MUX with each chosen budget on the test split; `accuracy` are the (M,) validation accuracies."""
    return {name: slm_mux.evaluate(test, choice.budget, accuracy) for name, choice in choices.items()}
