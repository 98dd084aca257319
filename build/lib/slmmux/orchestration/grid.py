"""SLM-MUX's expected accuracy for very many configurations at once.

With the models in order of priority, let A_S(s) be the probability that the models of S vote for a right
answer with top confidence s, F_S(s) the probability that all their confidences are at most s, and F_S(s-)
that they are below. Two sets S and T, all of S before all of T, combine as

    A_{S+T}(s) = A_S(s) F_T(s) + F_S(s-) A_T(s),    F_{S+T}(s) = F_S(s) F_T(s),

and the accuracy of a set is the sum of A over the confidence levels s. The first function adds one model
at a time; the second splits the models in two halves, so that the sum over questions and levels of all
pairs of half configurations is one matrix product.
"""

from dataclasses import replace
from itertools import combinations

import numpy as np

from slmmux.orchestration.evaluation import by_priority, checked_accuracy, checked_budget
from slmmux.orchestration.slm_mux import confidence_levels, densities
from slmmux.votes.draw_law import DrawLaw, draw_law
from slmmux.votes.votes import Votes

# Floats of the tables held at a time, whatever the number of questions. The first function's are small
# enough for a processor's cache, the second's large enough to keep its matrix product busy.
CACHED_FLOATS = 400_000
CHUNK_FLOATS = 12_000_000
# 2 BITS + log2(EXACT_TERMS) = 53, the bits of a float.
BITS, EXACT_TERMS = 22, 512


def equal_budgets(votes: Votes, validation_accuracy, ks, sizes=None) -> tuple[list[tuple[int, ...]], np.ndarray]:
    """Every non-empty subset of the models, or all of the given sizes, each member drawing the same k.

    validation_accuracy: (M,) floats; ks: iterable of ints, 1 to the smallest pool; sizes: numbers of models. Returns
    the subsets, as tuples of model numbers ordered by size, and correct (subsets, len(ks), Q) float, equal to
    slm_mux.evaluate's `correct`; its mean over the last axis is the accuracy. Raises InputError as
    slm_mux.evaluate does.
    """
    ks, models = [int(k) for k in ks], len(votes.models)
    for k in ks:
        checked_budget(votes, [k] * models)
    order = by_priority(np.ones(models), checked_accuracy(votes, validation_accuracy))
    law = draw_law(votes, ks)
    # Tables per signature first, then per question. One cell per k and t <= k, laid out flat.
    columns = np.array([law.budgets.index(k) for k in ks])
    up_to = np.cumsum(law.mass[:, columns], axis=2)
    of_k, t = np.nonzero(np.arange(max(ks) + 1) <= np.array(ks)[:, None])
    below = (up_to - law.mass[:, columns])[:, of_k, t]
    up_to, right = up_to[:, of_k, t], law.right[:, columns][:, of_k, t]
    first_of_k = np.searchsorted(of_k, np.arange(len(ks)))

    sizes = range(1, models + 1) if sizes is None else sorted({int(size) for size in sizes})
    subsets = [s for size in sizes for s in combinations(range(models), size)]
    number = {subset: i for i, subset in enumerate(subsets)}
    largest = max(sizes, default=0)
    correct = np.empty((len(subsets), len(ks), len(votes.question_ids)))
    step = max(1, CACHED_FLOATS // (2 * max(1, len(subsets)) * len(t)))
    for start in range(0, len(votes.question_ids), step):
        part = slice(start, start + step)
        # Subsets in the making, members in priority order: (A, F(s-)).
        made: dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]] = {}
        for m in order:
            rows = law.index[part, m]
            a, f, f_below = right[rows], up_to[rows], below[rows]
            for subset, (a_before, f_before) in list(made.items()):
                if len(subset) < largest:
                    made[(*subset, m)] = a_before * f + f_before * a, f_before * f_below
            made[(m,)] = a, f_below
        for members, (a, _) in made.items():
            subset = tuple(sorted(members))
            if subset in number:
                correct[number[subset], :, part] = np.add.reduceat(a, first_of_k, axis=1).T
    return subsets, correct.clip(0, 1, out=correct)


