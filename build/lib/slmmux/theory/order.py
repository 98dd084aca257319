"""Where an approximation puts two configurations in the wrong order (T3 and T4)."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import kendalltau

# Floats of one block of resampled pair differences, so that memory does not grow with the pairs.
BLOCK = 8_000_000


@dataclass(frozen=True)
class Flips:
    """Pairs of configurations, compared by what was measured and by what the theory says.

    first, second:  (P,) int. The pair, as columns of the inputs.
    measured, theory:  (P,) float. accuracy(first) - accuracy(second).
    flipped:        (P,) bool. The two differences have opposite signs.
    proven:         (P,) bool. Flipped, and both differences are away from zero by their simultaneous
                    intervals over all pairs.
    tau:            Kendall's tau-b between measured and theoretical accuracies of all configurations.
    """

    first: np.ndarray
    second: np.ndarray
    measured: np.ndarray
    theory: np.ndarray
    flipped: np.ndarray
    proven: np.ndarray
    tau: float


def flips(measured: np.ndarray, theory: np.ndarray, weights: np.ndarray, level: float, rounding: float) -> Flips:
    """Compare all pairs of columns of two (Q, configurations) arrays; weights (R, Q) resample questions.

    Differences up to `rounding` count as none, so they cannot flip.
    """
    first, second = np.triu_indices(measured.shape[1], k=1)
    means = [values.mean(axis=0) for values in (measured, theory)]
    gaps = [mean[first] - mean[second] for mean in means]
    sure = [
        np.abs(gap) > np.fmax(_reach(values, gap, first, second, weights, level), rounding)
        for values, gap in zip((measured, theory), gaps)
    ]
    flipped = (gaps[0] * gaps[1] < 0) & (np.abs(gaps[0]) > rounding) & (np.abs(gaps[1]) > rounding)
    tau = float(kendalltau(*means).statistic) if measured.shape[1] > 1 else float("nan")
    return Flips(first, second, gaps[0], gaps[1], flipped, flipped & sure[0] & sure[1], tau)


def _reach(values, gap, first, second, weights, level: float) -> np.ndarray:
    """(P,) half width of the simultaneous max-t interval of each pair's difference."""
    resampled = weights @ values
    covariance = np.atleast_2d(np.cov(resampled.T, bias=True))
    variance = covariance[first, first] + covariance[second, second] - 2 * covariance[first, second]
    se = np.sqrt(variance.clip(0))
    varies = se > np.finfo(float).eps * 100
    if not varies.any():
        return np.zeros(len(gap))
    first, second, gap, scale = first[varies], second[varies], gap[varies], se[varies]
    largest = []
    step = max(1, BLOCK // len(gap))
    for start in range(0, len(resampled), step):
        part = resampled[start : start + step]
        largest.append((np.abs(part[:, first] - part[:, second] - gap) / scale).max(axis=1))
    return np.quantile(np.concatenate(largest), level) * se
