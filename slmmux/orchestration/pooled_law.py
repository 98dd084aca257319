"""The exact law of a vote over several models' samples, each drawn from its own pool.

Answer class a is seen j_m times among the k_m samples of model m in C(c_am, j_m) ways, c_am being its count in the
pool. What its votes are worth is a level, an integer that depends on (j_1, .., j_M) alone; the answer with the
highest level wins, and chance decides between equal ones. With level(j) = sum_m j_m this is the plurality.

Answer a, drawn j times, is at level l = level(j), none of the others above it and y of them at it, in

    prod_m C(c_am, j_m) [prod_m x_m^{k_m - j_m} y^y]  prod_m (1 + x_m)^{u_m}  prod_{b != a} E_b(x, y),
    E_b(x, y) = sum_{i: level(i) < l} prod_m C(c_bm, i_m) x_m^{i_m}  +  y sum_{i: level(i) = l} (the same)

draws of prod_m C(n_m, k_m), u_m being the unparsed samples, and wins in 1 / (1 + y) of them. The sum over its draws,
and over the right answers, is the number of draws that are right. Answers that cannot reach level l may be drawn
freely, as the unparsed samples are, and have no factor of their own.

slmmux.orchestration.pooled_draws has the loops.
"""

from functools import lru_cache
from itertools import combinations
from math import comb, prod
from typing import NamedTuple

import numpy as np

from slmmux.orchestration.answer_score import AnswerScore
from slmmux.votes.draw_law import binomials, laws_of
from slmmux.votes.votes import Votes


class Rule(NamedTuple):
    """A vote over M models with S = prod_m (k_m + 1) states. Level 0: no vote. F: kinds of votes drawn for sure.

    pool, budget, cap, strides:  (M,) int. Samples in the pool and drawn; the most votes an answer may get of a model,
                                 at most the budget; see pooled_draws.
    drawn:         (S, M) int, the states; size: (S,) int, their sums.
    fits:          (S, S) uint8, 1 where two states together stay within the budget, else 0.
    choose:        (n + 1, k + 1) float, binomials.
    level:         (F, S) int, what the state of an answer is worth: of two answers the one with the higher level wins.
    reachable:     (F, S) int, the highest level of a state and all that are nowhere larger.
    ascending:     (F, S) int, the states by level.
    most, largest: (L, M) and (L,) int, the largest j_m and the largest size of a state up to a level.
    smallest:      (L,) int, the smallest size of a state of a level.
    highest:       int, the highest level of all.
    one_size:      int, the lowest level if all its states have one size, so that the number of votes drawn tells how
                   many answers are at it; else 0.
    """

    pool: np.ndarray
    budget: np.ndarray
    cap: np.ndarray
    strides: np.ndarray
    drawn: np.ndarray
    size: np.ndarray
    fits: np.ndarray
    choose: np.ndarray
    level: np.ndarray
    reachable: np.ndarray
    ascending: np.ndarray
    most: np.ndarray
    largest: np.ndarray
    smallest: np.ndarray
    highest: int
    one_size: int


# Beyond so many states the law takes too long. At the bound 500 questions take seconds and 200 MiB.
EXACT_STATES = 10_000
# The number of draws must fit a float.
EXACT_BITS = 1000


def affordable(votes: Votes, budget: np.ndarray) -> bool:
    """Whether the law is evaluated for this budget (M,): prod (k_m + 1) states over the models that draw in part."""
    drawn = [(int(n), int(k)) for n, k in zip(votes.pool, budget) if k < n]
    few = prod(k + 1 for _, k in drawn) <= EXACT_STATES
    return few and prod(comb(n, k) for n, k in drawn).bit_length() <= EXACT_BITS


def pooled_law(votes: Votes, budget: np.ndarray, score: AnswerScore, cap: np.ndarray | None = None) -> np.ndarray:
    """(Q,) float: P(the vote is right) of one budget (M,) of ints.

    cap: (M,) ints. Only draws in which no answer has more than cap[m] votes of model m count; the others add nothing.
    """
    return _law_of_budget(votes, budget, score, cap, ties=False)


def tie_law(votes: Votes, budget: np.ndarray, score: AnswerScore, cap: np.ndarray | None = None) -> np.ndarray:
    """(Q,) float: P(a tie is left to chance), as `pooled_law`."""
    return _law_of_budget(votes, budget, score, cap, ties=True)


def _law_of_budget(votes: Votes, budget: np.ndarray, score: AnswerScore, cap: np.ndarray | None, ties: bool):
    used = np.flatnonzero(budget)
    team = _Team(votes.pool[used], budget[used], score.of(used), budget[used] if cap is None else cap[used])
    return team.law(votes, used, ties)


def pooled_law_of_subsets(votes: Votes, subsets: np.ndarray, k: int, score: AnswerScore) -> np.ndarray:
    """(subsets, Q) P(the vote is right), as `pooled_law`, of many subsets of equally many models, each drawing k.

    subsets: (subsets, size) int, model numbers; score: of `size` models, in the order of a subset's entries. All
    pools must have the same size.
    """
    subsets = np.asarray(subsets)
    budget = np.full(subsets.shape[1], k)
    team = _Team(votes.pool[subsets[0]], budget, score, budget)
    return np.array([team.law(votes, subset, ties=False) for subset in subsets])


def all_subsets(models: int, size: int) -> np.ndarray:
    """(subsets, size) int: every subset of that size, in lexicographic order."""
    return np.array(list(combinations(range(models), size)), dtype=np.int64).reshape(-1, size)