def all_budgets(votes: Votes, validation_accuracy, largest: int) -> np.ndarray:
    """Accuracy of every budget 0..largest per model: shape (largest+1,) * M, indexed by the budget itself.

    The entry with no samples at all is NaN. Time grows with (largest+1)^M and the questions, memory with
    (largest+1)^M alone. Raises InputError as slm_mux.evaluate does.
    """
    models = len(votes.models)
    checked_budget(votes, [largest] * models)
    order = by_priority(np.ones(models), checked_accuracy(votes, validation_accuracy))
    law = draw_law(votes, range(1, largest + 1))
    levels, places = confidence_levels(range(largest + 1))
    first, second = order[: models // 2], order[models // 2 :]
    base = largest + 1
    totals = np.zeros((base ** len(first), base ** len(second)))
    step = max(1, CHUNK_FLOATS // (2 * base ** len(second) * len(levels)))
    for start in range(0, len(votes.question_ids), step):
        part = replace(law, index=law.index[start : start + step])
        one = {(m, k): _one_model(part, m, k, places[k], len(levels)) for m in order for k in range(base)}
        a, _, below = _half(first, one, base)
        a_after, f_after, _ = _half(second, one, base)
        _add_product(totals, np.concatenate([a, below], axis=1), np.concatenate([f_after, a_after], axis=1))
    accuracy = (totals / len(votes.question_ids)).clip(0, 1).reshape((base,) * models)
    accuracy[(0,) * models] = np.nan
    # Axis i holds the i-th model by priority; put each back where the votes have it.
    return np.ascontiguousarray(np.transpose(accuracy, np.argsort(order)))


def _add_product(totals: np.ndarray, left: np.ndarray, right: np.ndarray) -> None:
    """totals += left @ right.T for entries in [0, 1], the same to the last bit on every machine.

    A library's matrix product adds in an order that depends on the processor. Here both factors are split into
    multiples of 2^-BITS and a rest in multiples of 2^-(2 BITS), so that every partial sum of EXACT_TERMS products is
    exact in a float whatever the order. What is left out is below 2^-(2 BITS) a product.
    """
    unit = 2.0**BITS

    def split(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        coarse = np.rint(values * unit) / unit
        return coarse, np.rint((values - coarse) * unit**2) / unit**2

    for start in range(0, left.shape[1], EXACT_TERMS):
        (a, a_rest), (b, b_rest) = (split(values[:, start : start + EXACT_TERMS]) for values in (left, right))
        totals += a @ b.T
        totals += a @ b_rest.T
        totals += a_rest @ b.T


def _one_model(law: DrawLaw, model: int, k: int, place: np.ndarray, levels: int):
    """(A, F, F-) of one model drawing k, each (questions * levels,)."""
    if k == 0:
        size = len(law.index) * levels
        return np.zeros(size), np.ones(size), np.ones(size)
    mass, right = densities(law, model, k, place, levels)
    up_to = np.cumsum(mass, axis=1)
    return right.ravel(), up_to.ravel(), (up_to - mass).ravel()


def _half(models: list[int], one, base: int):
    """(A, F, F-) of all budgets of models in priority order, each (base^len(models), questions * levels)."""
    size = len(next(iter(one.values()))[0])
    a, f, below = np.zeros((1, size)), np.ones((1, size)), np.ones((1, size))
    for m in models:
        a_m, f_m, below_m = (np.stack([one[m, k][i] for k in range(base)]) for i in range(3))
        a = (a[:, None] * f_m + below[:, None] * a_m).reshape(-1, size)
        f = (f[:, None] * f_m).reshape(-1, size)
        below = (below[:, None] * below_m).reshape(-1, size)
    return a, f, below
