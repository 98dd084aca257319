"""The best single model, answering once (section 5, baselines)."""

import numpy as np

from slmmux.orchestration.draws import TRIALS, Outcome, by_draws
from slmmux.orchestration.evaluation import Evaluation, by_priority, checked_accuracy, checked_budget, tokens
from slmmux.votes.votes import Votes

LABEL = "Best single model, one sample"
NEEDS_VALIDATION_ACCURACY = True
ONE_MODEL = True


def evaluate(
    votes: Votes, budget, validation_accuracy, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """One sample of the model with the best validation accuracy among those with budget > 0.

    The model's own budget does not matter: `correct` is the share of right samples in its pool, p_i of
    section 4, and the tokens are those of one sample. There is nothing to tie. Equal accuracies: the first
    in the list. Raises InputError as slm_mux does.
    """
    budget, accuracy = checked_budget(votes, budget), checked_accuracy(votes, validation_accuracy)
    best = by_priority(budget, accuracy)[0]
    one = (np.arange(len(budget)) == best).astype(np.int64)
    cost = tokens(votes, one)
    if mode != "exact":

        def decide_draw(drawn, right):
            (answer,) = drawn[best]
            return Outcome(float(answer >= 0 and right[answer]), best, False)

        return by_draws(votes, one, decide_draw, cost, mode, trials, seed)
    correct = votes.accuracy_per_question()[:, best]
    return Evaluation(
        correct, one.astype(float), np.zeros(len(correct)), cost, "exact", None, cost, np.ones(len(correct))
    )
