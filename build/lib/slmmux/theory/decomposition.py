"""Where SLM-MUX loses what its models had: an exact split of union minus SLM-MUX (section 4)."""

from dataclasses import dataclass

import numpy as np

from slmmux.theory.bounds import Bounds


@dataclass(frozen=True)
class Loss:
    """P(a right sample was drawn) - P(SLM-MUX is right), in three parts, each (Q,) float and not negative.

    never_voted:    a right sample was drawn, but no model votes for a right answer (it was outvoted inside
                    its own model, or lost the tie there).
    contradiction:  some model votes right, but every model with the top confidence is wrong: a wrong model
                    is strictly more confident than each right one.
    tie_lost:       right and wrong models share the top confidence, and the validation accuracy picks a
                    wrong one.

    In each draw exactly one of these happens or SLM-MUX is right or no right sample was drawn, so the
    parts add up to the loss exactly.
    """

    never_voted: np.ndarray
    contradiction: np.ndarray
    tie_lost: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """(Q,) float: the whole loss."""
        return self.never_voted + self.contradiction + self.tie_lost


def loss(chain: Bounds) -> Loss:
    """The parts of the loss are the gaps of the chain of bounds between SLM-MUX and the drawn union."""
    return Loss(
        never_voted=chain.drawn - chain.voted,
        contradiction=chain.voted - chain.some_on_top,
        tie_lost=chain.some_on_top - chain.slm_mux,
    )
