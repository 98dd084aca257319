"""Pooled plurality whose ties go to the answer with the best supporter.

The paper's authors' ICLR package simulates this and calls it SLM-MUX. It is Agent Forest with a tie-break, not
Algorithm 1: no model has a confidence, and no model is selected.
"""

import numpy as np

from slmmux.orchestration.answer_score import AnswerScore, weighted
from slmmux.orchestration.draws import TRIALS
from slmmux.orchestration.evaluation import Evaluation, by_priority, checked_accuracy, checked_budget
from slmmux.orchestration.pooled_vote import evaluate_pooled
from slmmux.votes.votes import Votes

LABEL = "Agent Forest, ties to the best supporter"
NEEDS_VALIDATION_ACCURACY = True
ONE_MODEL = False


def evaluate(
    votes: Votes, budget, validation_accuracy, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """Expected behaviour of pooling budget[m] samples of every model m and taking the plurality.

    Among the answers with the most votes, that one wins for which the most accurate model voted: the largest
    validation accuracy, then list order. Answers with the same best supporter tie, and chance decides; that is
    the tie probability. Exact or simulated as Agent Forest is. Raises InputError as slm_mux does.
    """
    budget, accuracy = checked_budget(votes, budget), checked_accuracy(votes, validation_accuracy)
    order = by_priority(budget, accuracy)
    ranks = np.full(len(budget), len(order))
    ranks[order] = np.arange(len(order))
    score = AnswerScore(weighted(np.ones(len(budget)), budget).points, ranks)
    return evaluate_pooled(votes, budget, score, mode, trials, seed)
