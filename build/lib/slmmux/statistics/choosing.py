"""Honest numbers for what was chosen because it looked best: optimism, cross-fitting, an interval for the winner."""

from dataclasses import dataclass
from math import hypot

import numpy as np

from slmmux.errors import InputError
from slmmux.orchestration.evaluation import Evaluation
from slmmux.theory.intervals import critical_value, resampled_questions

# Floats of the bootstrap's replicates held at a time.
CHUNK_FLOATS = 8_000_000


@dataclass(frozen=True)
class Optimism:
    """How much too good the winner of a search looked: validation minus test accuracy, shares of 1.

    se: sqrt(se_validation^2 + se_test^2), since the two splits have different questions.
    """

    validation: float
    test: float
    optimism: float
    se: float


def optimism(validation: Evaluation, test: Evaluation) -> Optimism:
    """Of one configuration, chosen on the validation split and measured on both."""
    gap = validation.accuracy - test.accuracy
    return Optimism(validation.accuracy, test.accuracy, gap, hypot(validation.accuracy_se, test.accuracy_se))


@dataclass(frozen=True)
class CrossFitted:
    """correct: (Q,) float, each question measured with what the other half of the questions chose, as a mean over
    halvings. accuracy: its mean. optimism: mean accuracy of the choices on the halves that chose them, minus
    `accuracy`. chosen: (halvings, 2) int, the candidate chosen on each half."""

    correct: np.ndarray
    accuracy: float
    optimism: float
    chosen: np.ndarray


def cross_fitted_choice(correct: np.ndarray, halvings: int = 10, seed: int = 0) -> CrossFitted:
    """Accuracy of "take the candidate with the highest accuracy" when choice and measurement never share a question.

    correct: (candidates, Q) float, P(right answer). Each of `halvings` random halvings (seeded) chooses on one half
    and measures on the other, then the halves are swapped. Equal accuracies, up to 12 digits: the first candidate.
    Raises InputError for no candidates or less than two questions.
    """
    correct = _checked(correct)
    questions, rng = correct.shape[1], np.random.default_rng(seed)
    if questions < 2:
        raise InputError(f"halves need at least two questions, got {questions}")
    measured, seen, chosen = np.zeros(questions), [], []
    for _ in range(halvings):
        order = rng.permutation(questions)
        halves = np.sort(order[: questions // 2]), np.sort(order[questions // 2 :])
        pair = []
        for here, other in (halves, halves[::-1]):
            means = correct[:, here].mean(axis=1).round(12)
            best = int(means.argmax())
            measured[other] += correct[best, other]
            seen.append(means[best] * len(here) / questions)
            pair.append(best)
        chosen.append(pair)
    measured /= halvings
    accuracy = float(measured.mean())
    return CrossFitted(measured, accuracy, float(np.sum(seen)) / halvings - accuracy, np.array(chosen))


@dataclass(frozen=True)
class Winner:
    """number: of the candidate with the highest mean. estimate: that mean. low, high: its interval, which holds
    although it was chosen. critical: the multiple of the standard error that this takes."""

    number: int
    estimate: float
    low: float
    high: float
    critical: float


def winner_interval(values: np.ndarray, level: float = 0.95, resamples: int = 2000, seed: int = 0) -> Winner:
    """An interval for the best of many candidates that knows it was chosen for being best (max-t).

    values: (candidates, Q) float, P(right answer) per question, or its difference from a rival's. With c the `level`
    quantile over resampled questions of max_i |mean*_i - mean_i| / se_i, the intervals mean_i +- c se_i hold for all
    candidates together with probability `level`, hence also for whichever is chosen, however it was chosen. Candidates
    that are much alike cost little, since the bootstrap keeps their dependence. Candidates whose values never vary
    have an interval of length 0. Raises InputError for no candidates or less than two questions.
    """
    values = _checked(values)
    candidates, questions = values.shape
    if questions < 2:
        raise InputError(f"an interval over questions needs at least two of them, got {questions}")
    if not 0 < level < 1:
        raise InputError(f"a confidence level lies between 0 and 1, got {level}")
    means, se = values.mean(axis=1), values.std(axis=1, ddof=1) / np.sqrt(questions)
    weights = resampled_questions(questions, resamples, seed)
    step = max(1, CHUNK_FLOATS // resamples)
    # The largest departure of each resample, a part of the candidates at a time.
    worst = np.zeros(resamples)
    for start in range(0, candidates, step):
        part = slice(start, start + step)
        varies = se[part] > np.finfo(float).eps * 100
        if varies.any():
            replicates = weights @ values[part][varies].T
            departure = np.abs(replicates - means[part][varies]) / se[part][varies]
            worst = np.maximum(worst, departure.max(axis=1))
    # Rounded, since a matrix product adds in an order that depends on the processor.
    critical = round(critical_value(np.zeros(1), worst[:, None], np.ones(1), level), 9)
    best = int(means.round(12).argmax())
    reach = critical * float(se[best])
    return Winner(best, float(means[best]), float(means[best]) - reach, float(means[best]) + reach, critical)


def _checked(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or not len(values):
        raise InputError(f"expected values of shape (candidates, questions), got {values.shape}")
    return values
