"""Does consistency mean correctness? The confidence s_i of a model as a forecast of its own success.

Symbols: k samples of one model, s = t / k its confidence in a draw (section 1), "right" whether its voted
answer is. Everything follows from two rows of sums over questions of the exact law of a draw,

    mass(t) = sum_q P(s = t/k),      right(t) = sum_q P(s = t/k and right),

so no draw is simulated. All functions take (..., k+1) arrays, so that resampled questions go through at
once; a confidence of 0 (nothing parsed) is a level like any other.
"""

import numpy as np


def reliability(mass: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(..., k+1) float: accuracy at each confidence level, right / mass; NaN where the level never occurs."""
    return np.divide(right, mass, out=np.full(np.shape(mass), np.nan), where=np.asarray(mass) > 0)


def overconfidence(mass: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(...,) float: mean confidence minus accuracy. Its size is at most the expected calibration error."""
    return ((_levels(mass) * mass).sum(axis=-1) - right.sum(axis=-1)) / mass.sum(axis=-1)


def expected_calibration_error(mass: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(...,) float: ECE = sum_t |right(t) - (t/k) mass(t)| / sum_t mass(t).

    The levels are the bins, so nothing is lost by binning. Sampling noise can only raise it: an ECE of a
    perfectly calibrated model is above 0 in expectation.
    """
    return np.abs(right - _levels(mass) * mass).sum(axis=-1) / mass.sum(axis=-1)


def area_under_roc(mass: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(...,) float: P(s of a right vote > s of a wrong vote) + P(equal) / 2; NaN without both kinds.

    The two votes come from independently chosen questions and draws. 1/2: the confidence says nothing.
    """
    wrong = mass - right
    lower = np.cumsum(wrong, axis=-1) - wrong
    won = (right * (lower + wrong / 2)).sum(axis=-1)
    pairs = right.sum(axis=-1) * wrong.sum(axis=-1)
    return np.divide(won, pairs, out=np.full(np.shape(won), np.nan), where=pairs > 0)


def _levels(mass: np.ndarray) -> np.ndarray:
    k = np.shape(mass)[-1] - 1
    return np.arange(k + 1) / k
