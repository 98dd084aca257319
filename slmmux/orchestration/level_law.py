"""At one level of a pooled vote: in how many draws it is the highest, and a right answer wins there.

The polynomials of slmmux.orchestration.pooled_law, in which E_a marks an answer that reaches the level with y. Their
powers of y tell how many answers share the level: w wrong ones and g right ones, of which chance takes a right one
with probability g / (w + g). Where ties themselves are not asked for, no powers of y are kept, since

    g / (w + g) = integral over y from 0 to 1 of  g y^(w + g - 1),

and a few nodes of Gauss and Legendre give the integral of a polynomial exactly.
"""

from dataclasses import dataclass

import numpy as np

# Floats of one working polynomial: small enough for a processor's cache.
CHUNK_FLOATS = 50_000


@dataclass(frozen=True)
class Level:
    """One level, for M models that draw a part of their pool; S = prod_m (k_m + 1) states.

    right:         (kinds,) bool. counts: (kinds, M) int, how often an answer of the kind is in the pools.
    below, reach:  (kinds, S) float, the coefficients of E_a without and with y.
    k, n:          (M,) int, samples drawn and in the pool.
    choose:        binomials, (n+1, k+1) float.
    """

    right: np.ndarray
    counts: np.ndarray
    below: np.ndarray
    reach: np.ndarray
    k: np.ndarray
    n: np.ndarray
    choose: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple((self.k + 1).tolist())

    def draws(self, contenders: np.ndarray, ties: bool) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of draws, per job: weighted by the tie-break, that vote right at this level; with a tie at it.

        contenders: (jobs, width) kinds, the wrong ones first, -1 for none. ties: whether the second is asked for; if
        not it is 0.
        """
        shape, number = self.shape, len(contenders)
        there = contenders >= 0
        free = self.n - np.where(there[:, :, None], self.counts[contenders], 0).sum(axis=1)
        is_right = there & self.right[contenders]
        wrong_number, right_number = (there & ~is_right).sum(axis=1), is_right.sum(axis=1)
        jobs = np.lexsort((-right_number, -wrong_number))
        sizes = np.indices(shape).sum(axis=0)[..., None]
        reached = self.reach.any(axis=0)
        least = int(sizes.ravel()[reached].min(initial=self.k.sum()))
        # At the lowest level the votes drawn for contenders tell how many share it; no y is needed then.
        lowest = least > 0 and not self.below[:, 1:].any() and not reached[sizes.ravel() != least].any()
        # One kind more that stands for no answer at all.
        below = np.concatenate([self.below, np.eye(1, self.below.shape[1])])
        reach = np.concatenate([self.reach, np.zeros((1, self.reach.shape[1]))])
        most = contenders.shape[1] if least == 0 else min(int(self.k.sum()) // least, contenders.shape[1])
        won, tied = np.zeros(number), np.zeros(number)
        step = max(1, CHUNK_FLOATS // (below.shape[1] * (most + 1 if ties and not lowest else 1)))
        for start in range(0, number, step):
            part = jobs[start : start + step]
            wrong = np.where(there[part] & ~is_right[part], contenders[part], -1)[
                :, : wrong_number[part].max(initial=0)
            ]
            rights = -np.sort(-np.where(is_right[part], contenders[part], -1), axis=1)
            rights = rights[:, : right_number[part].max(initial=0)]
            blank = np.ones((*shape, len(part)))
            for m in range(len(shape)):
                along = [1] * len(shape) + [len(part)]
                along[m] = -1
                blank *= self.choose[free[part, m]].T[: self.k[m] + 1].reshape(along)
            nothing = np.zeros((*shape, len(part)))
            nothing[(0,) * len(shape)] = 1.0
            if lowest:
                lost, gained = (_multiply(nothing, kinds, (below + reach,))[0] for kinds in (wrong, rights))
                won[part], tied[part] = _share(lost, gained, blank, sizes // least)
                continue
            winners = min(most, wrong.shape[1] + rights.shape[1])
            gained = _multiply(nothing, rights, (below, reach), min(winners, rights.shape[1]))
            gained = gained.reshape(len(gained), -1, len(part))
            if ties:
                lost = _multiply(blank, wrong, (below, reach), min(winners, wrong.shape[1]))
                won[part], tied[part] = _by_winners(lost.reshape(len(lost), -1, len(part)), gained, winners)
                continue
            for y, weight in zip(*_nodes(winners)):
                lost = _multiply(blank, wrong, (below + y * reach,))[0].reshape(-1, len(part))
                won[part] += weight * _met(lost, sum(g * y ** (g - 1) * gained[g] for g in range(1, len(gained))))
        return won, tied


def _nodes(winners: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights that integrate polynomials of degree winners - 1 over 0 to 1 exactly."""
    nodes, weights = np.polynomial.legendre.leggauss((winners + 1) // 2)
    return (nodes + 1) / 2, weights / 2


def _met(lost: np.ndarray, gained: np.ndarray) -> np.ndarray:
    """(jobs,): x^k of the product of (states, jobs) polynomials: the exponents of the factors add up to k."""
    states = np.flatnonzero(gained.any(axis=1))
    return (lost[len(lost) - 1 - states] * gained[states]).sum(axis=0)


def _by_winners(lost: np.ndarray, gained: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The two numbers of Level.draws, from polynomials (winners + 1, states, jobs) of wrong and of right answers."""
    won, tied = np.zeros((2, lost.shape[-1]))
    for w in range(len(lost)):
        for g in range(len(gained)):
            if (w, g) in ((0, 0), (1, 0)) or w + g > most:
                continue
            met = _met(lost[w], gained[g])
            won += met * (g / (w + g))
            if w + g > 1:
                tied += met
    return won, tied


def _share(lost, gained, blank, winners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two numbers of Level.draws where the exponents of x say how many answers share the level: winners
    (*shape, 1)."""
    won, tied = np.zeros((2, lost.shape[-1]))
    shape = lost.shape[:-1]
    for state in np.argwhere(gained.any(axis=-1)):
        g = int(winners[tuple(state)][0])
        rest = tuple(slice(None, x - i) for x, i in zip(shape, state))
        w = winners[rest]
        met = lost[rest] * blank[rest][(slice(None, None, -1),) * len(shape)] * gained[tuple(state)]
        axes = tuple(range(len(shape)))
        won += (met * (g / np.maximum(w + g, 1))).sum(axis=axes)
        tied += (met * (w + g > 1)).sum(axis=axes)
    return won, tied


def _multiply(start: np.ndarray, kinds: np.ndarray, factors: tuple[np.ndarray, ...], ties: int = 0) -> np.ndarray:
    """(ties + 1, *shape, jobs): start times every answer's factor; powers of y, which marks a winner, first.

    start: (*shape, jobs). factors: per power of y (kinds + 1, states), the last row for no answer. kinds: (jobs,
    width), -1 at the end of a row for no answer.
    """
    out = np.zeros((ties + 1, *start.shape))
    out[0] = start
    product, summand = np.empty((2, out.size))
    shape = start.shape[:-1]
    # Of all other terms the coefficients, and where they take what from.
    constant, terms = factors[0][:, 0], []
    for power, factor in enumerate(factors):
        for state in np.flatnonzero(factor.any(axis=0)):
            if (power, state) == (0, 0):
                continue
            j = np.unravel_index(state, shape)
            into = (slice(power, None), *(slice(i, None) for i in j))
            whence = (slice(None, ties + 1 - power), *(slice(None, x - i) for i, x in zip(j, shape)))
            terms.append((np.ascontiguousarray(factor[:, state]), into, whence))
    for column in kinds.T:
        if not (column >= 0).any():
            break
        active = len(column) - int((column[::-1] >= 0).argmax())
        of = out[..., :active]
        to = product[: of.size].reshape(of.shape)
        np.multiply(of, constant[column[:active]], out=to)
        for coefficients, into, whence in terms:
            source = of[whence]
            added = summand[: source.size].reshape(source.shape)
            np.multiply(source, coefficients[column[:active]], out=added)
            to[into] += added
        of[...] = to
    return out