class _Team:
    """Models by their pools, budgets, score and caps, each (M,): what does not depend on the questions."""

    def __init__(self, pool: np.ndarray, budget: np.ndarray, score: AnswerScore, cap: np.ndarray) -> None:
        self.pool, self.budget, self.score, self.cap = pool, budget, score, cap
        # Who draws its whole pool leaves nothing to chance; its votes are part of the level.
        self.sure, self.partial = np.flatnonzero(budget == pool), np.flatnonzero(budget < pool)
        self.shape = tuple((budget[self.partial] + 1).tolist())
        self.drawn, self._fits = _states(self.shape)
        self.whole = float(prod(comb(int(n), int(k)) for n, k in zip(pool, budget)))
        self._of_nothing_sure = None if len(self.sure) else self._rule(np.zeros((1, 0), dtype=np.int64))

    def law(self, votes: Votes, models: np.ndarray, ties: bool) -> np.ndarray:
        """(Q,) P(right), or with `ties` P(tie), of these models (M,) in these places."""
        # Numba is loaded only where it is needed.
        from slmmux.orchestration.pooled_draws import count_draws

        laws = laws_of(votes)
        first, right, counts = laws.by_question
        if not len(right):
            return np.zeros(len(votes.question_ids))
        fixed = counts[models[self.sure]].T.astype(np.int64)
        distinct, row = distinct_rows(fixed)
        rule = self._of_nothing_sure or self._rule(fixed[distinct])
        wanted = np.ones(len(right), dtype=bool) if ties else right
        voted = fixed[distinct].any(axis=1)
        drawn = np.ascontiguousarray(counts[models[self.partial]])
        found = count_draws(rule, first, drawn, row, voted, wanted, int(ties)) / self.whole
        beyond = (fixed > self.cap[self.sure]).any(axis=1)
        if beyond.any():
            found[np.unique(np.searchsorted(first, np.flatnonzero(beyond), side="right") - 1)] = 0.0
        return found.clip(0, 1)

    def _rule(self, fixed: np.ndarray) -> Rule:
        """The tables of these models. fixed: (F, sure models) int, votes of the models that draw their whole pool."""
        k, n = self.budget[self.partial], self.pool[self.partial]
        level = self._levels(fixed)
        reachable = level.reshape(len(level), *self.shape)
        for axis in range(1, reachable.ndim):
            reachable = np.maximum.accumulate(reachable, axis=axis)
        levels = int(level.max(initial=0)) + 1
        # One entry a row and state: NumPy's ufunc.at does not broadcast its last argument.
        drawn, size = np.tile(self.drawn, (len(level), 1)), np.tile(self.drawn.sum(axis=1), len(level))
        most, place = np.zeros((levels, len(k)), dtype=np.int64), level.ravel()
        largest, smallest = np.zeros(levels, dtype=np.int64), np.full(levels, size.max(initial=0))
        np.maximum.at(most, place, drawn)
        np.maximum.at(largest, place, size)
        np.minimum.at(smallest, place, size)
        lowest = int(level.min(where=level > 0, initial=levels))
        at_lowest = size[place == lowest]
        one_size = lowest if len(at_lowest) and at_lowest.min() == at_lowest.max() > 0 else 0
        return Rule(
            n.astype(np.int64),
            k.astype(np.int64),
            np.minimum(self.cap[self.partial], k).astype(np.int64),
            np.array([prod(self.shape[m + 1 :]) for m in range(len(k))], dtype=np.int64),
            self.drawn,
            self.drawn.sum(axis=1),
            self._fits,
            binomials(int(n.max(initial=0)), int(k.max(initial=0))),
            level,
            np.ascontiguousarray(reachable.reshape(level.shape)),
            np.argsort(level, axis=1, kind="stable"),
            np.maximum.accumulate(most, axis=0),
            np.maximum.accumulate(largest),
            smallest,
            levels - 1,
            one_size,
        )

    def _levels(self, fixed: np.ndarray) -> np.ndarray:
        """(F, S) int: what an answer with these votes is worth in every state, from 1 on; 0 without any vote."""
        score = self.score
        ranks = np.zeros(len(self.budget), dtype=np.int64) if score.ranks is None else np.asarray(score.ranks)
        nobody = int(ranks.max(initial=0)) + 1
        total = np.zeros((len(fixed), len(self.drawn)), dtype=np.int64)
        rank = np.full(total.shape, nobody)
        votes = [(m, fixed[:, i, None]) for i, m in enumerate(self.sure)]
        for m, number in votes + [(m, self.drawn[None, :, i]) for i, m in enumerate(self.partial)]:
            total = total + score.points[m][number]
            rank = np.where(number > 0, np.minimum(rank, ranks[m]), rank)
        _, level = np.unique(score.strength(total, rank), return_inverse=True)
        return np.where(rank < nobody, level.reshape(total.shape) + 1, 0)


@lru_cache(maxsize=1)
def _states(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The states (S, M) below shape (M,), and (S, S) uint8, whether two of them add up to one."""
    drawn = np.ascontiguousarray(np.indices(shape).reshape(len(shape), prod(shape)).T)
    columns, fits, step = drawn.T.astype(np.int16), np.ones((len(drawn), len(drawn)), dtype=np.uint8), 256
    for start in range(0, len(drawn), step):
        for column, most in zip(columns, shape):
            fits[start : start + step] &= column[start : start + step, None] + column < most
    return drawn, fits


def distinct_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(first row of each distinct one, number of the distinct row of every row). rows: (N, W) ints >= 0."""
    number = np.zeros(len(rows), dtype=np.int64)
    first, span = np.zeros(min(1, len(rows)), dtype=np.int64), 1
    for column in rows.T:
        base = int(column.max(initial=0)) + 1
        if span * base >= 2**62:
            _, first, number = np.unique(number, return_index=True, return_inverse=True)
            span = len(first)
        number, span = number * base + column, span * base
    if rows.shape[1]:
        _, first, number = np.unique(number, return_index=True, return_inverse=True)
    return first, number
