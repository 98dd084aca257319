"""How many questions a difference needs, and whether questions or samples should be bought (arXiv 2411.00640)."""

from dataclasses import dataclass
from math import ceil, inf, isfinite, sqrt
from statistics import NormalDist

import numpy as np

from slmmux.errors import InputError


def questions_needed(spread: float, difference: float, level: float = 0.95, power: float = 0.8) -> float:
    """Questions on which a true difference d is seen as different from 0 with the given power:

        n = ((z_{(1 + level)/2} + z_power) s_d / d)^2,

    rounded up. spread: s_d, the standard deviation over questions of the paired difference of expected correctness
    (shares of 1; the draws are averaged out, which saves questions against one run a question). Infinite for d = 0.
    Raises InputError where level or power lies outside (0, 1) or the spread is negative.
    """
    reach = _reach(level, power)
    if not spread >= 0:
        raise InputError(f"a spread is a number from 0 on, got {spread}")
    # Rounded: sums of floats leave a trace of 1e-17 between two equal methods.
    if round(difference, 12) == 0:
        return inf
    return float(ceil(round((reach * spread / difference) ** 2, 9)))


def detectable_difference(spread: float, questions: int, level: float = 0.95, power: float = 0.8) -> float:
    """The smallest true difference that so many questions see with the given power: the inverse of questions_needed.

    Raises InputError as questions_needed does, and for no questions.
    """
    if questions < 1:
        raise InputError(f"a power needs at least one question, got {questions}")
    return _reach(level, power) * spread / sqrt(questions)


def _reach(level: float, power: float) -> float:
    if not (0 < level < 1 and 0 < power < 1):
        raise InputError(f"a level and a power lie between 0 and 1, got {level} and {power}")
    normal = NormalDist()
    return normal.inv_cdf((1 + level) / 2) + normal.inv_cdf(power)


@dataclass(frozen=True)
class Power:
    """What paired differences on some questions can decide; differences are shares of 1.

    questions, difference, spread: those measured: Q, the mean gap and s_d.
    detectable:                    the smallest true difference that Q questions see.
    needed:                        questions that would see a true difference of the size measured; infinite for 0,
                                   NaN where one question shows no spread.
    """

    questions: int
    difference: float
    spread: float
    detectable: float
    needed: float


def power_of(gap: np.ndarray, level: float = 0.95, power: float = 0.8) -> Power:
    """gap: (Q,) float, P(first is right) - P(second is right) per question. Raises InputError for no questions."""
    gap = np.asarray(gap, dtype=float)
    if not len(gap):
        raise InputError("a power needs at least one question, got 0")
    spread, difference = float(gap.std(ddof=1)) if len(gap) > 1 else float("nan"), float(gap.mean())
    if not isfinite(spread):
        return Power(len(gap), difference, spread, spread, spread)
    needed = questions_needed(spread, difference, level, power)
    return Power(len(gap), difference, spread, detectable_difference(spread, len(gap), level, power), needed)


@dataclass(frozen=True)
class VarianceSplit:
    """Variance of one question's outcome when a method is run once: Var = between + within.

    between:  Var_q(p_q), p_q the probability of a right answer: questions differ. Only more questions lower it.
    within:   E_q(p_q (1 - p_q)): draws differ. Repeating every question r times divides it by r, and evaluating the
              expectation exactly, as this project does, removes it.
    """

    between: float
    within: float

    @property
    def share_of_questions(self) -> float:
        """between / (between + within); NaN where nothing varies."""
        total = self.between + self.within
        return self.between / total if total else float("nan")

    def standard_error(self, questions: int, runs: float = 1.0) -> float:
        """Of a mean over so many questions with so many runs each: sqrt((between + within / runs) / questions)."""
        return sqrt((self.between + self.within / runs) / questions)


def split_variance(first: np.ndarray, second: np.ndarray | None = None) -> VarianceSplit:
    """Split for one method, or for the difference of two that draw independently.

    first, second: (Q,) float probabilities of a right answer (Evaluation.correct). Methods that share their draws have
    a smaller `within` than is given here. Raises InputError for less than two questions.
    """
    methods = [np.asarray(first, dtype=float)] + ([] if second is None else [np.asarray(second, dtype=float)])
    if len(methods[0]) < 2:
        raise InputError(f"a variance over questions needs at least two of them, got {len(methods[0])}")
    gap = methods[0] if second is None else methods[0] - methods[1]
    within = sum(float((p * (1 - p)).mean()) for p in methods)
    # The observed spread is over exact probabilities, so no part of it comes from the draws.
    return VarianceSplit(float(gap.var(ddof=1)), within)
