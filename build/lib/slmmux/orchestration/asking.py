"""Models asked one after the other until one is confident enough: what that costs, exactly."""

from dataclasses import dataclass

import numpy as np

from slmmux.votes.draw_law import laws_of
from slmmux.votes.votes import Votes


@dataclass(frozen=True)
class Asked:
    """Expected cost of asking models one after the other; each (Q,) float.

    tokens:         of all samples drawn, a prompt once for every model asked; NaN where there are no counts.
    rounds:         models asked one after the other.
    samples:        samples drawn of all models together.
    """

    tokens: np.ndarray
    rounds: np.ndarray
    samples: np.ndarray


def stopped_at(votes: Votes, budget: np.ndarray, order: list[int], needed: dict[int, int]) -> Asked:
    """Cost of asking models in `order` and stopping at the first with a top count of at least needed[model]."""
    laws, asked = laws_of(votes), np.ones(len(votes.question_ids))
    tokens, rounds, samples = np.zeros((3, len(asked)))
    for m in order:
        k = int(budget[m])
        tokens += asked * (votes.prompt_tokens[:, m] + k * votes.completion_tokens[:, m])
        rounds += asked
        samples += asked * k
        asked = asked * laws.of(m, k).below[needed[m]]
    return Asked(tokens, rounds, samples)
