"""Two aims at once, accuracy up and tokens down: what is not dominated, and how much a set dominates."""

import numpy as np


def front(accuracy: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Places of the points that no other point dominates, by rising tokens and so by rising accuracy.

    accuracy, tokens: (N,) float. A point dominates another when it is no worse in both aims and better in
    one. Of equal points the first stands for all. Points with a NaN are never on the front.
    """
    known = np.flatnonzero(~(np.isnan(accuracy) | np.isnan(tokens)))
    order = known[np.lexsort((known, -accuracy[known], tokens[known]))]
    best_before = np.concatenate([[-np.inf], np.maximum.accumulate(accuracy[order])[:-1]])
    return order[accuracy[order] > best_before[: len(order)]]


def hypervolume(accuracy: np.ndarray, tokens: np.ndarray, reference: tuple[float, float]) -> float:
    """Area dominated by the points and bounded by the reference (accuracy, tokens), in accuracy x tokens.

    With the front's points (a_1, c_1), (a_2, c_2), ... by rising tokens, and r the reference,

        sum_i (a_i - a_{i-1}) (c_r - c_i),      a_0 = a_r,

    over the points that are better than the reference in both aims. The others add nothing.
    """
    within = (accuracy > reference[0]) & (tokens < reference[1])
    accuracy, tokens = accuracy[within], tokens[within]
    on = front(accuracy, tokens)
    return float(np.diff(accuracy[on], prepend=reference[0]) @ (reference[1] - tokens[on]))
