"""Uncertainty over questions: paired differences, power and variance, and honest numbers for what was chosen."""

from slmmux.statistics.paired import (
    RESAMPLES,
    Difference,
    bootstrap_difference,
    paired_bootstrap,
    paired_normal,
)

__all__ = ["RESAMPLES", "Difference", "bootstrap_difference", "paired_bootstrap", "paired_normal"]
