"""Self-consistency of the best single model: the plurality of its k samples (section 5, baselines)."""

import numpy as np

from slmmux.orchestration.draws import TRIALS, Outcome, by_draws
from slmmux.orchestration.evaluation import Evaluation, by_priority, checked_accuracy, checked_budget, tokens
from slmmux.orchestration.slm_mux import top_answers
from slmmux.votes.draw_law import draw_law
from slmmux.votes.votes import Votes

LABEL = "Best single model, self-consistency"
NEEDS_VALIDATION_ACCURACY = True
ONE_MODEL = True


def evaluate(
    votes: Votes, budget, validation_accuracy, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """The model with the best validation accuracy among those with budget > 0 votes alone, with its budget.

    Equal accuracies: the first in the list. Tied top answers are broken uniformly at random; the tie
    probability is that of such a tie. Tokens count this model only. Raises InputError as slm_mux does.
    """
    budget, accuracy = checked_budget(votes, budget), checked_accuracy(votes, validation_accuracy)
    best = by_priority(budget, accuracy)[0]
    alone = np.where(np.arange(len(budget)) == best, budget, 0)
    cost = tokens(votes, alone)
    if mode != "exact":

        def decide_draw(drawn, right):
            _, answers = top_answers(drawn[best])
            return Outcome(float(right[answers].mean()) if answers else 0.0, best, len(answers) > 1)

        return by_draws(votes, alone, decide_draw, cost, mode, trials, seed)
    _, right, tied = draw_law(votes, [budget[best]]).of(best, int(budget[best]))
    selected = (alone > 0).astype(float)
    return Evaluation(
        right.sum(axis=1).clip(0, 1), selected, tied.clip(0, 1), cost, "exact", None, cost, np.ones(len(tied))
    )
