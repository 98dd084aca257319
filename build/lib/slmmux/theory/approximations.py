"""Statements T3 and T4: A(N, p_max) for SLM-MUX and A(N M, p-bar) for Agent Forest.

Symbols: M models, N samples from each, p_i the probability that a sample of model i is right on the
question, p_max = max_i p_i, p-bar = mean_i p_i, n_i samples in model i's pool. Both are approximations:
T3 takes SLM-MUX to know which model is the best on the question and T1 to hold for it; T4 takes the M
models for one model with probability p-bar. The paper writes A(N, p-bar), although N M samples vote.
"""

from math import factorial

import numpy as np

from slmmux.errors import InputError
from slmmux.orchestration.slm_mux import confidence_levels
from slmmux.theory.majority import hypergeometric, majority, needed, tails
from slmmux.votes.votes import Votes


def best_model_plug_in(votes: Votes, samples: int) -> np.ndarray:
    """(Q,) float: A(N, max_i h_i / n_i), what one gets by inserting the estimates."""
    return majority(samples, votes.accuracy_per_question().max(axis=1))


def best_model_above(votes: Votes, samples: int) -> np.ndarray:
    """(Q,) float whose expectation is at least A(N, p_max): the largest of the models' unbiased tails.

    A grows with p, so A(N, p_max) = max_i A(N, p_i), and the expectation of a maximum is at least the
    maximum of the expectations. Raises InputError when N exceeds a pool.
    """
    return tails(votes, samples).max(axis=1)


def best_model_below(votes: Votes, samples: int, order: list[int]) -> np.ndarray:
    """(Q,) float whose expectation is at most A(N, p_max): pick the model on some samples, judge on others.

    N samples of each pool judge, the other n_i - N pick the model with the most right ones (as a share;
    ties to the first in `order`, which must not come from these votes). Given the pick i, the judged part
    is unbiased for A(N, p_i) <= A(N, p_max). Exact mean over all ways of splitting the pools:

        sum_i sum_x P(i picked with x, at least ceil(N/2) of its N right).

    With n_i = N nothing is left to pick by. Raises InputError when N exceeds a pool.
    """
    questions = len(votes.question_ids)
    rest = [int(n) - samples for n in votes.pool]
    places = confidence_levels(rest)[1]
    levels = 1 + max((int(place.max(initial=0)) for place in places), default=0)
    hits = votes.correct.sum(axis=2)
    total, parts = np.zeros(questions), []
    for m in order:
        law = hypergeometric(int(votes.pool[m]), samples)
        mass, won = np.zeros((2, questions, levels))
        for judged in range(samples + 1):
            left = hits[:, m] - judged
            possible = np.flatnonzero((left >= 0) & (left <= rest[m]))
            probability = law[hits[possible, m], judged]
            place = places[m][left[possible]] if rest[m] else np.zeros(len(possible), dtype=np.int64)
            mass[possible, place] += probability
            if judged >= needed(samples):
                won[possible, place] += probability
        parts.append((mass, won))
    for i in range(len(order)):
        picked = parts[i][1].copy()
        for j, (mass, _) in enumerate(parts):
            up_to = np.cumsum(mass, axis=1)
            if j < i:
                picked *= up_to - mass
            elif j > i:
                picked *= up_to
        total += picked.sum(axis=1)
    return total


def mean_model_plug_in(votes: Votes, votes_cast: int) -> np.ndarray:
    """(Q,) float: A(T, mean_i h_i / n_i) for T votes cast (T4: T = N M; as the paper writes it: T = N)."""
    return majority(votes_cast, votes.accuracy_per_question().mean(axis=1))


def mean_model(votes: Votes, votes_cast: int) -> np.ndarray:
    """(Q,) float: the unbiased estimate of A(T, p-bar), for T at most the smallest pool.

    A vote of the mean model is a sample of a model picked uniformly, so model i casts t_i of the T votes
    with multinomial probability, and casts them from its own pool without replacement:

        T! [x^T] prod_i  sum_t (x / M)^t / t!  sum_j P[Hyp(n_i, h_i, t) = j] y^j,

    summed over the powers of y from ceil(T/2) on. A is a polynomial of degree T in each p_i, which n_i
    samples determine only for T <= n_i: raises InputError beyond.
    """
    if votes_cast > votes.pool.min():
        raise InputError(f"A({votes_cast}, p-bar) has no unbiased estimate from {votes.pool.min()} samples")
    size, models = votes_cast + 1, len(votes.models)
    hits = votes.correct.sum(axis=2)
    product = np.zeros((len(hits), size, size))
    product[:, 0, 0] = 1.0
    for m, n in enumerate(votes.pool):
        factor = np.zeros((int(n) + 1, size, size))
        for t in range(size):
            factor[:, t, : t + 1] = hypergeometric(int(n), t) / (models**t * factorial(t))
        chosen, before = factor[hits[:, m]], product
        product = np.zeros_like(before)
        for t in range(size):
            for j in range(t + 1):
                product[:, t:, j:] += chosen[:, t, j, None, None] * before[:, : size - t, : size - j]
    return factorial(votes_cast) * product[:, votes_cast, needed(votes_cast) :].sum(axis=1)
