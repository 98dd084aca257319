"""Uncertainty over questions: how sure a difference between two evaluations of the same questions is."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from slmmux.errors import InputError
from slmmux.orchestration.evaluation import Evaluation

RESAMPLES = 10_000
# Question numbers drawn at a time; bounds the memory.
BATCH = 4_000_000


@dataclass(frozen=True)
class Difference:
    """accuracy(first) - accuracy(second) on the same questions, as a share of 1.

    se:         standard error of the difference over questions, s(d) / sqrt(Q); NaN for one question.
    low, high:  limits of the confidence interval at `level`.
    method:     'paired bootstrap' (percentiles) or 'paired normal'.
    """

    difference: float
    se: float
    low: float
    high: float
    level: float
    method: str


def paired_bootstrap(
    first: Evaluation, second: Evaluation, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> Difference:
    """Percentile bootstrap over questions, the same questions drawn for both evaluations (seeded).

    Raises InputError when the evaluations have different numbers of questions or `level` is not in (0, 1).
    """
    return bootstrap_difference(_gaps(first, second, level), level, resamples, seed)


def bootstrap_difference(gap: np.ndarray, level: float, resamples: int = RESAMPLES, seed: int = 0) -> Difference:
    """The same from the differences themselves. gap: (Q,) float, P(first is right) - P(second is right)."""
    rng = np.random.default_rng(seed)
    means = []
    step = max(1, BATCH // len(gap))
    for start in range(0, resamples, step):
        picked = rng.integers(0, len(gap), (min(step, resamples - start), len(gap)), dtype=np.int32)
        means.append(gap[picked].mean(axis=1))
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return Difference(float(gap.mean()), _se(gap), float(low), float(high), level, "paired bootstrap")


def paired_normal(first: Evaluation, second: Evaluation, level: float = 0.95) -> Difference:
    """Normal approximation: mean(d) ± z s(d) / sqrt(Q), d the per-question differences.

    Raises InputError as paired_bootstrap does.
    """
    gap = _gaps(first, second, level)
    reach = NormalDist().inv_cdf((1 + level) / 2) * _se(gap)
    mean = float(gap.mean())
    return Difference(mean, _se(gap), mean - reach, mean + reach, level, "paired normal")


def _gaps(first: Evaluation, second: Evaluation, level: float) -> np.ndarray:
    if first.correct.shape != second.correct.shape or not first.correct.size:
        raise InputError(
            f"paired comparison of {first.correct.size} questions with {second.correct.size}: "
            "both evaluations must be of the same questions"
        )
    if not 0 < level < 1:
        raise InputError(f"a confidence level lies between 0 and 1, got {level}")
    return first.correct - second.correct


def _se(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
