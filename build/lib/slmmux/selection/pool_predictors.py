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

# Floats of one working table: small enough for a processor's cache.
CHUNK_FLOATS = 50_000
PREDICTORS = ("gap", "complementarity", "ties", "sure_when_wrong")


def predictors(votes: Votes, subsets: np.ndarray, k: int) -> dict[str, np.ndarray]:
    """Predictor → (S,) float. subsets: (S, size) model numbers, size >= 2. Raises InputError where k exceeds a pool."""
    accuracy = votes.accuracy()
    right, wrong = outcomes(votes, k)
    # The best member first.
    order = np.argsort(-accuracy[subsets], axis=1, kind="stable")
    ordered = np.take_along_axis(subsets, order, axis=1)
    best, others = ordered[:, 0], ordered[:, 1:]
    missed = 1 - right
    return {
        "gap": accuracy[best] - accuracy[others].mean(axis=1),
        "complementarity": (missed[:, best] * (1 - missed[:, others].prod(axis=2))).mean(axis=0),
        "ties": 1 - _alone(votes, subsets, k),
        "sure_when_wrong": wrong.sum(axis=0)[subsets].sum(axis=1)
        / np.maximum(missed.sum(axis=0)[subsets].sum(axis=1), np.finfo(float).tiny),
    }


def _alone(votes: Votes, subsets: np.ndarray, k: int) -> np.ndarray:
    """(S,) float: probability that one member's confidence is above those of all others, mean over the questions."""
    law = draw_law(votes, [k])
    mass = np.ascontiguousarray(law.mass[law.index, 0].transpose(1, 2, 0))  # (M, k + 1, Q)
    below = np.cumsum(mass, axis=1) - mass
    found = np.zeros(len(subsets))
    step = max(1, CHUNK_FLOATS // mass[0].size)
    for start in range(0, len(subsets), step):
        columns = subsets[start : start + step].T
        for i, first in enumerate(columns):
            table = mass[first]
            for j, other in enumerate(columns):
                if i != j:
                    table *= below[other]
            found[start : start + step] += table.sum(axis=(1, 2))
    return found / mass.shape[2]
