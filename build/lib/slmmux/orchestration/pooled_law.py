"""The exact law of a vote over several models' samples, each drawn from its own pool.

Answer class a is seen j_m times among the k_m samples of model m in C(c_am, j_m) ways, c_am being its count in the
pool. What its votes are worth is a level, an integer that depends on (j_1, .., j_M) alone; the answer with the
highest level wins, and chance decides between equal ones. With level(j) = sum_m j_m this is the plurality.

The probability that level l is the highest and g right and w wrong answers reach it is, over prod_m C(n_m, k_m),

    [prod_m x_m^{k_m} y^w z^g]  prod_m (1 + x_m)^{b_m}  prod_{a wrong} E_a(x, y)  prod_{a right} E_a(x, z),
    E_a(x, y) = sum_{j: level(j) < l} prod_m C(c_am, j_m) x_m^{j_m}  +  y sum_{j: level(j) = l} (the same).

Only the classes that can reach level l (contenders) have a factor of their own. All other samples, the unparsed
among them, may be drawn freely: they are the b_m. So questions, and subsets of models, with the same contenders
are computed once. Above the highest level that two answers can reach in one draw nothing can tie, and the number of
draws is a plain product of binomials. All numbers of draws are integers, exact below 2^53, so neither the order of
summation nor the processor changes them.
"""

from itertools import combinations
from math import comb, prod

import numpy as np

from slmmux.orchestration.answer_score import AnswerScore
from slmmux.orchestration.level_law import Level
from slmmux.votes.draw_law import binomials, laws_of
from slmmux.votes.votes import Votes

# Rows (item, answer) handled together; bounds the memory of a sweep.
CHUNK_ROWS = 400_000


def states(votes: Votes, budget: np.ndarray) -> int:
    """Coefficients the law works on: prod (k_m + 1) over the models that do not draw their whole pool."""
    return prod(int(k) + 1 for k, n in zip(budget, votes.pool) if k < n)


def pooled_law(votes: Votes, budget: np.ndarray, score: AnswerScore, cap: np.ndarray | None = None) -> np.ndarray:
    """(Q,) float: P(the vote is right) of one budget (M,) of ints.

    cap: (M,) ints. Only draws in which no answer has more than cap[m] votes of model m count; the others add nothing.
    """
    return _law_of_budget(votes, budget, score, cap, False)


def tie_law(votes: Votes, budget: np.ndarray, score: AnswerScore, cap: np.ndarray | None = None) -> np.ndarray:
    """(Q,) float: P(a tie is left to chance), as `pooled_law`."""
    return _law_of_budget(votes, budget, score, cap, True)


def _law_of_budget(votes: Votes, budget: np.ndarray, score: AnswerScore, cap: np.ndarray | None, ties: bool):
    used = np.flatnonzero(budget)
    question, right, counts = laws_of(votes).answers
    counts = counts[:, used]
    seen = counts.any(axis=1)
    items = _Items(question[seen], right[seen], counts[seen], len(votes.question_ids))
    return _law(items, votes.pool[used], budget[used], score.of(used), None if cap is None else cap[used], ties)


