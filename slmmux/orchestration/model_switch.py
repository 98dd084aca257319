"""ModelSwitch (arXiv 2504.00762): ask the next model while the last one is not consistent enough, then pool the votes.

Models are asked in the order of their validation accuracies. The first whose top answer has at least the share tau of
its k samples ends it, as does the last model; the answer is the plurality of all samples so far. With A_j the event
that the first j models all stay below their n_i = ceil(tau k_i) and R_j that the pooled plurality of the first j
models is right,

    P(right) = sum_{j<M} (P(R_j, A_{j-1}) - P(R_j, A_j)) + P(R_M, A_{M-1}),

and each term is the pooled law with at most n_i - 1 votes of model i for one answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

import numpy as np

from slmmux.errors import InputError
from slmmux.orchestration.answer_score import weighted
from slmmux.orchestration.asking import stopped_at
from slmmux.orchestration.cascade import needed
from slmmux.orchestration.draws import TRIALS, Outcome, by_draws
from slmmux.orchestration.evaluation import Evaluation, by_priority, checked_accuracy, checked_budget, tokens
from slmmux.orchestration.pooled_law import affordable, pooled_law, tie_law
from slmmux.orchestration.pooled_vote import simulate_pooled
from slmmux.orchestration.slm_mux import top_answers
from slmmux.votes.votes import Votes

LABEL = "ModelSwitch"
NEEDS_VALIDATION_ACCURACY = True
ONE_MODEL = False


@dataclass(frozen=True)
class Switch:
    """threshold: tau in (0, 1]. validation_accuracy: (M,) floats, the most accurate model is asked first."""

    threshold: Fraction
    validation_accuracy: np.ndarray


def fit(validation: Votes, budget) -> Switch:
    """The threshold above one half with the highest accuracy on the validation votes; of equal ones the lowest.

    Raises InputError as slm_mux.evaluate does.
    """
    budget = checked_budget(validation, budget)
    accuracy = validation.accuracy()
    fractions = {Fraction(t, int(k)) for k in budget if k for t in range(1, int(k) + 1)}
    switches = [Switch(f, accuracy) for f in sorted(f for f in fractions if f > Fraction(1, 2))]
    # Rounded, so that equal ones are equal on every machine.
    return max(switches, key=lambda switch: round(evaluate(validation, budget, switch).accuracy, 10))


def evaluate(
    votes: Votes, budget, switch: Switch, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """Expected behaviour of ModelSwitch; `fit` gives a Switch. tokens: as if every model were asked.

    'exact' simulates where the pooled law of all models is too large (see pooled_vote). tokens_with_stopping and
    rounds are always exact. Tie probability: two or more answers share the most votes; chance decides. No model is
    selected. Raises InputError as slm_mux.evaluate does.
    """
    budget, accuracy = checked_budget(votes, budget), checked_accuracy(votes, switch.validation_accuracy)
    if not 0 < switch.threshold <= 1:
        raise InputError(f"a threshold lies above 0 and is at most 1, got {switch.threshold}")
    order = by_priority(budget, accuracy)
    enough = {m: needed(Fraction(switch.threshold), int(budget[m])) for m in order}
    score = weighted(np.ones(len(budget)), budget)
    cost, spent = tokens(votes, budget), stopped_at(votes, budget, order, enough)
    if mode == "exact" and affordable(votes, budget):
        correct = _over_stops(pooled_law, votes, budget, order, enough)
        ties = partial(_over_stops, tie_law, votes, budget, order, enough)
        return Evaluation(correct, None, ties, cost, "exact", None, spent.tokens, spent.rounds)
    if mode in ("exact", "simulate"):
        found = simulate_pooled(votes, budget, score, cost, trials, seed, enough)
        return replace(found, tokens_with_stopping=spent.tokens, rounds=spent.rounds)

    def decide_draw(drawn, right):
        asked: list[list[int]] = [[] for _ in drawn]
        for m in order:
            asked[m] = drawn[m]
            if top_answers(drawn[m])[0] >= switch.threshold:
                break
        answers = score.winners(asked)
        return Outcome(float(right[answers].mean()) if answers else 0.0, None, len(answers) > 1)

    found = by_draws(votes, budget, decide_draw, cost, mode, trials, seed)
    return replace(found, tokens_with_stopping=spent.tokens, rounds=spent.rounds)


def _over_stops(
    law: Callable, votes: Votes, budget: np.ndarray, order: list[int], enough: dict[int, int]
) -> np.ndarray:
    """(Q,) float: pooled_law or tie_law over the model that ends the asking, the module's sum."""
    score = weighted(np.ones(len(budget)), budget)
    found = np.zeros(len(votes.question_ids))
    for j, last in enumerate(order):
        part = np.where(np.isin(np.arange(len(budget)), order[: j + 1]), budget, 0)
        cap = np.where(np.isin(np.arange(len(budget)), order[:j]), 0, budget)
        for m in order[:j]:
            cap[m] = enough[m] - 1
        found += law(votes, part, score, cap)
        if j < len(order) - 1:
            cap[last] = enough[last] - 1
            found -= law(votes, part, score, cap)
    return found.clip(0, 1)
