"""Log-odds of counts: what it says for an answer that a model gave it j times of k, learned from validation votes.

    answer = argmax_a sum_m g_m(count_m(a)),      g_m(j) = log P(count_m = j | right) / P(count_m = j | wrong).

Unlike a weighted vote it can learn that a second vote of the same model says little, and that an answer which a strong
model did not give is unlikely. Over the validation questions' answers, all that some model in use gave,

    P(count_m = j | right) = (sum over right answers P(j of c_m in the draw) + s P_m(j)) / (number of them + s),

the same for wrong, with P_m(j) over all answers and s = SHRINKAGE: with little data both are nearly P_m, and g_m is 0.
"""

from math import log

import numpy as np

from slmmux.orchestration.answer_score import UNIT, AnswerScore
from slmmux.orchestration.draws import TRIALS
from slmmux.orchestration.evaluation import Evaluation, checked_budget
from slmmux.orchestration.pooled_vote import evaluate_pooled
from slmmux.votes.draw_law import binomials, laws_of
from slmmux.votes.votes import Votes

LABEL = "Log-odds of counts"
NEEDS_VALIDATION_ACCURACY = True
ONE_MODEL = False

# Answers' worth of "right and wrong answers look alike" that is mixed into the counts.
SHRINKAGE = 10.0


def fit(validation: Votes, budget) -> AnswerScore:
    """The points g_m(0 .. k_m) of every model. Raises InputError as slm_mux.evaluate does."""
    budget = checked_budget(validation, budget)
    used = np.flatnonzero(budget)
    _, right, counts = laws_of(validation).answers
    seen = counts[:, used].any(axis=1)
    right, counts = right[seen], counts[seen]
    choose = binomials(int(validation.pool.max()), int(budget.max()))
    points = []
    for m, k in enumerate(budget.tolist()):
        gain = np.zeros(k + 1, dtype=np.int64)
        if k and len(counts):
            j, n = np.arange(k + 1), int(validation.pool[m])
            drawn = choose[counts[:, m]][:, j] * choose[n - counts[:, m]][:, k - j] / choose[n, k]
            overall = drawn.mean(axis=0)
            given_right, given_wrong = (
                (drawn[of].sum(axis=0) + SHRINKAGE * overall) / (of.sum() + SHRINKAGE) for of in (right, ~right)
            )
            for i in np.flatnonzero(overall):
                gain[i] = round(log(float(given_right[i]) / float(given_wrong[i])) * UNIT)
        points.append(gain)
    return AnswerScore(tuple(points))


def evaluate(
    votes: Votes, budget, score: AnswerScore, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """Expected behaviour of the vote with these points; `fit` gives them, for the same budget.

    Exact or simulated, and its tie probability, as in pooled_vote. Raises InputError as slm_mux.evaluate does.
    """
    return evaluate_pooled(votes, checked_budget(votes, budget), score, mode, trials, seed)
