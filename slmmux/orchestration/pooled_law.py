"""The exact law of a plurality over several models' samples, each drawn from its own pool.

The same generating function as in slmmux.votes.law with one variable x_m per model: class a is seen j_m
times among model m's samples in prod_m C(c_ma, j_m) ways, and its votes are the total over the models.
The coefficient of prod_m x_m^{k_m} counts the draws. Only that coefficient is wanted, so the wrong and
the right classes are multiplied out apart and meet in one dot product.
"""

from itertools import product
from math import comb, prod

import numpy as np

from slmmux.votes.law import class_counts
from slmmux.votes.votes import Votes


def pooled_law(votes: Votes, budget: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(P(plurality is right), P(two or more answers share the most votes)), each (Q,) float.

    budget: (M,) ints. Ties are broken uniformly at random. Cost per question grows with
    prod_m (k_m + 1) squared in the worst case; questions with the same counts are computed once.
    """
    used = np.flatnonzero(budget)
    counts, unparsed = class_counts(votes)
    counts, unparsed, k = counts[:, used], unparsed[:, used], [int(x) for x in budget[used]]
    whole = prod(comb(int(n), j) for n, j in zip(votes.pool[used], k))
    known: dict[tuple, tuple[float, float]] = {}
    correct, tied = np.zeros(len(counts)), np.zeros(len(counts))
    for q in range(len(counts)):
        seen = counts[q].any(axis=0)
        groups = [
            tuple(sorted(map(tuple, counts[q][:, seen & chosen].T.tolist())))
            for chosen in (~votes.right[q], votes.right[q])
        ]
        key = (*groups, tuple(unparsed[q].tolist()))
        if key not in known:
            ways_right, ways_tied = _ways(*key, k)
            known[key] = ways_right / whole, ways_tied / whole
        correct[q], tied[q] = known[key]
    return correct, tied


def _ways(wrong, right, unparsed, k: list[int]) -> tuple[float, float]:
    """Number of draws, weighted by the tie-break, that vote right; number with a tie at the top."""
    dims = [x + 1 for x in k]
    nothing = np.zeros(dims)
    nothing.flat[0] = 1.0
    blank = np.ones(())
    for u, x in zip(unparsed, k):
        blank = np.multiply.outer(blank, [float(comb(u, j)) for j in range(x + 1)])
    most = max((_votes_at_most(c, k) for c in (*wrong, *right)), default=0)
    # No class can be on top with fewer votes than an even split of the votes that must be cast.
    cast = sum(max(0, x - u) for u, x in zip(unparsed, k))
    least = max(1, -(-cast // max(1, len(wrong) + len(right))))
    ways_right = ways_tied = 0.0
    for t in range(least, most + 1):
        lost, won = (
            _multiply(start, classes, k, t, min(len(classes), sum(k) // t))
            for start, classes in ((blank, wrong), (nothing, right))
        )
        # x^k of the product: exponents of the two factors add up to k, hence one of them reversed.
        met = lost.reshape(len(lost), -1) @ won.reshape(len(won), -1)[:, ::-1].T
        m, g = np.mgrid[0 : len(lost), 0 : len(won)]
        ways_right += float((met * g / np.maximum(m + g, 1)).sum())
        ways_tied += float(met[m + g > 1].sum())
    return ways_right, ways_tied


def _multiply(start: np.ndarray, classes, k: list[int], t: int, ties: int) -> np.ndarray:
    """(ties+1, *(k_m+1)): start times prod_a (E_{t-1} + y E_t's top layer), powers of y first."""
    out = np.zeros((ties + 1, *start.shape))
    out[0] = start
    for c in classes:
        factor, out = out, np.zeros_like(out)
        for j in product(*(range(min(count, x) + 1) for count, x in zip(c, k))):
            total = sum(j)
            if total > t:
                continue
            to = tuple(slice(i, None) for i in j)
            of = tuple(slice(None, x + 1 - i) for i, x in zip(j, k))
            ways = float(prod(comb(count, i) for count, i in zip(c, j)))
            if total < t:
                out[(slice(None), *to)] += ways * factor[(slice(None), *of)]
            else:
                out[(slice(1, None), *to)] += ways * factor[(slice(None, -1), *of)]
    return out


def _votes_at_most(counts, k: list[int]) -> int:
    return sum(min(count, x) for count, x in zip(counts, k))
