"""The reachable ceiling: the best choice of a model that sees only the models' top counts (T_1, .., T_M).

    choose m(t) = argmax_m sum_q P(T = t, model m's voted answer is right | q),    t = (t_1, .., t_M),

on one set of questions, and use it on another. SLM-MUX, calibrated or not, is one such choice. What lies between this
and the oracle cannot be had from consistency alone, however cleverly it is used; it needs other evidence. Fitted and
measured on the same questions the choice would be too good, so it is always measured on others
(slmmux.orchestration.evaluate.cross_fitted where there is one split alone).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from slmmux.orchestration import calibrated_slm_mux
from slmmux.orchestration.calibrated_slm_mux import Calibration
from slmmux.orchestration.draws import TRIALS, Outcome, by_draws
from slmmux.orchestration.evaluation import Evaluation, by_priority, checked_budget, tokens
from slmmux.orchestration.slm_mux import top_answers
from slmmux.votes.draw_law import laws_of
from slmmux.votes.votes import Votes

LABEL = "Reachable ceiling of consistency"
NEEDS_VALIDATION_ACCURACY = True
ONE_MODEL = False

# Most cells (t_1, .., t_M); beyond it the calibrated choice stands in, which sees the same.
MOST_CELLS = 16_384
# Floats of one working table.
CHUNK_FLOATS = 2_000_000


@dataclass(frozen=True)
class Selector:
    """chosen: (k_1+1, .., k_M+1) int over the models in use, the number of the model to take; None with too many
    cells. calibration: decides cells that no validation question reaches, and all of them where chosen is None."""

    chosen: np.ndarray | None
    calibration: Calibration


def fit(validation: Votes, budget) -> Selector:
    """The best choice on the validation votes. Raises InputError as slm_mux.evaluate does."""
    budget = checked_budget(validation, budget)
    used, calibration = np.flatnonzero(budget), calibrated_slm_mux.fit(validation, budget)
    shape = tuple(int(k) + 1 for k in budget[used])
    if prod(shape) > MOST_CELLS:
        return Selector(None, calibration)
    priority = by_priority(budget, calibration.validation_accuracy)
    right = {m: _cells(validation, budget, used, m).round(12) for m in priority}
    place = np.indices(shape)
    value = {m: calibration.values[m][place[i]] for i, m in enumerate(used)}
    chosen = np.full(shape, priority[0])
    most, best = right[priority[0]], value[priority[0]]
    for m in priority[1:]:
        better = (right[m] > most) | ((right[m] == most) & (value[m] > best))
        chosen = np.where(better, m, chosen)
        most, best = np.where(better, right[m], most), np.where(better, value[m], best)
    return Selector(chosen, calibration)


def _cells(votes: Votes, budget: np.ndarray, used: np.ndarray, model: int) -> np.ndarray:
    """(k_1+1, .., k_M+1) sum over questions of P(T = t, the model's voted answer is right)."""
    shape = tuple(int(k) + 1 for k in budget[used])
    total = np.zeros(prod(shape))
    for _, joint in _joint(votes, budget, used, model):
        total += joint.sum(axis=1)
    return total.reshape(shape)


def _joint(votes: Votes, budget: np.ndarray, used: np.ndarray, model: int | None) -> Iterator[tuple[slice, np.ndarray]]:
    """(questions, (cells, questions) P(T = t, and the model's voted answer is right, where one is given))."""
    laws, questions = laws_of(votes), len(votes.question_ids)
    step = max(1, CHUNK_FLOATS // prod(int(k) + 1 for k in budget[used]))
    for start in range(0, questions, step):
        part = slice(start, min(start + step, questions))
        joint = np.ones((1, part.stop - part.start))
        for m in used:
            law = laws.of(m, int(budget[m]))
            table = (law.right if m == model else law.mass)[:, part]
            joint = (joint[:, None] * table).reshape(-1, joint.shape[1])
        yield part, joint


def evaluate(
    votes: Votes, budget, selector: Selector, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """Expected behaviour of the choice; `fit` gives a Selector, for the same budget. There is no tie between models.

    Raises InputError as slm_mux.evaluate does.
    """
    budget = checked_budget(votes, budget)
    if selector.chosen is None:
        found = calibrated_slm_mux.evaluate(votes, budget, selector.calibration, mode, trials, seed)
        return replace(found, note=f"over {MOST_CELLS} cells of top counts: calibrated SLM-MUX stands in")
    used, cost = np.flatnonzero(budget), tokens(votes, budget)
    chosen = selector.chosen
    if mode != "exact":

        def decide_draw(drawn, right):
            tops = {m: top_answers(drawn[m]) for m in used}
            winner = int(chosen[tuple(int(tops[m][0] * budget[m]) for m in used)])
            answers = tops[winner][1]
            return Outcome(float(right[answers].mean()) if answers else 0.0, winner, False)

        return by_draws(votes, budget, decide_draw, cost, mode, trials, seed)
    correct, selected = np.zeros(len(votes.question_ids)), np.zeros(len(votes.models))
    for m in used:
        cells = chosen.ravel() == m
        for part, joint in _joint(votes, budget, used, m):
            correct[part] += joint[cells].sum(axis=0)
        for _, joint in _joint(votes, budget, used, None):
            selected[m] += joint[cells].sum() / len(correct)
    return Evaluation(correct.clip(0, 1), selected, np.zeros(len(correct)), cost, "exact", None)
