"""The two modes that look at draws one by one: seeded simulation and brute-force enumeration.

Both ask a method's plain rule about each draw. They are slow and easy to read, which is why the exact
laws are tested against them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, product
from math import comb, prod

import numpy as np

from slmmux.errors import InputError
from slmmux.orchestration.evaluation import MODES, Evaluation
from slmmux.votes.votes import Votes

TRIALS = 1000
# Draws that enumeration accepts over all questions, some ten seconds' worth.
ENUMERATION_LIMIT = 500_000


@dataclass(frozen=True)
class Outcome:
    """What one draw leads to.

    correct:  probability of a right answer over the tie-breaks.
    model:    number of the model whose answer is taken; None where a method picks no model.
    tied:     whether a tie had to be broken.
    """

    correct: float
    model: int | None
    tied: bool


# (classes drawn from each model, an empty list for a model left out; right (C,) bool) -> Outcome
Decide = Callable[[list[list[int]], np.ndarray], Outcome]


def by_draws(
    votes: Votes, budget: np.ndarray, decide: Decide, tokens: np.ndarray, mode: str, trials: int, seed: int
) -> Evaluation:
    """Evaluate a plain rule by 'simulate' (`trials` seeded draws a question) or 'enumerate' (all draws).

    Raises InputError on another mode, fewer than 2 trials, or more than ENUMERATION_LIMIT draws in all.
    """
    if mode == "simulate":
        rng = checked_rng(trials, seed)
        per_question = trials

        def draws(question: int):
            models = enumerate(budget.tolist())
            return zip(*(_random_draws(votes, question, m, k, trials, rng) for m, k in models))

    elif mode == "enumerate":
        per_question = prod(comb(int(n), int(k)) for n, k in zip(votes.pool, budget))
        total = per_question * len(votes.question_ids)
        if total > ENUMERATION_LIMIT:
            raise InputError(f"enumeration would take {total} draws, over {ENUMERATION_LIMIT}; use 'exact'")

        def draws(question: int):
            pools = [votes.classes[question, m, :n].tolist() for m, n in enumerate(votes.pool)]
            return product(*(combinations(pool, int(k)) for pool, k in zip(pools, budget)))

    else:
        raise InputError(f"unknown mode {mode!r}; there are {', '.join(MODES)}")

    questions, models = votes.classes.shape[:2]
    correct, tied, variance = np.zeros(questions), np.zeros(questions), np.zeros(questions)
    selected: np.ndarray | None = np.zeros(models)
    for q in range(questions):
        outcomes = [decide(drawn, votes.right[q]) for drawn in draws(q)]
        right = np.array([outcome.correct for outcome in outcomes])
        correct[q], variance[q] = right.mean(), right.var()
        tied[q] = np.mean([outcome.tied for outcome in outcomes])
        for outcome in outcomes:
            if outcome.model is None:
                selected = None
            elif selected is not None:
                selected[outcome.model] += 1 / per_question / questions
    se = float(np.sqrt(variance.sum() / (trials - 1)) / questions) if mode == "simulate" else None
    return Evaluation(correct, selected, tied, tokens, mode, se)


def checked_rng(trials: int, seed: int) -> np.random.Generator:
    """The generator of a simulation. Raises InputError on fewer than 2 trials or a negative seed."""
    if trials < 2:
        raise InputError(f"a simulation needs at least 2 trials, got {trials}")
    if seed < 0:
        raise InputError(f"a seed must not be negative, got {seed}")
    return np.random.default_rng(seed)


def draw_samples(rng: np.random.Generator, shape: tuple[int, ...], n: int, k: int) -> np.ndarray:
    """shape + (k,) int: k of n sample numbers without replacement, independently for each entry of shape."""
    if k == n:
        return np.broadcast_to(np.arange(n), (*shape, n))
    return np.argpartition(rng.random((*shape, n)), k, axis=-1)[..., :k]


def _random_draws(votes: Votes, question: int, model: int, k: int, trials: int, rng) -> list[list[int]]:
    if k == 0:
        return [[]] * trials
    return votes.classes[question, model][draw_samples(rng, (trials,), int(votes.pool[model]), k)].tolist()
