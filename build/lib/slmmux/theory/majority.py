"""Statement T1: the accuracy of self-consistency as the tail of a binomial distribution.

Symbols: N samples of one model on one question, p the probability that one sample is right, n the samples
in the model's pool, h how many of them are right. Assumption of T1: a question is won when at least half
of the votes are right, as if there were two answers and a drawn vote were won.
"""

from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binom, hypergeom

from slmmux.errors import InputError
from slmmux.votes.draw_law import class_counts, draw_law
from slmmux.votes.votes import Votes


def majority(samples: int, p) -> np.ndarray:
    """A(N, p) = P[Bin(N, p) >= ceil(N/2)] (T1), of the shape of p. Increasing in p.

    N odd, N >= 3: A > p exactly for 1/2 < p < 1, A < p exactly for 0 < p < 1/2, equal at 0, 1/2 and 1.
    N = 1: A = p. N even: a drawn vote counts as won, so A exceeds p from crossing(N) < 1/2 on, and "only
    when p > 0.5" is false: A(2, p) = 1 - (1 - p)^2 > p for every 0 < p < 1.
    """
    return binom.sf(needed(samples) - 1, samples, p)


def strict_majority(samples: int, p) -> np.ndarray:
    """P[Bin(N, p) > N/2], of the shape of p: more than half of N independent samples are right.

    With one right answer it is a lower bound of the plurality's accuracy, because no other answer can have
    as many votes. See strict_majority_of_pool for the form that survives several right answers.
    """
    return binom.sf(samples // 2, samples, p)


def fair_majority(samples: int, p) -> np.ndarray:
    """P[Bin > N/2] + P[Bin = N/2] / 2, of the shape of p: a drawn vote is settled by a coin.

    For even N this is A(N - 1, p), for odd N it is A(N, p): the even sample buys nothing, and what A(N, p)
    shows above its odd neighbours is the drawn vote it counts as won.
    """
    return (majority(samples, p) + strict_majority(samples, p)) / 2


def crossing(samples: int) -> float:
    """p* with A(N, p) > p exactly for p* < p < 1: 1/2 for odd N >= 3, 0 for N = 2, in (0, 1/2) for even N >= 4.

    Raises InputError for N < 2, where A(N, p) = p and nothing is crossed.
    """
    if samples < 2:
        raise InputError(f"A(N, p) = p everywhere for N = 1; no crossing for N = {samples}")
    if samples % 2:
        return 0.5
    if samples == 2:
        return 0.0
    # A / p starts at 0 and passes 1 once before 1/2.
    return float(brentq(lambda p: float(majority(samples, p)) - p, 1e-9, 0.5, xtol=1e-15))


def needed(samples: int) -> int:
    """ceil(N/2): the right votes that A(N, p) asks for."""
    return -(-samples // 2)


@lru_cache(maxsize=256)
def hypergeometric(pool: int, samples: int) -> np.ndarray:
    """(n+1, N+1) float: P(j right | h right in the pool), N of n drawn without replacement; read-only.

    Raises InputError unless 0 <= N <= n.
    """
    if not 0 <= samples <= pool:
        raise InputError(f"{samples} samples asked for, the pool has {pool}")
    hits, drawn = np.mgrid[0 : pool + 1, 0 : samples + 1]
    table = hypergeom.pmf(drawn, pool, hits, samples)
    table.setflags(write=False)
    return table


def tail(pool: int, hits: np.ndarray, samples: int) -> np.ndarray:
    """Unbiased estimate of A(N, p) from h right samples among n, of the shape of hits.

        U = P[Hyp(n, h, N) >= ceil(N/2)].

    N of n independent samples are N independent samples, so E[U] = A(N, p) for N <= n, and no other
    function of h is unbiased. A(N, h/n) is not: A is curved, so it is off by about A''(p) p (1 - p) / 2n.
    Raises InputError when N > n.
    """
    return hypergeometric(pool, samples)[:, needed(samples) :].sum(axis=1)[hits]


def tails(votes: Votes, samples: int) -> np.ndarray:
    """(Q, M) float: `tail` of every question and model. Raises InputError when N exceeds a pool."""
    hits = votes.correct.sum(axis=2)
    columns = [tail(int(n), hits[:, m], samples) for m, n in enumerate(votes.pool)]
    return np.stack(columns, axis=1)


def plug_in(votes: Votes, samples: int) -> np.ndarray:
    """(Q, M) float: A(N, h/n), the biased estimate, for comparison with `tails`."""
    return majority(samples, votes.accuracy_per_question())


def self_consistency(votes: Votes, samples: int) -> np.ndarray:
    """(Q, M) float: measured accuracy of the plurality of N samples, in expectation over the draw.

    The mean over all draws of N from the pool, so unbiased for N independent samples of the model.
    """
    law = draw_law(votes, [samples])
    return law.right[law.index, 0].sum(axis=2).clip(0, 1)


def strict_majority_of_pool(votes: Votes, samples: int) -> np.ndarray:
    """(Q, M) float: the rigorous lower bound of `self_consistency`, for any number of right answers.

        sum over right answers c of  P[Hyp(n, h_c, N) > N/2] + P[Hyp(n, h_c, N) = N/2] / 2

    A right answer with more than half of the votes wins; one with exactly half shares the top with at most
    one other answer, and a uniform tie-break takes it half of the time. With one right answer this is
    fair_majority, and at least strict_majority. With several, the plain form "more than half of the samples
    are right" is no bound: of seven votes a, a, b, b, x, x, x with a and b right, four are right and x wins.
    Raises InputError when N exceeds a pool.
    """
    counts = class_counts(votes)[0]
    bound = np.zeros(counts.shape[:2])
    for m, n in enumerate(votes.pool):
        table = hypergeometric(int(n), samples)
        won = table[:, samples // 2 + 1 :].sum(axis=1)
        if samples % 2 == 0:
            won = won + table[:, samples // 2] / 2
        bound[:, m] = (won[counts[:, m]] * votes.right).sum(axis=1)
    return bound


def right_majority_of_pool(votes: Votes, samples: int) -> np.ndarray:
    """(Q, M) float: P[Hyp(n, h, N) > N/2] with h all right samples, the bound as it is usually stated.

    At most `self_consistency` where a question has one right answer among those given; see
    strict_majority_of_pool for why not otherwise.
    """
    hits = votes.correct.sum(axis=2)
    columns = [
        hypergeometric(int(n), samples)[:, samples // 2 + 1 :].sum(axis=1)[hits[:, m]] for m, n in enumerate(votes.pool)
    ]
    return np.stack(columns, axis=1)
