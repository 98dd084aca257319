"""The trials of a study as arrays."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Trials:
    """A study's trials in the order of their proposal: points (T, P) int, accuracy (T,), tokens (T,).

    parameters: names of the columns of `points`. In a search for budgets these are the models, and points budgets.
    """

    parameters: tuple[str, ...]
    points: np.ndarray
    accuracy: np.ndarray
    tokens: np.ndarray
