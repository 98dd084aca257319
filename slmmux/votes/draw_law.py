"""The exact law of one model's vote when k samples are drawn from its pool of n without replacement.

A question's answers enter only through how often each answer class is in the pool. With counts c over
the classes and u unparsed samples, the number of draws of size k in which no class is seen more than
t times is a coefficient of a polynomial,

    [x^k] (1 + x)^u  prod_c E_t(c; x),      E_t(c; x) = sum_{j <= t} C(c, j) x^j.

Marking each class that is seen exactly t times with y (z when the class is right) keeps the ties, so

    [x^k y^m z^g] (1 + x)^u  prod_c (E_{t-1}(c; x) + (y or z) C(c, t) x^t)

counts the draws whose top count is t, shared by m wrong and g right classes. A uniform tie-break then
votes right with probability g / (g + m). All terms are positive integers, so floats hold them exactly
up to C(n, k) < 2^53 and lose nothing by cancellation beyond.
"""

import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from slmmux.errors import InputError
from slmmux.votes.votes import Votes

# C(n, n/2) still fits a float at this size.
LARGEST_POOL = 1000
# Floats of one working polynomial; keeps the law's memory flat in the number of questions.
CHUNK_FLOATS = 4_000_000


@dataclass(frozen=True)
class DrawLaw:
    """P(top count, voted answer right) for every question, model and budget asked for (section 1).

    budgets:  the k's, ascending and distinct.
    index:    (Q, M) int. Row of the tables that holds the question and model: one row per distinct
              class-count signature.
    mass:     (S, B, T+1) float. P(the top answer is seen t times among the k drawn); t = 0 when every
              drawn sample is unparsed. T is the largest budget.
    right:    (S, B, T+1) float. P(the top answer is seen t times and the voted answer is right).
    tied:     (S, B) float. P(two or more answers share the top count).

    Rows where k exceeds the pool are all zero.
    """

    budgets: tuple[int, ...]
    index: np.ndarray
    mass: np.ndarray
    right: np.ndarray
    tied: np.ndarray

    def of(self, model: int, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(mass (Q, k+1), right (Q, k+1), tied (Q,)) of one model drawing k."""
        column = self.budgets.index(k)
        rows = self.index[:, model]
        return self.mass[rows, column, : k + 1], self.right[rows, column, : k + 1], self.tied[rows, column]


@dataclass(frozen=True)
class ModelLaw:
    """The law of one model drawing k, questions last: what evaluating very many budgets works on.

    mass, right:  (k+1, Q) float. P(top count t), and P(that, and the voted answer is right).
    below:        (k+2, Q) float. P(top count < t) for t = 0 .. k + 1.
    tied:         (Q,) float. P(two or more answers share the top count).
    """

    mass: np.ndarray
    right: np.ndarray
    below: np.ndarray
    tied: np.ndarray


class Laws:
    """The laws of all models of some votes, each computed when it is first asked for and then kept.

    `laws_of(votes)` gives the one of these votes, for as long as they live, so that whoever evaluates many budgets
    on the same Votes (and leaves models out by a budget of 0 instead of Votes.take_models) pays for each law once.
    Memory: about 24 (k + 2) bytes a question, model and k.
    """

    def __init__(self, votes: Votes) -> None:
        if votes.classes.shape[2] > LARGEST_POOL:
            raise InputError(f"a pool of {votes.classes.shape[2]} samples: the exact law reaches {LARGEST_POOL}")
        counts, unparsed = class_counts(votes)
        question, answer = np.nonzero(counts.any(axis=1))
        # Rows (question, answer) of the answers that somebody gave: their question, right, and (rows, M) counts.
        self.answers = question, votes.right[question, answer], counts[question, :, answer]
        # The same by question: where its rows begin (Q + 1,), right, and (M, rows) counts, each model's together.
        first = np.searchsorted(question, np.arange(len(counts) + 1))
        self.by_question = first, self.answers[1], np.ascontiguousarray(self.answers[2].T, dtype=np.int16)
        right_class = votes.right[:, None, :]
        right, wrong = (largest_first(counts * chosen) for chosen in (right_class, ~right_class))
        signature = np.concatenate([unparsed[..., None], right, wrong], axis=2).astype(np.int16)
        rows = np.ascontiguousarray(signature.reshape(-1, signature.shape[2]))
        as_bytes = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
        _, first, index = np.unique(as_bytes, return_index=True, return_inverse=True)
        self.index = index.reshape(signature.shape[:2])
        self._signatures, self._right_width = rows[first].astype(np.int64), right.shape[2]
        # k -> (mass (S, k+1), right (S, k+1), tied (S,)) of every signature.
        self._tables: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        self._models: dict[tuple[int, int], ModelLaw] = {}

    def tables(self, budgets: Iterable[int]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Per k of `budgets` the tables over distinct signatures: mass and right (S, k+1), tied (S,)."""
        wanted = [int(k) for k in budgets]
        missing = tuple(sorted(set(wanted) - self._tables.keys()))
        if missing:
            mass, right, tied = _tables(self._signatures, self._right_width, missing)
            for i, k in enumerate(missing):
                self._tables[k] = mass[:, i, : k + 1], right[:, i, : k + 1], tied[:, i]
        return [self._tables[k] for k in wanted]

    def signatures_of(self, model: int) -> tuple[np.ndarray, np.ndarray]:
        """One model's distinct signatures (S, 1 + classes), unparsed samples first, then the counts of its answers;
        and (Q,) which of them each question has."""
        number, index = np.unique(self.index[:, model], return_inverse=True)
        return self._signatures[number], index

    def of(self, model: int, k: int) -> ModelLaw:
        """The law of one model (its number) drawing k >= 1."""
        if (model, k) not in self._models:
            ((mass, right, tied),) = self.tables([k])
            rows = self.index[:, model]
            mass, right = (np.ascontiguousarray(table[rows].T) for table in (mass, right))
            below = np.zeros((k + 2, len(rows)))
            np.cumsum(mass, axis=0, out=below[1:])
            law = ModelLaw(mass, right, below, tied[rows])
            for array in (law.mass, law.right, law.below, law.tied):
                array.setflags(write=False)
            self._models[model, k] = law
        return self._models[model, k]


_KNOWN: dict[int, tuple[weakref.ref, Laws]] = {}


def laws_of(votes: Votes) -> Laws:
    """The laws of these votes, kept while the Votes object lives. Raises InputError as draw_law does."""
    key = id(votes)
    if key not in _KNOWN or _KNOWN[key][0]() is not votes:
        laws = Laws(votes)
        _KNOWN[key] = weakref.ref(votes, lambda _: _KNOWN.pop(key, None)), laws
    return _KNOWN[key][1]


def class_counts(votes: Votes) -> tuple[np.ndarray, np.ndarray]:
    """How often each class is in each pool: counts (Q, M, C) int and unparsed (Q, M) int."""
    questions, models, samples = votes.classes.shape
    width = votes.right.shape[1] + 1
    cell = np.arange(questions * models).reshape(questions, models, 1) * width
    flat = np.bincount((cell + votes.classes + 1).ravel(), minlength=questions * models * width)
    counts = flat.reshape(questions, models, width)
    # Padding is -1 as well, but is no sample.
    return counts[:, :, 1:], counts[:, :, 0] - (samples - votes.pool)


def draw_law(votes: Votes, budgets) -> DrawLaw:
    """The law of every question and model for the given budgets k >= 1 (iterable of ints), as tables.

    Computed once per distinct class-count signature and kept (see Laws).
    Raises InputError when a pool is larger than LARGEST_POOL.
    """
    budgets = tuple(sorted({int(k) for k in budgets}))
    laws = laws_of(votes)
    size, largest = int(laws.index.max(initial=-1)) + 1, max(budgets, default=0)
    mass, right = np.zeros((2, size, len(budgets), largest + 1))
    tied = np.zeros((size, len(budgets)))
    for i, (k, table) in enumerate(zip(budgets, laws.tables(budgets))):
        mass[:, i, : k + 1], right[:, i, : k + 1], tied[:, i] = table
    for array in (mass, right, tied):
        array.setflags(write=False)
    return DrawLaw(budgets, laws.index, mass, right, tied)


def largest_first(counts: np.ndarray) -> np.ndarray:
    """Counts sorted downwards along the classes, without the columns that are zero everywhere."""
    ordered = -np.sort(-counts.astype(np.int16), axis=2)
    return ordered[:, :, : int((ordered > 0).any(axis=(0, 1)).sum())]


def _tables(rows: np.ndarray, right_width: int, budgets: tuple[int, ...]):
    size, largest = len(rows), max(budgets, default=0)
    mass = np.zeros((size, len(budgets), largest + 1))
    right = np.zeros_like(mass)
    tied = np.zeros((size, len(budgets)))
    ties = max(1, min(largest, max(right_width, rows.shape[1] - 1 - right_width)))
    step = max(1, CHUNK_FLOATS // ((largest + 1) * (ties + 1) * 2))
    for start in range(0, size, step):
        part = slice(start, start + step)
        _fill(rows[part], right_width, budgets, mass[part], right[part], tied[part])
    return mass, right, tied


def _fill(rows, right_width, budgets, mass, right, tied) -> None:
    """Fill the tables of a few signatures. Working axes: (x, y, z, signature)."""
    if not len(rows) or not budgets:
        return
    unparsed, right_counts, wrong_counts = np.split(rows, [1, 1 + right_width], axis=1)
    unparsed = unparsed[:, 0]
    ks, largest = np.array(budgets), max(budgets)
    choose = binomials(int(rows.sum(axis=1).max()), largest)
    whole = choose[rows.sum(axis=1)][:, ks]
    weight = np.divide(1.0, whole, out=np.zeros_like(whole), where=whole > 0)
    all_unparsed = choose[unparsed].T[:, None, None, :]
    mass[:, :, 0] = all_unparsed[ks, 0, 0].T * weight
    for t in range(1, min(largest, int(rows[:, 1:].max(initial=0))) + 1):
        wrong_ties = min(wrong_counts.shape[1], largest // t)
        right_ties = min(right_width, largest // t)
        draws = np.zeros((largest + 1, wrong_ties + 1, right_ties + 1, len(rows)))
        draws[:, :1, :1] = all_unparsed
        for counts, axis in ((wrong_counts, 1), (right_counts, 2)):
            for c in counts.T:
                draws = times_class(draws, choose[c].T, int(c.max()), t, axis)
        m, g = np.mgrid[0 : wrong_ties + 1, 0 : right_ties + 1][:, :, :, None]
        at_k = draws[ks]
        for table, share in (
            (mass[:, :, t], (m + g > 0) * 1.0),
            (right[:, :, t], g / np.maximum(m + g, 1)),
        ):
            table += (at_k * share).sum(axis=(1, 2)).T * weight
        tied += (at_k * (m + g > 1)).sum(axis=(1, 2)).T * weight


def times_class(draws, choose, largest_count, t, axis) -> np.ndarray:
    """One class's factor E_{t-1} + y C(c, t) x^t. `choose` is C(c, j) as (j, signature)."""
    top = len(draws)
    out = draws.copy()
    for j in range(1, min(t - 1, largest_count) + 1):
        out[j:] += choose[j] * draws[: top - j]
    if t <= largest_count:
        if axis == 1:
            out[t:, 1:] += choose[t] * draws[: top - t, :-1]
        else:
            out[t:, :, 1:] += choose[t] * draws[: top - t, :, :-1]
    return out


@lru_cache(maxsize=64)
def binomials(n: int, k: int) -> np.ndarray:
    """(n+1, k+1) float: C(row, column) by Pascal's triangle, exact below 2^53."""
    table = np.zeros((n + 1, k + 1))
    table[:, 0] = 1.0
    for row in range(1, n + 1):
        table[row, 1:] = table[row - 1, 1:] + table[row - 1, :-1]
    table.setflags(write=False)
    return table
