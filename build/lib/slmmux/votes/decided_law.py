"""When a model that draws one sample after the other cannot change its voted answer any more.

After s of k samples the answer is decided when one answer leads every other by more than the k - s samples that are
left. With C(c, j) ways to see an answer of count c in the pool j times, the number of draws of s samples whose top
answer is seen t times and leads by more than k - s is

    [x^s y]  (1 + x)^u  prod_c (sum_{j < t - (k - s)} C(c, j) x^j  +  y C(c, t) x^t).
"""

import numpy as np

from slmmux.votes.draw_law import binomials, laws_of
from slmmux.votes.votes import Votes


def decided_law(votes: Votes, model: int, k: int) -> np.ndarray:
    """(k, k + 2, Q) float: [s, h] = P(after s samples the answer is decided and seen at least h times).

    votes: any; model: its number; k: samples it may draw, at most its pool. Once decided it stays decided.
    Raises InputError as draw_law does.
    """
    rows, index = laws_of(votes).signatures_of(model)
    unparsed, counts = rows[:, 0], rows[:, 1:]
    choose = binomials(int(rows.sum(axis=1).max(initial=0)), k)
    found = np.zeros((k, k + 2, len(rows)))
    for s in range(1, k):
        left = k - s
        for t in range(left + 1, s + 1):
            # Powers of x up to s, and of y up to 1: the one answer that leads.
            draws = np.zeros((2, s + 1, len(rows)))
            draws[0] = choose[unparsed].T[: s + 1]
            for c in counts.T:
                ways, before = choose[c].T, draws
                draws = np.zeros_like(before)
                for j in range(min(t - left - 1, int(c.max(initial=0))) + 1):
                    draws[:, j:] += ways[j] * before[:, : s + 1 - j]
                draws[1, t:] += ways[t] * before[0, : s + 1 - t]
            found[s, t] = draws[1, s]
        found[s] /= choose[rows.sum(axis=1), s]
    # At least h instead of exactly t.
    at_least = np.cumsum(found[:, ::-1], axis=1)[:, ::-1]
    return at_least[:, :, index].clip(0, 1)