def pooled_law_of_subsets(votes: Votes, subsets: np.ndarray, k: int, score: AnswerScore) -> np.ndarray:
    """(subsets, Q) P(the vote is right), as `pooled_law`, of many subsets of equally many models, each drawing k.

    subsets: (subsets, size) int, model numbers; score: of `size` models, in the order of a subset's entries. All
    pools must have the same size, so that subsets share what they have in common.
    """
    subsets = np.asarray(subsets)
    question, right, counts = laws_of(votes).answers
    questions, size = len(votes.question_ids), subsets.shape[1]
    correct = np.empty((len(subsets), questions))
    step = max(1, CHUNK_ROWS * 4 // max(1, len(counts)))
    for start in range(0, len(subsets), step):
        part = subsets[start : start + step]
        rows = [np.flatnonzero(counts[:, subset].any(axis=1)) for subset in part]
        items = _Items(
            np.concatenate([question[found] + i * questions for i, found in enumerate(rows)]),
            np.concatenate([right[found] for found in rows]),
            np.concatenate([counts[found][:, subset] for found, subset in zip(rows, part)]),
            len(part) * questions,
        )
        found = _law(items, votes.pool[part[0]], np.full(size, k), score)
        correct[start : start + step] = found.reshape(len(part), -1)
    return correct


def all_subsets(models: int, size: int) -> np.ndarray:
    """(subsets, size) int: every subset of that size, in lexicographic order."""
    return np.array(list(combinations(range(models), size)), dtype=np.int64).reshape(-1, size)


class _Items:
    """Rows (item, answer) sorted by item and, within one, by kind of answer.

    An item is one question of one configuration. kinds: the distinct (counts, right) of all rows.
    """

    def __init__(self, item: np.ndarray, right: np.ndarray, counts: np.ndarray, number: int) -> None:
        first, kind = distinct_rows(np.column_stack([counts, right]))
        self.counts, self.right = counts[first].astype(np.int64), right[first]
        key = np.sort(item * np.int64(len(first)) + kind)
        self.item, self.kind = key // len(first), key % len(first)
        self.number = number


def _law(
    items: _Items,
    pool: np.ndarray,
    budget: np.ndarray,
    score: AnswerScore,
    cap: np.ndarray | None = None,
    ties: bool = False,
) -> np.ndarray:
    """P(right), or with `ties` P(tie), of every item; all models are in use."""
    if not len(items.item):
        return np.zeros(items.number)
    partial = np.flatnonzero(budget < pool)
    counts, k, n = items.counts[:, partial], budget[partial], pool[partial]
    shape = tuple((k + 1).tolist())
    drawn = np.indices(shape).reshape(len(shape), -1) if shape else np.zeros((0, 1), dtype=np.int64)
    choose = binomials(int(pool.max()), int(budget.max()))
    ways, rest = np.ones((2, len(counts), drawn.shape[1]))
    for m in range(len(shape)):
        ways *= choose[counts[:, m]][:, drawn[m]]
        rest *= choose[n[m] - counts[:, m]][:, k[m] - drawn[m]]
    level, tie_level = _levels(items.counts, partial, budget, pool, score, drawn)
    level = np.where(ways > 0, level, -1)
    # An answer that could exceed a cap has a factor of its own, whatever it is worth.
    capped = np.zeros(len(counts), dtype=bool)
    if cap is not None:
        level = np.where((drawn <= cap[partial][:, None]).all(axis=0), level, -1)
        capped = (items.counts > cap).any(axis=1)
        level[(items.counts > cap)[:, budget == pool].any(axis=1)] = -1
        tie_level = int(level.max(initial=0))
    found = np.zeros(items.number)
    if not ties:
        # Levels that no two answers reach in one draw: whoever reaches one wins.
        alone = items.right * (ways * rest * (level > tie_level)).sum(axis=1)
        found += np.bincount(items.item, alone[items.kind], items.number)
    highest = level.max(axis=1, initial=-1)
    for at in np.unique(level[(level > 0) & (level <= tie_level)]):
        reaches, contends = (level == at).any(axis=1), (highest >= at) | capped
        rows = np.flatnonzero(contends[items.kind])
        item, kind = items.item[rows], items.kind[rows]
        # Nothing is added where no right answer, or for a tie no two answers, can reach this level.
        winners = reaches if ties else reaches & items.right
        matter = np.bincount(item, winners[kind], items.number) >= (2 if ties else 1)
        # Nor where the models cannot draw all their samples without lifting some answer above it.
        within, free = (level >= 0) & (level <= at), np.zeros((len(k), items.number))
        for m in range(len(k)):
            most = np.where(within, drawn[m], 0).max(axis=1)
            free[m] = np.minimum(n[m] - np.bincount(item, counts[kind, m], items.number), k[m])
            matter &= np.bincount(item, most[kind], items.number) + free[m] >= k[m]
        most = np.where(within, drawn.sum(axis=0), 0).max(axis=1)
        matter &= np.bincount(item, most[kind], items.number) + free.sum(axis=0) >= k.sum()
        keep = matter[item]
        item, kind = item[keep], kind[keep]
        if not len(item):
            continue
        below, reach = (np.where(where, ways, 0.0) for where in ((level >= 0) & (level < at), level == at))
        contenders, item_of, job = _jobs(item, kind, items.right)
        here = Level(items.right, counts, below, reach, k, n, choose)
        draws = here.tied(contenders) if ties else here.won(contenders)
        found[item_of] += draws[job]
    whole = float(prod(comb(int(a), int(b)) for a, b in zip(n, k)))
    return (found / whole).clip(0, 1)


def _levels(counts, partial, budget, pool, score: AnswerScore, drawn: np.ndarray) -> tuple[np.ndarray, int]:
    """(kinds, states) int: what each kind of answer is worth when drawn so often, from 1 on; 0 without any vote.

    And the highest level that two answers can reach in one draw.
    """
    sure = np.flatnonzero(budget == pool)
    first, which = distinct_rows(counts[:, sure])
    fixed = counts[first][:, sure]
    ranks = np.zeros(len(budget), dtype=np.int64) if score.ranks is None else np.asarray(score.ranks)
    nobody = int(ranks.max(initial=0)) + 1
    total = np.zeros((len(first), drawn.shape[1]), dtype=np.int64)
    rank = np.full(total.shape, nobody)
    for i, m in enumerate(sure):
        total += score.points[m][fixed[:, i], None]
        rank = np.where(fixed[:, i, None] > 0, np.minimum(rank, ranks[m]), rank)
    for i, m in enumerate(partial):
        total += score.points[m][drawn[i]]
        rank = np.where(drawn[i] > 0, np.minimum(rank, ranks[m]), rank)
    _, level = np.unique(score.strength(total, rank), return_inverse=True)
    level = np.where(rank < nobody, level.reshape(total.shape) + 1, 0)
    # The best level with at most so many votes drawn, and what the other answer can have then.
    best = level.max(axis=0).reshape([int(budget[m]) + 1 for m in partial])
    for axis in range(best.ndim):
        best = np.maximum.accumulate(best, axis=axis)
    best = best.ravel()
    return level[which], int(np.minimum(best, best[::-1]).max())


def _jobs(item: np.ndarray, kind: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct sets of contenders: (jobs, width) kinds, wrong ones first, -1 for none; the items; their jobs."""
    order = np.lexsort((kind, right[kind], item))
    item, kind = item[order], kind[order]
    item_of, start, number = np.unique(item, return_index=True, return_counts=True)
    place = np.arange(len(item)) - np.repeat(start, number)
    table = np.full((len(item_of), int(number.max())), -1)
    table[np.repeat(np.arange(len(item_of)), number), place] = kind
    first, job = distinct_rows(table + 1)
    return table[first], item_of, job


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
