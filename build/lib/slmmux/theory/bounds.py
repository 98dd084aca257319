"""The statements of section 4 that hold exactly, question by question, in expectation over draws.

Symbols: S the models in use, s_i the confidence of model i in a draw, "i is right" when its voted answer
is, in-model ties broken uniformly and independently. The models draw independently, so with
F_i(s-) = P(s_i < s), e_i(s) = P(s_i = s) and r_i(s) = P(s_i = s, i is right),

    P(all models that attain the top confidence are right)
        = sum_s  prod_i (F_i(s-) + r_i(s)) - prod_i F_i(s-)
    P(none of them is right)
        = sum_s  prod_i (F_i(s-) + e_i(s) - r_i(s)) - prod_i F_i(s-)

Confidences are compared as exact fractions, so unequal budgets are covered. A model whose samples are all
unparsed has confidence 0 and is wrong.
"""

from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np

from slmmux.orchestration import METHODS
from slmmux.orchestration.evaluation import checked_budget
from slmmux.orchestration.slm_mux import confidence_levels, densities
from slmmux.theory.majority import hypergeometric
from slmmux.votes.draw_law import DrawLaw
from slmmux.votes.votes import Votes


class BoundBroken(ArithmeticError):
    """A statement that is a theorem failed on a question: the code that computed a side of it is wrong."""


@dataclass(frozen=True)
class Bounds:
    """The chain around SLM-MUX, each (Q,) float, every entry at most the next.

    all_on_top:   P(every model that attains the top confidence is right).
    slm_mux:      P(SLM-MUX is right), as the method itself computes it.
    some_on_top:  P(some model that attains the top confidence is right).
    voted:        P(some model's voted answer is right), the union of voted answers.
    drawn:        P(some drawn sample of some model is right), the union of the same draw.
    pooled:       1 where some sample of some pool is right: the union the paper plots grows to this.

    The union must be that of the same draw. The union of single samples, 1 - prod_i (1 - p_i), is no
    bound: one model with p = 0.6 reaches 0.648 with three samples.
    """

    all_on_top: np.ndarray
    slm_mux: np.ndarray
    some_on_top: np.ndarray
    voted: np.ndarray
    drawn: np.ndarray
    pooled: np.ndarray


def bounds(votes: Votes, law: DrawLaw, budget, validation_accuracy) -> Bounds:
    """The chain for one configuration.

    law: a draw_law of the same votes that holds every non-zero budget; budget (M,) ints, 0 leaves a model
    out; validation_accuracy (M,) floats. Raises InputError as slm_mux.evaluate does.
    """
    budget = checked_budget(votes, budget)
    levels, places = confidence_levels(budget)
    shape = (len(votes.question_ids), len(levels))
    below_all, right_on_top, wrong_on_top = np.ones(shape), np.ones(shape), np.ones(shape)
    none_voted, none_drawn = np.ones(shape[0]), np.ones(shape[0])
    hits = votes.correct.sum(axis=2)
    for m in np.flatnonzero(budget):
        k = int(budget[m])
        mass, right = densities(law, m, k, places[m], len(levels))
        below = np.cumsum(mass, axis=1) - mass
        below_all *= below
        right_on_top *= below + right
        wrong_on_top *= below + mass - right
        none_voted *= 1 - right.sum(axis=1)
        none_drawn *= hypergeometric(int(votes.pool[m]), k)[hits[:, m], 0]
    return Bounds(
        all_on_top=(right_on_top - below_all).sum(axis=1),
        slm_mux=METHODS["slm_mux"].evaluate(votes, budget, validation_accuracy).correct,
        some_on_top=1 - (wrong_on_top - below_all).sum(axis=1),
        voted=1 - none_voted,
        drawn=1 - none_drawn,
        pooled=(hits[:, budget > 0] > 0).any(axis=1) * 1.0,
    )


def check_chain(chain: Bounds, votes: Votes, budget, rounding: float) -> None:
    """Raises BoundBroken, naming the first question, when an entry exceeds the next by more than `rounding`."""
    names = [field.name for field in fields(chain)]
    where = f"samples {dict(zip(votes.models, map(int, budget)))}"
    for lower, upper in pairwise(names):
        check_ordered(getattr(chain, lower), getattr(chain, upper), f"{lower} <= {upper}", votes, where, rounding)


def check_ordered(lower, upper, statement: str, votes: Votes, where: str, rounding: float) -> None:
    """Raises BoundBroken when lower > upper + rounding, or either is not a number, on some question.

    lower, upper: (Q,) float. `statement` and `where` go into the message.
    """
    broken = np.flatnonzero(~(lower <= upper + rounding))
    if len(broken):
        q = int(broken[0])
        raise BoundBroken(
            f"{statement} fails on question {votes.question_ids[q]} of {votes.benchmark}/{votes.split} "
            f"({where}): {lower[q]:.12g} against {upper[q]:.12g}; {len(broken)} questions in all"
        )
