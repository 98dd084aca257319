"""The oracle: an upper bound on what picking one model's voted answer can reach (sections 4 and 5)."""

import numpy as np

from slmmux.orchestration.draws import TRIALS, Outcome, by_draws
from slmmux.orchestration.evaluation import Evaluation, checked_budget, tokens
from slmmux.orchestration.slm_mux import top_answers
from slmmux.votes.draw_law import draw_law
from slmmux.votes.votes import Votes

LABEL = "Oracle (union)"
NEEDS_VALIDATION_ACCURACY = False
ONE_MODEL = False


def evaluate(
    votes: Votes, budget, validation_accuracy, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """A question counts when at least one model's *voted* answer is right.

    This is the paper's upper bound, its union accuracy: the union_accuracy of the models' voted answers,
    not of their samples, so a right sample that its own model outvotes does not count. The models draw and
    break their ties independently:

        correct = 1 - prod_m (1 - P(model m's voted answer is right)).

    SLM-MUX can never exceed it at the same budget. `validation_accuracy` is not used and may be None. No
    model is selected and there is no tie between models, so `selected` is None and the tie probability 0.
    """
    budget = checked_budget(votes, budget)
    cost = tokens(votes, budget)
    if mode != "exact":

        def decide_draw(drawn, right):
            tops = [top_answers(classes)[1] for classes in drawn if len(classes)]
            missed = np.prod([1 - right[answers].mean() for answers in tops if answers])
            return Outcome(float(1 - missed), None, False)

        return by_draws(votes, budget, decide_draw, cost, mode, trials, seed)
    law = draw_law(votes, budget[budget > 0])
    missed = np.ones(len(votes.question_ids))
    for m in np.flatnonzero(budget):
        missed *= 1 - law.of(m, int(budget[m]))[1].sum(axis=1)
    return Evaluation((1 - missed).clip(0, 1), None, np.zeros(len(missed)), cost, "exact", None)
