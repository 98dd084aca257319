"""Hypothesis strategies and a seeded maker of Votes, shared by the tests."""

import numpy as np
from hypothesis import strategies as st

from slmmux.orchestration import METHODS
from slmmux.votes.votes import Votes


def votes_of(classes, right, pool=None) -> Votes:
    """Votes from nested lists: classes (Q, M, n) and right (Q, C); one prompt token, two a sample."""
    classes, right = np.array(classes), np.array(right, dtype=bool)
    questions, models, samples = classes.shape
    return Votes(
        "toy",
        "test",
        tuple(f"q{q}" for q in range(questions)),
        tuple("abcdefg"[:models]),
        classes,
        right,
        np.full(models, samples) if pool is None else np.array(pool),
        np.ones((questions, models)),
        np.full((questions, models), 2.0),
    )


@st.composite
def small_votes(draw, questions=2, models=3, samples=4, classes=3) -> Votes:
    """Few samples with many ties, unparsed samples, unequal pools, and none, one or several right classes."""
    q, m, n, c = (draw(st.integers(1, most)) for most in (questions, models, samples, classes))
    pool = draw(st.lists(st.integers(1, n), min_size=m, max_size=m))
    answer = st.integers(-1, c - 1)
    given_answers = draw(st.lists(answer, min_size=q * m * n, max_size=q * m * n))
    padded = np.array(given_answers).reshape(q, m, n)
    padded = np.where(np.arange(n) < np.array(pool)[:, None], padded, -1)
    right = draw(st.lists(st.booleans(), min_size=q * c, max_size=q * c))
    return votes_of(padded, np.array(right).reshape(q, c), pool)


def learned(method: str, votes: Votes, budget, accuracy):
    """A method's third argument: what it fits, on these votes themselves, or the validation accuracies."""
    fit = getattr(METHODS[method], "fit", None)
    return accuracy if fit is None else fit(votes, np.asarray(budget))


@st.composite
def votes_and_budget(draw, **limits):
    """(votes, budget, validation accuracy): budgets from 0 to the pool, accuracies often equal."""
    votes = draw(small_votes(**limits))
    budget = [draw(st.integers(0, int(n))) for n in votes.pool]
    if not any(budget):
        budget[draw(st.integers(0, len(budget) - 1))] = 1
    accuracy = [draw(st.sampled_from([0.25, 0.5, 0.75])) for _ in budget]
    return votes, budget, accuracy


def random_votes(seed: int, questions: int, models: int, samples: int, classes: int = 6) -> Votes:
    """Votes like those of language models: each model has its own spread of answers per question."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(classes, 0.4), size=(questions, models)).cumsum(axis=2)
    uniform = rng.random((questions, models, samples, 1))
    answers = (uniform > shares[:, :, None, :-1]).sum(axis=3)
    answers = np.where(rng.random(answers.shape) < 0.1, -1, answers)
    right = rng.integers(0, classes, questions)[:, None] == np.arange(classes)
    return votes_of(answers, right)
