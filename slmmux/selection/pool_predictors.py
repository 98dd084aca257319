"""What is known of a subset of models on validation that may tell whether orchestrating it will pay.

With v_m(q) the probability that model m's voted answer to question q is right when it draws k samples, w_m(q) that
its k samples agree on one wrong answer, and b the member with the best validation accuracy:

    gap              accuracy of b minus the mean accuracy of the other members, one sample each
    complementarity  mean over q of (1 - v_b(q)) (1 - prod_{m != b} (1 - v_m(q))): another member is right where b
                     is wrong
    ties             mean over q of the probability that two or more members share the largest confidence
    sure_when_wrong  sum of w_m(q) over that of 1 - v_m(q), over members and questions: agreement on wrong answers
"""

import numpy as np

from slmmux.selection.subset_objective import outcomes
from slmmux.votes.draw_law import draw_law
from slmmux.votes.votes import Votes

PREDICTORS = ("gap", "complementarity", "ties", "sure_when_wrong")


def predictors(votes: Votes, subsets: np.ndarray, k: int) -> dict[str, np.ndarray]:
    """Predictor → (S,) float. subsets: (S, size) model numbers, size >= 2. Raises InputError where k exceeds a pool."""
    accuracy = votes.accuracy()
    right, wrong = outcomes(votes, k)
    law = draw_law(votes, [k])
    mass = law.mass[law.index, 0]  # (Q, M, k + 1)
    below = np.cumsum(mass, axis=2) - mass
    # The best member first.
    order = np.argsort(-accuracy[subsets], axis=1, kind="stable")
    ordered = np.take_along_axis(subsets, order, axis=1)
    best, others = ordered[:, 0], ordered[:, 1:]
    alone = np.empty(len(subsets))
    for i, subset in enumerate(subsets):
        others_below = [below[:, np.delete(subset, j)].prod(axis=1) for j in range(len(subset))]
        alone[i] = sum((mass[:, m] * lower).sum(axis=1) for m, lower in zip(subset, others_below)).mean()
    missed = 1 - right
    return {
        "gap": accuracy[best] - accuracy[others].mean(axis=1),
        "complementarity": (missed[:, best] * (1 - missed[:, others].prod(axis=2))).mean(axis=0),
        "ties": 1 - alone,
        "sure_when_wrong": wrong.sum(axis=0)[subsets].sum(axis=1)
        / np.maximum(missed.sum(axis=0)[subsets].sum(axis=1), np.finfo(float).tiny),
    }
