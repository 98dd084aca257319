"""At one level of a pooled vote: in how many draws it is the highest and a right answer wins, or several share it.

The polynomials of slmmux.orchestration.pooled_law, in which E_a marks an answer that reaches the level with y: the
coefficient of y^w z^g tells in how many draws w wrong and g right answers share it. Chance takes a right one with
probability g / (w + g), so no powers of y need to be kept, since

    g / (w + g) = integral over y from 0 to 1 of  g y^(w + g - 1),

and a few nodes of Gauss and Legendre give the integral of a polynomial exactly. With G(y) the polynomial of z = y,

    number of draws with a tie = G(1) - G(0) - G'(0).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

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

    def won(self, contenders: np.ndarray) -> np.ndarray:
        """(jobs,): number of draws, weighted by the tie-break, in which a right answer wins at this level.

        contenders: (jobs, width) kinds, the wrong ones first, -1 for none.
        """
        sizes = np.indices(self.shape).sum(axis=0)[..., None]
        reached: np.ndarray = np.logical_or.reduce(self.reach > 0)
        least = int(sizes.ravel()[reached].min(initial=self.k.sum()))
        # At the lowest level the votes drawn for contenders tell how many share it; no y is needed then.
        lowest = least > 0 and not self.below[:, 1:].any() and not reached[sizes.ravel() != least].any()
        most = contenders.shape[1] if least == 0 else int(self.k.sum()) // least
        below, reach = self._factors()
        there = contenders >= 0
        is_right = np.logical_and(there, self.right[contenders])
        found = np.zeros(len(contenders))
        is_wrong = np.logical_and(there, ~is_right)
        for part, blank in self._parts(contenders, is_wrong, is_right):
            wrong, rights = (_first(np.where(which[part], contenders[part], -1)) for which in (is_wrong, is_right))
            if lowest:
                lost, gained = (_product(self.shape, kinds, (below + reach,))[0] for kinds in (wrong, rights))
                found[part] = _share(lost, gained, blank, sizes // least)
                continue
            winners = min(most, wrong.shape[1] + rights.shape[1])
            gained = _product(self.shape, rights, (below, reach), min(winners, rights.shape[1]))
            gained = gained.reshape(len(gained), -1, len(part))
            for y, weight in zip(*_nodes(winners)):
                lost = _multiply(blank[None].copy(), wrong, (below + y * reach,)).reshape(-1, len(part))
                found[part] += weight * _met(lost, sum(g * y ** (g - 1) * gained[g] for g in range(1, len(gained))))
        return found

    def tied(self, contenders: np.ndarray) -> np.ndarray:
        """(jobs,): number of draws in which two or more answers share this level. contenders: as in `won`."""
        below, reach = self._factors()
        found = np.zeros(len(contenders))
        for part, blank in self._parts(contenders, contenders >= 0):
            kinds = _first(contenders[part])
            none, one = _multiply(np.stack([blank, 0 * blank]), kinds, (below, reach)).reshape(2, -1, len(part))[:, -1]
            some = _multiply(blank[None], kinds, (below + reach,)).reshape(-1, len(part))[-1]
            found[part] = some - none - one
        return found

    def _factors(self) -> tuple[np.ndarray, np.ndarray]:
        """below and reach, with one kind more that stands for no answer at all."""
        return (
            np.concatenate([self.below, np.eye(1, self.below.shape[1])]),
            np.concatenate([self.reach, np.zeros((1, self.reach.shape[1]))]),
        )

    def _parts(self, contenders: np.ndarray, *groups: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Jobs (numbers,) handled together, and their ways (*shape, jobs) to draw what is no contender.

        groups: (jobs, width) bool; jobs with equally many contenders of the first group stand together, then of the
        second.
        """
        free = self.n - np.where((contenders >= 0)[:, :, None], self.counts[contenders], 0).sum(axis=1)
        order = np.lexsort([-group.sum(axis=1) for group in reversed(groups)])
        step = max(1, CHUNK_FLOATS // self.below.shape[1])
        for start in range(0, len(order), step):
            part = order[start : start + step]
            blank = np.ones((*self.shape, len(part)))
            for m in range(len(self.shape)):
                along = [1] * len(self.shape) + [len(part)]
                along[m] = -1
                blank *= self.choose[free[part, m]].T[: self.k[m] + 1].reshape(along)
            yield part, blank


def _first(kinds: np.ndarray) -> np.ndarray:
    """The kinds of each row moved to its left, the columns cut that then hold none (-1)."""
    ordered = np.take_along_axis(kinds, np.argsort(kinds < 0, axis=1, kind="stable"), axis=1)
    return ordered[:, : int((kinds >= 0).sum(axis=1).max(initial=0))]


@lru_cache(maxsize=256)
def _nodes(winners: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights that integrate polynomials of degree winners - 1 over 0 to 1 exactly."""
    nodes, weights = np.polynomial.legendre.leggauss((winners + 1) // 2)
    return (nodes + 1) / 2, weights / 2


def _met(lost: np.ndarray, gained: np.ndarray) -> np.ndarray:
    """(jobs,): x^k of the product of (states, jobs) polynomials: the exponents of the factors add up to k."""
    states = np.flatnonzero(gained.any(axis=1))
    return (lost[len(lost) - 1 - states] * gained[states]).sum(axis=0)


def _share(lost, gained, blank, winners: np.ndarray) -> np.ndarray:
    """Level.won where the exponents of x say how many answers share the level: winners (*shape, 1)."""
    won = np.zeros(lost.shape[-1])
    shape = lost.shape[:-1]
    for state in np.argwhere(gained.any(axis=-1)):
        g = int(winners[tuple(state)][0])
        rest = tuple(slice(None, x - i) for x, i in zip(shape, state))
        met = lost[rest] * blank[rest][(slice(None, None, -1),) * len(shape)] * gained[tuple(state)]
        won += (met * (g / np.maximum(winners[rest] + g, 1))).sum(axis=tuple(range(len(shape))))
    return won


def _product(shape: tuple[int, ...], kinds: np.ndarray, factors: tuple[np.ndarray, ...], ties: int = 0) -> np.ndarray:
    """(ties + 1, *shape, jobs): _multiply from 1 on, which makes the first factor the product so far."""
    out = np.zeros((ties + 1, *shape, len(kinds)))
    if not kinds.shape[1]:
        out[(0,) * (1 + len(shape))] = 1.0
        return out
    for power, factor in enumerate(factors[: ties + 1]):
        out[power] = factor[kinds[:, 0]].T.reshape(out.shape[1:])
    return _multiply(out, kinds[:, 1:], factors)


def _multiply(out: np.ndarray, kinds: np.ndarray, factors: tuple[np.ndarray, ...]) -> np.ndarray:
    """`out` (ties + 1, *shape, jobs), times every answer's factor; powers of y, which marks a winner, come first.

    factors: per power of y (kinds + 1, states), the last row for no answer. kinds: (jobs, width), -1 at the end of a
    row for no answer. `out` is overwritten.
    """
    if not kinds.shape[1]:
        return out
    ties, shape = len(out) - 1, out.shape[1:-1]
    product, summand = np.empty((2, out.size))
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
