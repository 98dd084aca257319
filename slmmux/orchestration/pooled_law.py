"""The exact law of a plurality over several models' samples, each drawn from its own pool.

The same generating function as in slmmux.votes.draw_law with one variable x_m per model: class a is seen j_m
times among model m's samples in prod_m C(c_ma, j_m) ways, and its votes are the total over the models.
The coefficient of prod_m x_m^{k_m} counts the draws. Only that coefficient is wanted, so the wrong and
the right classes are multiplied out apart and meet in one dot product.
"""

from itertools import product
from math import comb, prod

import numpy as np

from slmmux.votes.draw_law import class_counts
from slmmux.votes.votes import Votes


def states(votes: Votes, budget: np.ndarray) -> int:
    """Coefficients the law works on: prod (k_m + 1) over the models that do not draw their whole pool."""
    return prod(int(k) + 1 for k, n in zip(budget, votes.pool) if k < n)


def pooled_law(votes: Votes, budget: np.ndarray, ranks=None) -> tuple[np.ndarray, np.ndarray]:
    """(P(plurality is right), P(a tie is left to chance)), each (Q,) float.

    budget: (M,) ints. ranks: (M,) ints >= 0; of the answers that share the most votes, those win whose best
    supporter (the model of lowest rank that voted for it) ranks lowest. What is then still tied, and without
    ranks every tie, is broken uniformly at random. The time of a question grows with the square of `states`
    at worst, and with the number of different ranks; questions with the same counts are computed once.
    """
    ranks = np.zeros(len(budget), dtype=np.int64) if ranks is None else np.asarray(ranks)
    partial, whole_pool = (budget > 0) & (budget < votes.pool), budget == votes.pool
    counts, unparsed = class_counts(votes)
    # A model that draws its whole pool casts the same votes in every draw.
    sure = counts[:, whole_pool].sum(axis=1)
    nobody = int(ranks.max()) + 1
    supported = np.where(counts[:, whole_pool] > 0, ranks[whole_pool][:, None], nobody)
    sure_rank = supported.min(axis=1, initial=nobody)
    counts, unparsed = counts[:, partial], unparsed[:, partial].tolist()
    k, ranks = budget[partial].tolist(), ranks[partial].tolist()
    whole = prod(comb(int(n), x) for n, x in zip(votes.pool[partial], k))
    known: dict[tuple, tuple[float, float]] = {}
    correct, tied = np.zeros(len(counts)), np.zeros(len(counts))
    for q in range(len(counts)):
        seen = counts[q].any(axis=0) | (sure[q] > 0)
        wrong, right = (
            sorted(zip(sure[q, chosen].tolist(), sure_rank[q, chosen].tolist(), *counts[q][:, chosen].tolist()))
            for chosen in (seen & ~votes.right[q], seen & votes.right[q])
        )
        key = (tuple(wrong), tuple(right), tuple(unparsed[q]))
        if key not in known:
            ways_right, ways_tied = _ways(wrong, right, unparsed[q], k, ranks)
            known[key] = ways_right / whole, ways_tied / whole
        correct[q], tied[q] = known[key]
    return correct, tied


def _ways(wrong, right, unparsed, k: list[int], ranks: list[int]) -> tuple[float, float]:
    """Number of draws, weighted by the tie-break, that vote right; number with a tie left to chance.

    A class is its sure votes and the rank of their best caster, followed by its count in each pool that is
    drawn from in part.
    """
    dims = [x + 1 for x in k]
    nothing = np.zeros(dims)
    nothing.flat[0] = 1.0
    blank = np.ones(())
    for u, x in zip(unparsed, k):
        blank = np.multiply.outer(blank, [float(comb(u, j)) for j in range(x + 1)])
    classes = [*wrong, *right]
    most = max((sure + sum(map(min, counts, k)) for sure, _, *counts in classes), default=0)
    # On top is no class with fewer votes than another has for sure, or than an even split of all that
    # must be cast.
    surest, all_sure = max((c[0] for c in classes), default=0), sum(c[0] for c in classes)
    must = all_sure + sum(max(0, x - u) for u, x in zip(unparsed, k))
    least = max(1, surest, -(-must // max(1, len(classes))))
    ways_right = ways_tied = 0.0
    for rank, t in product(sorted({*ranks, *(c[1] for c in classes if c[0])}), range(least, most + 1)):
        ties = (all_sure + sum(k)) // t
        lost = _multiply(blank, wrong, k, ranks, t, rank, min(len(wrong), ties))
        won = _multiply(nothing, right, k, ranks, t, rank, min(len(right), ties))
        # x^k of the product: exponents of the two factors add up to k, hence one of them reversed.
        met = lost.reshape(len(lost), -1) @ won.reshape(len(won), -1)[:, ::-1].T
        m, g = np.mgrid[0 : len(lost), 0 : len(won)]
        # m + g = 0 is a draw whose top count lies below t, or whose best supporter ranks above `rank`.
        ways_right += float((met * g / np.maximum(m + g, 1)).sum())
        ways_tied += float(met[m + g > 1].sum())
    return ways_right, ways_tied


def _multiply(start: np.ndarray, classes, k: list[int], ranks: list[int], t: int, rank: int, ties: int) -> np.ndarray:
    """(ties+1, *(k_m+1)): start times every class's factor; powers of y, which marks a winner, first.

    No class has more than t votes, and none with t votes a supporter below `rank`.
    """
    out = np.zeros((ties + 1, *start.shape))
    out[0] = start
    for sure, sure_rank, *counts in classes:
        factor, out = out, np.zeros_like(out)
        for j in product(*(range(min(count, x) + 1) for count, x in zip(counts, k))):
            total = sure + sum(j)
            supporter = min([sure_rank, *(r for r, votes in zip(ranks, j) if votes)])
            if total > t or (total == t and supporter < rank):
                continue
            to = tuple(slice(i, None) for i in j)
            of = tuple(slice(None, x + 1 - i) for i, x in zip(j, k))
            ways = float(prod(map(comb, counts, j)))
            if total == t and supporter == rank:
                out[(slice(1, None), *to)] += ways * factor[(slice(None, -1), *of)]
            else:
                out[(slice(None), *to)] += ways * factor[(slice(None), *of)]
    return out
