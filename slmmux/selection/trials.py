"""The trials of a study as arrays."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Trials:
    """A study's trials in the order of their proposal: budgets (T, M) int, accuracy (T,), tokens (T,)."""

    models: tuple[str, ...]
    budgets: np.ndarray
    accuracy: np.ndarray
    tokens: np.ndarray
