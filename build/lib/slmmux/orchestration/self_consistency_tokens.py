"""Self-consistency of the best single model for as many tokens as all models spend together.

Models differ in how long their prompts and responses are, so as many samples in all are not as many tokens.
"""

from dataclasses import replace

import numpy as np

from slmmux.orchestration import self_consistency, self_consistency_total
from slmmux.orchestration.draws import TRIALS
from slmmux.orchestration.evaluation import Evaluation, by_priority, checked_accuracy, checked_budget, tokens
from slmmux.votes.votes import Votes

LABEL = "Self-consistency of the best single model, same number of tokens"
NEEDS_VALIDATION_ACCURACY = True
ONE_MODEL = False


def evaluate(
    votes: Votes, budget, validation_accuracy, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """self_consistency.evaluate of the best model i among those with budget > 0, with the most samples n such that

        prompt_i + n c_i <= sum_m (prompt_m + k_m c_m),

    all means over the questions, c the tokens of one sample; at least 1 and at most its pool. The evaluation's `note`
    says where the pool bounds it, and where token counts are unknown: then it is self_consistency_total. Raises
    InputError as slm_mux.evaluate does.
    """
    budget, accuracy = checked_budget(votes, budget), checked_accuracy(votes, validation_accuracy)
    best = by_priority(budget, accuracy)[0]
    spent, pool = float(tokens(votes, budget).mean()), int(votes.pool[best])
    prompt, one = float(votes.prompt_tokens[:, best].mean()), float(votes.completion_tokens[:, best].mean())
    if np.isnan(spent):
        found = self_consistency_total.evaluate(votes, budget, accuracy, mode, trials, seed)
        return replace(found, note="; ".join(filter(None, ["tokens unknown: as many samples in all", found.note])))
    # Rounded, so that the number is the same on every machine.
    affordable = pool if one == 0 else max(1, int(round((spent - prompt) / one, 9)))
    alone = np.where(np.arange(len(budget)) == best, min(affordable, pool), 0)
    found = self_consistency.evaluate(votes, alone, accuracy, mode, trials, seed)
    if affordable <= pool:
        return found
    note = f"{votes.models[best]} has a pool of {pool} samples, {affordable} would be as many tokens"
    return replace(found, note=note)
