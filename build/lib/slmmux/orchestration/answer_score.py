"""What an answer's votes are worth: the common form of every vote over the pooled samples of several models."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slmmux.votes.votes import UNPARSED

# Points are whole multiples of 1 / UNIT, so that sums are exact and equal scores are equal on every machine.
UNIT = 10**9


@dataclass(frozen=True)
class AnswerScore:
    """An answer scores sum_m points[m][number of model m's samples that vote for it]; the highest score wins.

    points:  per model (k_m + 1,) int64, in units of 1 / UNIT.
    ranks:   (M,) int >= 0 or None. Of equal scores that wins whose best supporter, the model of lowest rank that
             voted for it, ranks lowest. What is then still equal, and without ranks every tie, is left to chance.

    An answer that nobody voted for is no candidate, whatever it would score.
    """

    points: tuple[np.ndarray, ...]
    ranks: np.ndarray | None = None

    def of(self, models) -> "AnswerScore":
        """The score of these models alone, in this order."""
        ranks = None if self.ranks is None else self.ranks[models]
        return AnswerScore(tuple(self.points[m] for m in models), ranks)

    def strength(self, total: np.ndarray, rank: np.ndarray) -> np.ndarray:
        """Score and best supporter in one integer: the larger wins. total, rank: int arrays of one shape."""
        if self.ranks is None:
            return total
        worst = int(self.ranks.max(initial=0)) + 1
        return total * (worst + 1) + (worst - rank)

    def winners(self, drawn: Sequence[Sequence[int]]) -> list[int]:
        """The answer classes that share the highest strength on one draw; empty if all samples are unparsed.

        drawn: the models' drawn answer classes, one sequence each.
        """
        counts = [Counter(c for c in classes if c != UNPARSED) for classes in drawn]
        answers = sorted(set().union(*counts))
        if not answers:
            return []
        total = np.array([sum(int(p[c[a]]) for p, c in zip(self.points, counts)) for a in answers], dtype=np.int64)
        rank = np.zeros(len(answers), dtype=np.int64)
        if self.ranks is not None:
            rank = np.array([min(r for r, c in zip(self.ranks, counts) if c[a]) for a in answers], dtype=np.int64)
        strength = self.strength(total, rank)
        return [a for a, s in zip(answers, strength) if s == strength.max()]


def weighted(weights, budget) -> AnswerScore:
    """Every sample of model m counts weights[m] (float)."""
    units = np.rint(np.asarray(weights, dtype=float) * UNIT).astype(np.int64)
    return AnswerScore(tuple(w * np.arange(int(k) + 1) for w, k in zip(units, budget)))
