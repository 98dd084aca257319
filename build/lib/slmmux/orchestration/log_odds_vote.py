"""Weighted log-odds vote: the best weights of independent voters (Nitzan and Paroush; arXiv 2510.01499).

    answer = argmax_a sum_m w_m count_m(a),      w_m = log(p_m (C - 1) / (1 - p_m)),

p_m the accuracy of one sample and C the number of plausible answers, over which wrong votes are spread evenly. Two
traps. Without C - 1 a model that is right on less than half of the questions gets a negative weight, and its votes
count against the right answer although it gives that more often than any other. And a model below 1/C, or with p_m
near 0, does so even with it: weights are cut at 0. Where none is left, accuracies are the weights.
"""

from math import log

import numpy as np

from slmmux.orchestration.answer_score import AnswerScore, weighted
from slmmux.orchestration.draws import TRIALS
from slmmux.orchestration.evaluation import Evaluation, checked_budget
from slmmux.orchestration.pooled_vote import evaluate_pooled
from slmmux.votes.draw_law import laws_of
from slmmux.votes.votes import Votes

LABEL = "Log-odds vote"
NEEDS_VALIDATION_ACCURACY = True
ONE_MODEL = False


def plausible_answers(votes: Votes, used) -> float:
    """C: the mean number of different answers that the models `used` gave to a question, at least 2."""
    question, _, counts = laws_of(votes).answers
    seen = counts[:, used].any(axis=1)
    given = np.bincount(question[seen], minlength=len(votes.question_ids))
    return max(2.0, float(given[given > 0].mean())) if seen.any() else 2.0


def fit(validation: Votes, budget) -> np.ndarray:
    """(M,) weights w_m from the validation votes, 0 for models that draw nothing.

    p_m is kept half a sample away from 0 and 1. Raises InputError as slm_mux.evaluate does.
    """
    budget = checked_budget(validation, budget)
    used = np.flatnonzero(budget)
    accuracy = validation.accuracy()
    edge = 0.5 / (len(validation.question_ids) * validation.pool)
    p, answers = np.clip(accuracy, edge, 1 - edge), plausible_answers(validation, used)
    weights = np.array([max(0.0, log(float(q) * (answers - 1) / (1 - float(q)))) for q in p]) * (budget > 0)
    return weights if weights.any() else np.where(budget > 0, accuracy, 0.0)


def evaluate(
    votes: Votes, budget, weights: np.ndarray, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """Expected behaviour of the vote with these weights (M,); `fit` gives them.

    Exact or simulated, and its tie probability, as in pooled_vote. Raises InputError as slm_mux.evaluate does.
    """
    budget = checked_budget(votes, budget)
    score: AnswerScore = weighted(weights, budget)
    return evaluate_pooled(votes, budget, score, mode, trials, seed)
