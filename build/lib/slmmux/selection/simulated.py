"""Votes of a pool of models that nobody asked: to see how a search fares with more models than were run.

Nothing made here is a measured result. The pool has what makes a selection hard: models of unequal
strength and price, questions that are hard for all, models with strengths of their own, and wrong answers
that many models share.
"""

import numpy as np

from slmmux.votes.votes import UNPARSED, Votes

CLASSES = 8
UNPARSED_SHARE = 0.05


def simulated_votes(models: int, questions: int, samples: int, seed: int) -> Votes:
    """Votes of `models` simulated models; the same seed gives the same votes, and more models add to them.

    Model m is right on question q with probability 1 / (1 + exp(-(s_m - d_q + e_qm))): strength s_m,
    difficulty d_q and a strength on this very question e_qm, all normal. A wrong answer is one of
    CLASSES - 1, with probabilities that belong half to the question (a mistake that models share) and half
    to the model. Stronger models answer at a higher price in tokens.
    """
    shared = np.random.default_rng([seed, 0])
    difficulty = shared.normal(0.0, 1.2, questions)
    trap = shared.dirichlet(np.full(CLASSES - 1, 0.3), questions)
    classes = np.empty((questions, models, samples), dtype=np.int64)
    completion = np.empty((questions, models))
    for m in range(models):
        own = np.random.default_rng([seed, 1 + m])
        strength = own.normal(0.0, 0.6)
        on_question = strength - difficulty + own.normal(0.0, 1.0, questions)
        right = 1 / (1 + np.exp(-on_question))
        wrong = (trap + own.dirichlet(np.full(CLASSES - 1, 0.3), questions)) / 2
        shares = np.concatenate([right[:, None], (1 - right)[:, None] * wrong], axis=1).cumsum(axis=1)
        drawn = (own.random((questions, samples, 1)) > shares[:, None, :-1]).sum(axis=2)
        classes[:, m] = np.where(own.random((questions, samples)) < UNPARSED_SHARE, UNPARSED, drawn)
        completion[:, m] = 40 * np.exp(strength + own.normal(0.0, 0.4))
    return Votes(
        "simulated",
        "validation",
        tuple(f"q{q}" for q in range(questions)),
        tuple(f"m{m:02d}" for m in range(models)),
        classes,
        np.tile(np.arange(CLASSES) == 0, (questions, 1)),
        np.full(models, samples),
        np.full((questions, models), 100.0),
        completion,
    )
