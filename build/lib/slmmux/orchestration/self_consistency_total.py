"""Self-consistency of the best single model with as many samples as all models draw together: the fair rival.

K models with k samples each cost K k samples; the best of them alone could have drawn as many.
"""

from dataclasses import replace

import numpy as np

from slmmux.orchestration import self_consistency
from slmmux.orchestration.draws import TRIALS
from slmmux.orchestration.evaluation import Evaluation, by_priority, checked_accuracy, checked_budget
from slmmux.votes.votes import Votes

LABEL = "Self-consistency of the best single model, same total number of samples"
NEEDS_VALIDATION_ACCURACY = True
ONE_MODEL = False


def evaluate(
    votes: Votes, budget, validation_accuracy, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """self_consistency.evaluate with sum(budget) samples of the best model among those with budget > 0.

    Its pool may hold fewer; then it draws the whole pool, and the evaluation's `note` says so: the rival is then
    weaker than it would be. Raises InputError as slm_mux.evaluate does.
    """
    budget, accuracy = checked_budget(votes, budget), checked_accuracy(votes, validation_accuracy)
    best = by_priority(budget, accuracy)[0]
    total, pool = int(budget.sum()), int(votes.pool[best])
    alone = np.where(np.arange(len(budget)) == best, min(total, pool), 0)
    found = self_consistency.evaluate(votes, alone, accuracy, mode, trials, seed)
    if total <= pool:
        return found
    return replace(found, note=f"{votes.models[best]} has a pool of {pool} samples, {total} would be as many in all")
