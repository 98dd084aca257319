"""Where an approximation puts two configurations in the wrong order (T3 and T4)."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import kendalltau

# Floats of one block of resampled accuracies: few enough for a processor's cache.
BLOCK = 40_000


@dataclass(frozen=True)
class Flips:
    """Pairs of configurations, compared by what was measured and by what the theory says.

    first, second:  (P,) int. The pair, as columns of the inputs.
    measured, theory:  (P,) float. accuracy(first) - accuracy(second).
    flipped:        (P,) bool. The two differences have opposite signs.
    proven:         (P,) bool. Flipped, and both differences are away from zero by their simultaneous
                    intervals over all pairs.
    reach, se:      (2, P) float. Half width of those intervals and standard error, measured and by theory.
    tau:            Kendall's tau-b between measured and theoretical accuracies of all configurations.
    """

    first: np.ndarray
    second: np.ndarray
    measured: np.ndarray
    theory: np.ndarray
    flipped: np.ndarray
    proven: np.ndarray
    reach: np.ndarray
    se: np.ndarray
    tau: float


def flips(measured: np.ndarray, theory: np.ndarray, weights: np.ndarray, level: float, rounding: float) -> Flips:
    """Compare all pairs of columns of two (Q, configurations) arrays; weights (R, Q) resample questions.

    Differences up to `rounding` count as none, so they cannot flip.
    """
    first, second = np.triu_indices(measured.shape[1], k=1)
    means = [values.mean(axis=0) for values in (measured, theory)]
    gaps = [mean[first] - mean[second] for mean in means]
    errors = [_reach(values, first, second, weights, level) for values in (measured, theory)]
    reach, se = (np.stack(ends) for ends in zip(*errors))
    sure = [np.abs(gap) > np.fmax(half, rounding) for gap, half in zip(gaps, reach)]
    flipped = (gaps[0] * gaps[1] < 0) & (np.abs(gaps[0]) > rounding) & (np.abs(gaps[1]) > rounding)
    tau = float(kendalltau(*means).statistic) if measured.shape[1] > 1 else float("nan")
    return Flips(first, second, gaps[0], gaps[1], flipped, flipped & sure[0] & sure[1], reach, se, tau)


def _reach(values, first, second, weights, level: float) -> tuple[np.ndarray, np.ndarray]:
    """(P,) half width of the simultaneous max-t interval of each pair's difference, and (P,) its standard error.

    With resampled differences d_p, their standard error s_p and the measured difference g_p: s_p times the quantile of
    max_p |d_p - g_p| / s_p at this level.
    """
    resampled = weights @ values
    covariance = np.atleast_2d(np.cov(resampled.T, bias=True))
    variance = covariance[first, first] + covariance[second, second] - 2 * covariance[first, second]
    se = np.sqrt(variance.clip(0))
    varies = se > np.finfo(float).eps * 100
    if not varies.any():
        return np.zeros(len(se)), se
    # A pair without variance has no difference in any resample.
    scale = np.where(varies, 1 / np.where(varies, se, 1), 0.0)
    # One row a configuration, and as many resamples at a time as stay in the processor's cache.
    rows = np.ascontiguousarray((resampled - values.mean(axis=0)).T)
    step = max(1, BLOCK // len(rows))
    largest = np.zeros(len(resampled))
    for start in range(0, len(resampled), step):
        part, most = rows[:, start : start + step], largest[start : start + step]
        end = 0
        for n in range(len(rows) - 1):
            begin, end = end, end + len(rows) - n - 1
            apart = part[n] - part[n + 1 :]
            apart *= scale[begin:end, None]
            np.maximum(most, np.abs(apart, out=apart).max(axis=0), out=most)
    return np.quantile(largest, level) * se, se
