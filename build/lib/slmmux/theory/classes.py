"""Statement T2: questions by the model's probability p of answering right, and what self-consistency adds.

T2 says self-consistency does nothing at p = 1, helps on p > 1/2, hurts on p < 1/2, and that its net effect
follows from the shares of these questions. It assumes that a question is won when at least half of the
votes are right (T1). p is known only through h right samples of n, which has two consequences. A share is
one of h/n, not of p: a question with p = 0.9 can have h = n. And a gain measured on the samples that also
put the question in its class is too large (a pool with h > n/2 gains by construction), so `split_gains`
classifies by one half of the pool and measures on the other.
"""

from dataclasses import dataclass, replace

import numpy as np

from slmmux.theory.majority import self_consistency, tails
from slmmux.votes.votes import Votes

CLASSES = ("p = 1", "p > 1/2", "p = 1/2", "p < 1/2", "p = 0")


def classify(hits: np.ndarray, pool) -> np.ndarray:
    """Index into CLASSES of each h of n, of the shape of hits; h/n = 1/2 exactly is a class of its own."""
    hits, pool = np.asarray(hits), np.asarray(pool)
    return np.select(
        [hits == pool, 2 * hits > pool, 2 * hits == pool, hits > 0],
        [0, 1, 2, 3],
        default=4,
    )


def membership(hits: np.ndarray, pool) -> np.ndarray:
    """One-hot classes: hits.shape + (len(CLASSES),) float."""
    return (classify(hits, pool)[..., None] == np.arange(len(CLASSES))) * 1.0


@dataclass(frozen=True)
class Gains:
    """What N samples add over one, by class, for one model; sums over questions give the table.

    member:     (Q, classes) float. How far the question counts towards the class (rows sum to 1).
    measured:   (Q, classes) float. member times (self-consistency accuracy at N - p), estimated.
    predicted:  (Q, classes) float. member times (A(N, p) - p), estimated without bias.
    """

    member: np.ndarray
    measured: np.ndarray
    predicted: np.ndarray


def pool_gains(votes: Votes, model: int, samples: int) -> Gains:
    """Gains with classes and gains from the same, whole pool. Summed over the classes they are unbiased.

    Split by class they are not: see the module's text. Raises InputError when N exceeds the pool.
    """
    alone = votes.take_models([votes.models[model]])
    return _gains(alone, alone, samples)


def split_gains(votes: Votes, model: int, samples: int) -> Gains:
    """Gains with the class from one half of the pool and the gain from the other, both ways, averaged.

    The halves are independent, so the gain of a question that one half puts in a class is unbiased; the
    class itself is that of n/2 samples. Raises InputError when N exceeds half of the pool.
    """
    alone = votes.take_models([votes.models[model]])
    half = int(alone.pool[0]) // 2
    first = replace(alone, classes=alone.classes[:, :, :half], pool=np.array([half]))
    second = replace(alone, classes=alone.classes[:, :, half : 2 * half], pool=np.array([half]))
    ways = [_gains(first, second, samples), _gains(second, first, samples)]
    return Gains(*(sum(getattr(way, part) for way in ways) / 2 for part in ("member", "measured", "predicted")))


def _gains(classified: Votes, measured: Votes, samples: int) -> Gains:
    member = membership(classified.correct.sum(axis=2)[:, 0], classified.pool[0])
    once = measured.accuracy_per_question()
    return Gains(
        member=member,
        measured=member * (self_consistency(measured, samples) - once),
        predicted=member * (tails(measured, samples) - once),
    )
