"""Calibrated SLM-MUX: the answer of the model whose confidence promises most, learned from validation votes.

    model = argmax_m g_m(T_m),      g_m(t) = P(voted answer right | top count t),

instead of argmax_m T_m / k_m: a confidence of 2/3 of a strong model may say more than 3/3 of a weak one. On the
validation votes g_m(t) = (sum_q P(T_m = t, right) + s a_m) / (sum_q P(T_m = t) + s) with s = SHRINKAGE questions' worth
of the model's accuracy a_m, made monotone in t by pooling adjacent violators. Only the order of the cells (m, t)
changes, so the law stays exact: step 3 of Algorithm 1 with g_m(t) in the place of the confidences.
"""

from dataclasses import dataclass

import numpy as np

from slmmux.orchestration.answer_score import UNIT
from slmmux.orchestration.draws import TRIALS, Outcome, by_draws
from slmmux.orchestration.evaluation import Evaluation, by_priority, checked_accuracy, checked_budget, tokens
from slmmux.orchestration.slm_mux import most_confident, top_answers
from slmmux.votes.draw_law import laws_of
from slmmux.votes.votes import Votes

LABEL = "Calibrated SLM-MUX"
NEEDS_VALIDATION_ACCURACY = True
ONE_MODEL = False

# Questions' worth of the model's accuracy that is mixed into what was seen at each top count.
SHRINKAGE = 5.0


@dataclass(frozen=True)
class Calibration:
    """values: per model (k_m + 1,) int64, g_m(t) in units of 1 / UNIT, rising in t; g_m(0) is -1, as a model without
    an answer must not be preferred. validation_accuracy: (M,) floats, the order of models with equal values."""

    values: tuple[np.ndarray, ...]
    validation_accuracy: np.ndarray


def fit(validation: Votes, budget) -> Calibration:
    """g_m of every model from the validation votes. Raises InputError as slm_mux.evaluate does."""
    budget = checked_budget(validation, budget)
    accuracy, laws = validation.accuracy(), laws_of(validation)
    values = []
    for m, k in enumerate(budget.tolist()):
        value = np.full(k + 1, -1, dtype=np.int64)
        if k:
            law = laws.of(m, k)
            weight = law.mass.sum(axis=1) + SHRINKAGE
            promised = (law.right.sum(axis=1) + SHRINKAGE * accuracy[m]) / weight
            value[1:] = np.rint(monotone(promised[1:], weight[1:]) * UNIT)
        values.append(value)
    return Calibration(tuple(values), accuracy)


def monotone(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The rising sequence nearest to `values` in weighted squares: pool adjacent violators."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist()):
        blocks.append((value, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, x, m), (b, y, n) = blocks[-2:]
            blocks[-2:] = [((a * x + b * y) / (x + y), x + y, m + n)]
    return np.repeat([value for value, _, _ in blocks], [number for _, _, number in blocks])


def evaluate(
    votes: Votes, budget, calibration: Calibration, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """Expected behaviour of the calibrated choice; `fit` gives a Calibration, for the same budget.

    Tie probability: two or more models share the largest value; validation accuracy, then list order decides.
    Raises InputError as slm_mux.evaluate does.
    """
    budget, accuracy = checked_budget(votes, budget), checked_accuracy(votes, calibration.validation_accuracy)
    order, cost = by_priority(budget, accuracy), tokens(votes, budget)
    if mode != "exact":

        def decide_draw(drawn, right):
            tops = [(m, *top_answers(drawn[m])) for m in order]
            value = [int(calibration.values[m][int(confidence * budget[m])]) for m, confidence, _ in tops]
            winner, _, answers = tops[value.index(max(value))]
            tied = value.count(max(value)) > 1
            return Outcome(float(right[answers].mean()) if answers else 0.0, winner, tied)

        return by_draws(votes, budget, decide_draw, cost, mode, trials, seed)
    laws, levels = laws_of(votes), np.unique(np.concatenate([calibration.values[m] for m in order]))
    mass, right, places = [], [], []
    for m in order:
        law = laws.of(m, int(budget[m]))
        # Top counts of equal value are one confidence.
        distinct, first = np.unique(calibration.values[m], return_index=True)
        mass.append(np.add.reduceat(law.mass, first, axis=0))
        right.append(np.add.reduceat(law.right, first, axis=0))
        places.append(np.searchsorted(levels, distinct))
    found = most_confident(mass, right, places, len(levels))
    selected = np.zeros(len(votes.models))
    selected[order] = found.won.mean(axis=1)
    return Evaluation(found.correct.clip(0, 1), selected, (1 - found.alone).clip(0, 1), cost, "exact", None)
