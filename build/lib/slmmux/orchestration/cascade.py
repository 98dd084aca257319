"""A cascade: ask one model after the other, stop at the first whose confidence reaches tau, else take SLM-MUX's answer.

With tau = 1 and the order of the tie-break this is SLM-MUX itself (see stopping). Below 1 it gives another answer on
some draws, for fewer tokens, and the order of the models becomes a choice. Let n_m = ceil(tau k_m). The models draw
independently, so

    P(right) = sum_j prod_{i<j} P(T_i < n_i) P(T_j >= n_j, right)  +  (SLM-MUX on the laws cut at T_m < n_m).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from math import ceil, factorial

import numpy as np

from slmmux.errors import InputError
from slmmux.orchestration.asking import stopped_at
from slmmux.orchestration.draws import TRIALS, Outcome, by_draws
from slmmux.orchestration.evaluation import Evaluation, by_priority, checked_accuracy, checked_budget, tokens
from slmmux.orchestration.slm_mux import confidence_levels, decide, most_confident, top_answers
from slmmux.votes.draw_law import laws_of
from slmmux.votes.votes import Votes

LABEL = "SLM-MUX stopped at a threshold"
NEEDS_VALIDATION_ACCURACY = True
ONE_MODEL = False

# Orders that `fit` tries; beyond it only those that ask one model first and the others by priority.
MOST_ORDERS = 120


@dataclass(frozen=True)
class Cascade:
    """threshold: tau in (0, 1]. order: model numbers, the first is asked first. validation_accuracy: (M,) floats, the
    order of tied models where none reaches the threshold."""

    threshold: Fraction
    order: tuple[int, ...]
    validation_accuracy: np.ndarray


def needed(threshold: Fraction, k: int) -> int:
    """The smallest top count t >= 1 with t/k >= threshold."""
    return max(1, ceil(threshold * k))


def fit(validation: Votes, budget) -> Cascade:
    """The threshold and order with the highest accuracy on the validation votes; of equal ones the fewest tokens.

    Thresholds: every confidence above one half that a model can have. Orders: all of the models in use up to
    MOST_ORDERS of them. Raises InputError as slm_mux.evaluate does.
    """
    budget = checked_budget(validation, budget)
    accuracy = validation.accuracy()
    priority = by_priority(budget, accuracy)
    if factorial(len(priority)) <= MOST_ORDERS:
        orders = list(permutations(priority))
    else:
        orders = [(m, *(other for other in priority if other != m)) for m in priority]
    fractions = {Fraction(t, int(budget[m])) for m in priority for t in range(1, int(budget[m]) + 1)}
    best: tuple[tuple[float, float], Cascade] | None = None
    for threshold in sorted((f for f in fractions if f > Fraction(1, 2)), reverse=True):
        for order in orders:
            cascade = Cascade(threshold, order, accuracy)
            found = evaluate(validation, budget, cascade)
            cost = found.tokens if found.tokens_with_stopping is None else found.tokens_with_stopping
            # Rounded, so that equal ones are equal on every machine.
            value = round(found.accuracy, 10), -round(float(cost.mean()), 6)
            if best is None or value > best[0]:
                best = value, cascade
    assert best is not None
    return best[1]


def evaluate(
    votes: Votes, budget, cascade: Cascade, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """Expected behaviour of the cascade; `fit` gives one. tokens: as if every model were asked.

    tokens_with_stopping and rounds are those of the cascade. Tie probability: no model reached the threshold and two
    or more share the largest confidence. Raises InputError as slm_mux.evaluate does, and where `order` does not name
    every model in use once.
    """
    budget, accuracy = checked_budget(votes, budget), checked_accuracy(votes, cascade.validation_accuracy)
    if not 0 < cascade.threshold <= 1:
        raise InputError(f"a threshold lies above 0 and is at most 1, got {cascade.threshold}")
    order = checked_order(cascade.order, budget)
    enough = {m: needed(Fraction(cascade.threshold), int(budget[m])) for m in order}
    if mode != "exact":

        def decide_draw(drawn, right):
            for m in order:
                confidence, answers = top_answers(drawn[m])
                if confidence >= cascade.threshold:
                    return Outcome(float(right[answers].mean()), m, False)
            winner, answers, tied = decide(drawn, accuracy)
            return Outcome(float(right[answers].mean()) if answers else 0.0, winner, tied)

        return by_draws(votes, budget, decide_draw, tokens(votes, budget), mode, trials, seed)
    laws = laws_of(votes)
    of = {m: laws.of(m, int(budget[m])) for m in order}
    questions = len(votes.question_ids)
    correct, going_on, selected = np.zeros(questions), np.ones(questions), np.zeros(len(votes.models))
    for m in order:
        correct += going_on * of[m].right[enough[m] :].sum(axis=0)
        selected[m] = (going_on * of[m].mass[enough[m] :].sum(axis=0)).mean()
        going_on = going_on * of[m].below[enough[m]]
    priority = by_priority(budget, accuracy)
    levels, places = confidence_levels(budget[priority])
    cut = [slice(0, enough[m]) for m in priority]
    rest = most_confident(
        [of[m].mass[part] for m, part in zip(priority, cut)],
        [of[m].right[part] for m, part in zip(priority, cut)],
        [place[part] for place, part in zip(places, cut)],
        len(levels),
    )
    selected[priority] += rest.won.mean(axis=1)
    cost = stopped_at(votes, budget, order, enough)
    return Evaluation(
        (correct + rest.correct).clip(0, 1), selected, (going_on - rest.alone).clip(0, 1), tokens(votes, budget),
        "exact", None, cost.tokens, cost.rounds,
    )  # fmt: skip


def checked_order(order: Sequence[int], budget: np.ndarray) -> list[int]:
    """The order without models that draw nothing. Raises InputError where one in use is missing or there twice."""
    used = [int(m) for m in order if 0 <= m < len(budget) and budget[m] > 0]
    if sorted(used) != np.flatnonzero(budget).tolist():
        raise InputError(f"the order {list(order)} must name every model that draws samples once")
    return used
