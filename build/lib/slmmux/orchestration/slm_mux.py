"""SLM-MUX, Algorithm 1 (section 1): the answer of the most self-consistent model."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from slmmux.orchestration.asking import stopped_at
from slmmux.orchestration.draws import TRIALS, Outcome, by_draws
from slmmux.orchestration.evaluation import Evaluation, by_priority, checked_accuracy, checked_budget, tokens
from slmmux.votes.draw_law import DrawLaw, laws_of
from slmmux.votes.votes import UNPARSED, Votes

LABEL = "SLM-MUX"
NEEDS_VALIDATION_ACCURACY = True
ONE_MODEL = False


def top_answers(classes) -> tuple[Fraction, list[int]]:
    """One model's confidence s_i = max_y f_i(y) and the answers that reach it, from its k drawn classes.

    Unparsed samples vote for nothing but stay in the denominator k. All unparsed: confidence 0, no answer.
    """
    counts = Counter(c for c in classes if c != UNPARSED)
    top = max(counts.values(), default=0)
    return Fraction(top, len(classes)), [c for c in counts if counts[c] == top]


def decide(classes, validation_accuracy) -> tuple[int, list[int], bool]:
    """Algorithm 1 up to the tie-break inside the winning model: (model, its top answers, was there a tie).

    Among models tied on confidence the one with the largest validation accuracy wins; the paper does not
    say what follows if those are equal too, so the first in the list wins. Models without samples sit out.
    """
    top = {m: top_answers(drawn) for m, drawn in enumerate(classes) if len(drawn)}
    best = max(confidence for confidence, _ in top.values())
    tied = [m for m, (confidence, _) in top.items() if confidence == best]
    winner = max(tied, key=lambda m: validation_accuracy[m])
    return winner, top[winner][1], len(tied) > 1


def confidence_levels(budget) -> tuple[np.ndarray, list[np.ndarray]]:
    """All confidences t/k that some model can have, as exact fractions put in order.

    budget: ints, 0 for a model left out. Returns the levels (G,) float, for reading only, and per model
    the place (k+1,) int of each t/k among them, so that different budgets are compared without rounding.
    """
    levels, places = _levels_of(frozenset(int(k) for k in budget if k))
    return levels, [places[int(k)] if k else np.zeros(0, dtype=np.int64) for k in budget]


@lru_cache(maxsize=4096)
def _levels_of(budgets: frozenset[int]) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    exact = sorted({Fraction(t, k) for k in budgets for t in range(k + 1)})
    number = {level: g for g, level in enumerate(exact)}
    places = {k: np.array([number[Fraction(t, k)] for t in range(k + 1)]) for k in budgets}
    return np.array([float(level) for level in exact]), places


def densities(law: DrawLaw, model: int, k: int, place: np.ndarray, levels: int) -> tuple[np.ndarray, np.ndarray]:
    """(mass, right), each (Q, G): the model's law spread over the common confidence levels."""
    mass, right, _ = law.of(model, k)
    spread = np.zeros((2, len(mass), levels))
    spread[0][:, place] = mass
    spread[1][:, place] = right
    return spread[0], spread[1]


def evaluate(
    votes: Votes, budget, validation_accuracy, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """Expected behaviour of SLM-MUX when model m draws budget[m] of its pool without replacement.

    budget: (M,) ints, 0 leaves a model out; validation_accuracy: (M,) floats. The models draw
    independently, so with F_m(s) = P(s_m <= s) the winner's law is

        P(m wins at s) = P(s_m = s)  prod_{higher} F_m'(s-)  prod_{lower} F_m'(s),

    where higher models are those preferred on a tie. Tie probability: two or more models share the largest
    confidence. Raises InputError (one line) on impossible budgets, accuracies or mode.
    """
    budget, accuracy = checked_budget(votes, budget), checked_accuracy(votes, validation_accuracy)
    cost = tokens(votes, budget)
    if mode != "exact":

        def decide_draw(drawn, right):
            winner, answers, tied = decide(drawn, accuracy)
            return Outcome(float(right[answers].mean()) if answers else 0.0, winner, tied)

        return by_draws(votes, budget, decide_draw, cost, mode, trials, seed)

    order = by_priority(budget, accuracy)
    levels, places = confidence_levels(budget[order])
    laws = laws_of(votes)
    of = [laws.of(m, int(budget[m])) for m in order]
    found = most_confident([law.mass for law in of], [law.right for law in of], places, len(levels))
    selected = np.zeros(len(votes.models))
    selected[order] = found.won.mean(axis=1)
    # Rounding can leave a probability a few ulp outside [0, 1].
    correct, tied = found.correct.clip(0, 1), (1 - found.alone).clip(0, 1)
    # Asking may stop at the first unanimous model; slmmux.orchestration.stopping has the proof.
    spent = stopped_at(votes, budget, order, {m: int(budget[m]) for m in order})
    return Evaluation(correct, selected, tied, cost, "exact", None, spent.tokens, spent.rounds)


@dataclass(frozen=True)
class MostConfident:
    """correct (Q,): P(the answer is right). won (models, Q): P(the model is selected). alone (Q,): P(no other model
    shares the largest confidence)."""

    correct: np.ndarray
    won: np.ndarray
    alone: np.ndarray


def most_confident(mass, right, places, levels: int) -> MostConfident:
    """Step 3 of Algorithm 1 for models that draw independently, those preferred on a tie first.

    mass, right: per model (rows, Q), P(its confidence is that of the row) and P(that, and its voted answer is right);
    places: per model (rows,) the place of each row among the `levels` common ones, ascending. One pass over the models
    keeps A(s) = P(the best so far has confidence s and is right), the same for "is the only one", and
    P(all so far < s); a second one, backwards, P(all later <= s).
    """
    questions = mass[0].shape[1]
    # One array, (correct, the only one, lower), so that one product serves the last two.
    best = np.zeros((3, levels, questions))
    best[2] = 1.0
    before, up_to, rows = [], [], []
    for m, place in enumerate(places):
        spread = np.zeros((len(place) + 1, questions))
        np.cumsum(mass[m], axis=0, out=spread[1:])
        if len(place) == levels:
            where: slice | np.ndarray = slice(None)
            before.append(best[2].copy())
        else:
            where = place
            spread = spread.take(np.searchsorted(place, np.arange(levels + 1)), axis=0)
            before.append(best[2].take(place, axis=0))
        # P(confidence < level), and one row on P(confidence <= level).
        below, here = spread[:-1], spread[1:]
        best[0] *= here
        best[1:] *= below
        best[0, where] += before[m] * right[m]
        before[m] *= mass[m]
        best[1, where] += before[m]
        up_to.append(here)
        rows.append(where)
    won, later = np.empty((len(mass), questions)), np.ones((levels, questions))
    for m in reversed(range(len(mass))):
        np.add.reduce(before[m] * later[rows[m]], axis=0, out=won[m])
        later *= up_to[m]
    return MostConfident(best[0].sum(axis=0), won, best[1].sum(axis=0))
