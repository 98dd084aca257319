"""Intervals over questions, for one number and for all numbers of a claim together.

The questions are resampled, the draw of samples is averaged out exactly. Each benchmark is resampled on
its own, and all its numbers with the same questions, so that their dependence is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Intervals:
    """Estimates and their intervals, all (cells,) float.

    se:                      bootstrap standard error.
    low, high:               percentile interval, each cell on its own.
    all_low, all_high:       simultaneous: estimate -/+ c se with one c for all cells, so that the chance
                             that any interval of the family misses is 1 - level.
    """

    estimate: np.ndarray
    se: np.ndarray
    low: np.ndarray
    high: np.ndarray
    all_low: np.ndarray
    all_high: np.ndarray


def resampled_questions(questions: int, resamples: int, seed: int | Sequence[int]) -> np.ndarray:
    """(resamples, Q) float weights: how often each question is drawn, over Q. Rows sum to 1."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(questions, np.full(questions, 1 / questions), size=resamples) / questions


def intervals(estimate: np.ndarray, replicates: np.ndarray, level: float, judged=None) -> Intervals:
    """Intervals from bootstrap replicates (resamples, cells) of the estimates (cells,).

    judged: (cells,) bool, the family: cells a verdict may be drawn from (default: all). The others, such
    as those on which too few questions say anything, get NaN as simultaneous interval and do not widen it
    for the rest.

    c is the `level` quantile of max over cells of |replicate - estimate| / se (the max-t correction); it
    uses the cells' dependence, so many nearly equal cells cost little. Cells that never vary have no part
    in it and an interval of length 0. A statistic that a resample does not define (NaN) is left out.
    """
    estimate = np.asarray(estimate, dtype=float)
    tails = [(1 - level) / 2, (1 + level) / 2]
    defined = ~np.isnan(replicates).all(axis=0) & ~np.isnan(estimate)
    se, low, high = (np.full(estimate.shape, np.nan) for _ in range(3))
    se[defined] = np.nanstd(replicates[:, defined], axis=0)
    low[defined], high[defined] = np.nanquantile(replicates[:, defined], tails, axis=0)
    judged = np.ones(estimate.shape, bool) if judged is None else np.asarray(judged)
    c = critical_value(estimate[judged], replicates[:, judged], se[judged], level)
    reach = np.where(judged, c * se, np.nan)
    return Intervals(estimate, se, low, high, estimate - reach, estimate + reach)


def critical_value(estimate, replicates, se, level: float) -> float:
    """c of `intervals`; 0 when no cell varies. Rounding noise does not count as variation."""
    varies = se > np.finfo(float).eps * 100
    if not varies.any():
        return 0.0
    departure = np.abs(replicates[:, varies] - estimate[varies]) / se[varies]
    return float(np.quantile(np.fmax.reduce(departure, axis=1), level))
