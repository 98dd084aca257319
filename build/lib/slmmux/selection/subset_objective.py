"""Which models to use: the paper's search objective, exhaustively (section 2, "Model selection search").

    UnionAcc(S)      = share of questions on which some model of S is correct
    Contradiction(S) = share on which some model of S is consistently wrong and another is correct
    O(S)             = UnionAcc(S) - lambda * Contradiction(S)

The paper and its authors' released code read several of these words differently; a ObjectiveVariant says how.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from slmmux.errors import InputError
from slmmux.orchestration.evaluation import checked_budget
from slmmux.votes.draw_law import binomials, draw_law
from slmmux.votes.votes import Votes


@dataclass(frozen=True)
class ObjectiveVariant:
    """What the words of the objective mean. The defaults are the paper's.

    correct:             'voted': the model's voted answer is right, tied top answers broken uniformly. A
                         number: at least so many of its samples are right (1: some sample is).
    contradiction_over:  'all': share of all questions. 'union_correct': share of those that count for
                         UnionAcc, as a ratio of expected numbers of questions.
    unparsed_is_wrong:   whether samples that are all unparsed are consistently wrong, as if they agreed on
                         an empty answer. False: only samples that agree on one wrong answer are.
    lambda_:             the weight of the contradiction, at least 0.
    """

    correct: Literal["voted"] | int = "voted"
    contradiction_over: Literal["all", "union_correct"] = "all"
    unparsed_is_wrong: bool = False
    lambda_: float = 1.0

    def __post_init__(self) -> None:
        if self.correct != "voted" and not (isinstance(self.correct, int) and self.correct >= 1):
            raise InputError(f"correct must be 'voted' or a number of samples from 1 on, got {self.correct!r}")
        if self.contradiction_over not in ("all", "union_correct"):
            raise InputError(f"contradiction_over must be 'all' or 'union_correct', got {self.contradiction_over!r}")
        if not 0 <= self.lambda_ < float("inf"):
            raise InputError(f"lambda must be a number from 0 on, got {self.lambda_}")


PAPER = ObjectiveVariant()
# The released ICLR package's search, with its defaults. It differs in one more point that a search never
# meets: with a single sample no model counts as consistently wrong.
ICLR_PACKAGE = ObjectiveVariant(correct=2, contradiction_over="union_correct", unparsed_is_wrong=True, lambda_=0.5)


@dataclass(frozen=True)
class Score:
    """The objective of one subset of models, in shares of 1."""

    models: tuple[str, ...]
    union_accuracy: float
    contradiction: float
    objective: float


def rank_subsets(votes: Votes, k: int, sizes=range(2, 6), variant: ObjectiveVariant = PAPER) -> dict[int, list[Score]]:
    """The scores of all subsets of each size K, best first, on a validation set's votes.

    k: samples drawn from each model's pool; the scores are expectations over the draw, and plain counts
    when k is the whole pool. sizes: iterable of K's; those beyond the number of models are left out. Equal
    objectives: the larger union accuracy first, then list order. Raises InputError when k does not fit a
    pool or no size fits.
    """
    correct, wrong = outcomes(votes, k, variant)
    sizes = sorted({int(size) for size in sizes if 1 <= size <= len(votes.models)})
    if not sizes:
        raise InputError(f"no subset size fits {len(votes.models)} models")
    return {
        size: sorted(
            (_score(votes, subset, correct, wrong, variant) for subset in combinations(range(len(votes.models)), size)),
            key=lambda score: (-score.objective, -score.union_accuracy),
        )
        for size in sizes
    }


def outcomes(votes: Votes, k: int, variant: ObjectiveVariant = PAPER) -> tuple[np.ndarray, np.ndarray]:
    """P(correct) and P(consistently wrong) of every question and model drawing k samples, each (Q, M).

    A model is consistently wrong when all its samples are the same wrong answer. The two exclude each
    other, so "another model" in the contradiction needs no further care.
    """
    checked_budget(votes, [k] * len(votes.models))
    law = draw_law(votes, [k])
    mass, right = law.mass[law.index, 0], law.right[law.index, 0]
    wrong = mass[..., k] - right[..., k]
    if variant.unparsed_is_wrong:
        wrong = wrong + mass[..., 0]
    if variant.correct == "voted":
        correct = right.sum(axis=2)
    else:
        # Hypergeometric: j of the k drawn are among the pool's right samples.
        choose, hits = binomials(int(votes.pool.max()), k), votes.correct.sum(axis=2)
        ways = [choose[hits, j] * choose[votes.pool - hits, k - j] for j in range(variant.correct, k + 1)]
        correct = np.sum([np.zeros(hits.shape), *ways], axis=0) / choose[votes.pool, k]
    return correct.clip(0, 1), wrong.clip(0, 1)


def per_question(subset, correct: np.ndarray, wrong: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(P(some model correct), P(some wrong and some correct)), each (Q,), from what `outcomes` returns.

    subset: model numbers. The models draw independently.
    """
    c, w = correct[:, subset], wrong[:, subset]
    none_correct = (1 - c).prod(axis=1)
    # P(some wrong and some correct), by inclusion and exclusion.
    both = 1 - (1 - w).prod(axis=1) - none_correct + (1 - w - c).clip(0).prod(axis=1)
    return 1 - none_correct, both


def standard_errors(
    union: np.ndarray, both: np.ndarray, variant: ObjectiveVariant = PAPER
) -> tuple[float, float, float]:
    """Standard errors over questions of union accuracy, contradiction and O(S); NaN for one question.

    union, both: (Q,), as per_question returns them. s / sqrt(Q) of what each question adds; to a contradiction
    that is a ratio to the union it adds (both - ratio union) / mean(union), its linearisation.
    """
    if len(union) < 2:
        return float("nan"), float("nan"), float("nan")
    if variant.contradiction_over == "union_correct" and union.any():
        both = (both - both.mean() / union.mean() * union) / union.mean()
    return _standard_error(union), _standard_error(both), _standard_error(union - variant.lambda_ * both)


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _score(votes: Votes, subset, correct: np.ndarray, wrong: np.ndarray, variant: ObjectiveVariant) -> Score:
    some_correct, both = per_question(subset, correct, wrong)
    union = float(some_correct.mean())
    contradiction = float(both.mean().clip(0))
    if variant.contradiction_over == "union_correct":
        contradiction = contradiction / union if union else 0.0
    names = tuple(votes.models[m] for m in subset)
    return Score(names, union, contradiction, union - variant.lambda_ * contradiction)
