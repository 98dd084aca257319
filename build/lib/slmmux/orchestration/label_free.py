"""Label-free SLM-MUX: ties between models go to the one that agrees most with the others; no right answer is needed.

A model's priority is its share of samples that give the plurality answer of the other models' pooled samples, ties
shared evenly, as a mean over questions. Where the models are comparable this orders them much as their accuracies
would. Where one model is far better than the rest it agrees least, and the order is turned around.
"""

import numpy as np

from slmmux.orchestration import slm_mux
from slmmux.orchestration.draws import TRIALS
from slmmux.orchestration.evaluation import Evaluation, checked_budget
from slmmux.votes.draw_law import class_counts
from slmmux.votes.votes import Votes

LABEL = "SLM-MUX without labels"
NEEDS_VALIDATION_ACCURACY = True
ONE_MODEL = False


def fit(validation: Votes, budget) -> np.ndarray:
    """(M,) float agreement of each model in use with the plurality of the others', 0 for models that draw nothing.

    Which answers are right is not looked at. Raises InputError as slm_mux.evaluate does.
    """
    budget = checked_budget(validation, budget)
    used = np.flatnonzero(budget)
    counts, _ = class_counts(validation)
    pooled = counts[:, used].sum(axis=1)
    agreement = np.zeros(len(budget))
    for m in used:
        others = pooled - counts[:, m]
        top = (others == others.max(axis=1, keepdims=True)) & (others > 0)
        share = (counts[:, m] * top).sum(axis=1) / np.maximum(top.sum(axis=1), 1) / validation.pool[m]
        agreement[m] = share.mean()
    return agreement


def evaluate(
    votes: Votes, budget, agreement: np.ndarray, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """slm_mux.evaluate with the agreement (M,) that `fit` gives in the place of validation accuracies."""
    return slm_mux.evaluate(votes, budget, agreement, mode, trials, seed)
