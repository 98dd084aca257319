"""From intervals to a verdict: holds exactly, holds within error, fails, or undecided.

Many cells (benchmarks, models, subsets, N) bear on one claim, so they are judged by their simultaneous
intervals, and a benchmark by all of its cells: the claim fails there if one cell fails, and holds if all do.
Over several benchmarks it may also depend on the benchmark.
"""

from collections.abc import Iterable

import numpy as np

EXACT, WITHIN, FAILS, UNDECIDED = "holds exactly", "holds within error", "fails", "undecided"
MIXED = "depends on the benchmark"
VERDICTS = (EXACT, WITHIN, MIXED, FAILS, UNDECIDED)


def approximately_zero(low: float, high: float, informative: int, tolerance: float, enough: int) -> str:
    """Verdict of "this difference is zero" for one cell.

    low, high: simultaneous interval; informative: questions on which the difference is not zero. Exact
    without any; within error when the interval lies inside +-tolerance; fails when it lies outside;
    undecided otherwise, and whenever fewer than `enough` questions are informative, since an interval
    over so few is not to be trusted.
    """
    if informative == 0:
        return EXACT
    if informative < enough or not (np.isfinite(low) and np.isfinite(high)):
        return UNDECIDED
    if -tolerance <= low and high <= tolerance:
        return WITHIN
    return FAILS if low > tolerance or high < -tolerance else UNDECIDED


def not_negative(low: float, high: float, negative: int, informative: int, enough: int) -> str:
    """Verdict of "this difference is at least zero" for one cell.

    negative: questions on which it is below zero; exact when there are none. Otherwise within error when
    the simultaneous interval starts at zero or above, fails when it ends below zero, else undecided, as
    with fewer than `enough` informative questions.
    """
    if negative == 0:
        return EXACT
    if informative < enough or not (np.isfinite(low) and np.isfinite(high)):
        return UNDECIDED
    if low >= 0:
        return WITHIN
    return FAILS if high < 0 else UNDECIDED


def overall(verdicts: Iterable[str]) -> str:
    """The claim's verdict from its cells': fails if any fails, holds if all hold, else undecided."""
    verdicts = set(verdicts)
    if FAILS in verdicts:
        return FAILS
    if not verdicts or UNDECIDED in verdicts:
        return UNDECIDED
    return EXACT if verdicts == {EXACT} else WITHIN


def over_benchmarks(verdicts: Iterable[str]) -> str:
    """The claim's verdict from its benchmarks': depends on the benchmark if it fails on some and holds on others."""
    verdicts = set(verdicts)
    return MIXED if FAILS in verdicts and verdicts & {EXACT, WITHIN} else overall(verdicts)
