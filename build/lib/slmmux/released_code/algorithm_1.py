"""Algorithm 1 as the paper says it and as its authors' released code does it (paper, section 1; its code).

The paper leaves some things open and the releases fill them differently. Each field of a Algorithm1Variant is one such
matter. Everything is an expectation over the draw and its order.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from slmmux.errors import InputError
from slmmux.orchestration.evaluation import Evaluation, by_priority, checked_accuracy, checked_budget, tokens
from slmmux.orchestration.slm_mux import most_confident
from slmmux.released_code.detailed_law import detailed_law, first_answer_law
from slmmux.votes.draw_law import class_counts
from slmmux.votes.votes import Votes


@dataclass(frozen=True)
class Algorithm1Variant:
    """What Algorithm 1's words mean. The defaults are the paper's, as slmmux.orchestration.slm_mux has it.

    confidence_over:    'drawn': the top answer's share of the k samples. 'parsed': of those that were read.
    empty_answer_votes: a model whose samples are all unparsed votes an empty, wrong answer with confidence 1.
                        False: it has confidence 0.
    models_tie_by:      'validation_accuracy', or 'list_order': the first of the tied models in the list.
    answers_tie_by:     'chance', uniformly, or 'first_come'. Samples are exchangeable, so every tied answer is
                        as likely to have come first, and on its own this changes no expectation. After an early
                        exit that did not happen the first sample is not like the others, and it does.
    early_exit:         when the models' first answers are all the same, that is the answer, and no further
                        samples are drawn. Unparsed first samples agree with nothing.
    """

    confidence_over: Literal["drawn", "parsed"] = "drawn"
    empty_answer_votes: bool = False
    models_tie_by: Literal["validation_accuracy", "list_order"] = "validation_accuracy"
    answers_tie_by: Literal["chance", "first_come"] = "chance"
    early_exit: bool = False

    def __post_init__(self) -> None:
        known = {
            "confidence_over": ("drawn", "parsed"),
            "models_tie_by": ("validation_accuracy", "list_order"),
            "answers_tie_by": ("chance", "first_come"),
        }
        for name, values in known.items():
            if getattr(self, name) not in values:
                raise InputError(f"{name} must be {values[0]!r} or {values[1]!r}, got {getattr(self, name)!r}")


PAPER = Algorithm1Variant()
OLDER_SCRIPTS = Algorithm1Variant(
    empty_answer_votes=True, models_tie_by="list_order", answers_tie_by="first_come", early_exit=True
)
# Its presets give no validation accuracies, so the list decides.
ICLR_PACKAGE = Algorithm1Variant(confidence_over="parsed", models_tie_by="list_order")


def evaluate(votes: Votes, budget, validation_accuracy, variant: Algorithm1Variant = PAPER) -> Evaluation:
    """Expected behaviour of SLM-MUX under a variant; exact, and equal to slm_mux.evaluate for PAPER.

    budget: (M,) ints, 0 leaves a model out; validation_accuracy: (M,) floats, not used by 'list_order'. With
    early exit, let A be the event that all first answers are the same class a:

        correct = E[right] - sum_a E[right; A] + sum_a [a is right] P(A),    P(A) = prod_m c_ma / n_m,

    and the samples after the first are not paid for when A happens; no model is then selected, so `selected`
    is None. Raises InputError as slm_mux.evaluate does.
    """
    budget = checked_budget(votes, budget)
    if variant.models_tie_by == "list_order":
        order = np.flatnonzero(budget).tolist()
    else:
        order = by_priority(budget, checked_accuracy(votes, validation_accuracy))
    levels = _levels(budget[order], variant)
    laws = [detailed_law(votes, m, int(budget[m])) for m in order]
    found = most_confident(*_spread(laws, levels, variant))
    correct, cost, tied = found.correct, tokens(votes, budget), 1 - found.alone
    selected = None
    if variant.early_exit:
        agreed, agreed_right, went_on, went_on_tied = _early_exit(votes, budget, order, levels, variant)
        correct, tied = correct - went_on + agreed_right, tied - went_on_tied
        cost = cost - agreed * (votes.completion_tokens[:, order] * (budget[order] - 1)).sum(axis=1)
    else:
        selected = np.zeros(len(votes.models))
        selected[order] = found.won.mean(axis=1)
    return Evaluation(correct.clip(0, 1), selected, tied.clip(0, 1), cost, "exact", None)


def _levels(budgets, variant: Algorithm1Variant) -> dict[Fraction, int]:
    """Every confidence that can occur → its place in their order, in exact fractions."""
    below = {int(k): (range(1, int(k) + 1) if variant.confidence_over == "parsed" else [int(k)]) for k in budgets}
    exact = {Fraction(t, d) for k in below for d in below[k] for t in range(d + 1)}
    return {level: place for place, level in enumerate(sorted(exact))}


def _spread(
    laws, levels: dict[Fraction, int], variant: Algorithm1Variant
) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray], int]:
    """The models' laws by (u, t) spread over the G common levels, as most_confident takes them."""
    masses, rights = [], []
    for mass, right in laws:
        k = mass.shape[1] - 1
        spread = np.zeros((2, len(mass), len(levels)))
        for u in range(k + 1):
            for t in range(k - u + 1):
                if u == k:
                    level = Fraction(int(variant.empty_answer_votes))
                else:
                    level = Fraction(t, k - u if variant.confidence_over == "parsed" else k)
                spread[0, :, levels[level]] += mass[:, u, t]
                spread[1, :, levels[level]] += right[:, u, t]
        masses.append(spread[0].T)
        rights.append(spread[1].T)
    return masses, rights, [np.arange(len(levels))] * len(masses), len(levels)


def _early_exit(votes: Votes, budget: np.ndarray, order: list[int], levels, variant: Algorithm1Variant):
    """Each (Q,): P(all first answers agree), P(that, and they are right), and what full draws would then have
    given: P(that, and SLM-MUX is right), P(that, and models tie)."""
    counts, _ = class_counts(votes)
    share = np.prod([counts[:, m] / votes.pool[m] for m in order], axis=0)
    questions, answers = np.nonzero(share)
    first_come = variant.answers_tie_by == "first_come"
    laws = [first_answer_law(votes, m, int(budget[m]), questions, answers, first_come) for m in order]
    found = most_confident(*_spread(laws, levels, variant))
    size = len(share)
    went_on = np.bincount(questions, found.correct, size)
    went_on_tied = np.bincount(questions, share[questions, answers] - found.alone, size)
    return share.sum(axis=1), (share * votes.right).sum(axis=1), went_on, went_on_tied
