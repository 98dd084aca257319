"""How sure a share of counted cases is."""

from scipy.stats import binomtest


def share_interval(count: int, total: int, level: float) -> tuple[float, float]:
    """Wilson interval of count / total at `level`; (0, 1) where nothing was counted."""
    if not total:
        return 0.0, 1.0
    interval = binomtest(int(count), int(total)).proportion_ci(level, method="wilson")
    return float(interval.low), float(interval.high)
