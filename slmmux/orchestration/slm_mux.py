"""SLM-MUX, Algorithm 1 (section 1): the answer of the most self-consistent model."""

from collections import Counter
from fractions import Fraction

import numpy as np

from slmmux.orchestration.draws import TRIALS, Outcome, by_draws
from slmmux.orchestration.evaluation import Evaluation, by_priority, checked_accuracy, checked_budget, tokens
from slmmux.votes.draw_law import DrawLaw, draw_law
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


def vote(classes, validation_accuracy, rng: np.random.Generator) -> tuple[int, int]:
    """Algorithm 1 on one draw: (winning model, its answer class; UNPARSED if it has none).

    classes: the M models' drawn answer classes, one sequence each. Top answers that tie inside the winning
    model are broken uniformly at random (the paper does not say).
    """
    winner, answers, _ = decide(classes, validation_accuracy)
    return winner, int(answers[rng.integers(len(answers))]) if answers else UNPARSED


def confidence_levels(budget) -> tuple[np.ndarray, list[np.ndarray]]:
    """All confidences t/k that some model can have, as exact fractions put in order.

    budget: ints, 0 for a model left out. Returns the levels (G,) float, for reading only, and per model
    the place (k+1,) int of each t/k among them, so that different budgets are compared without rounding.
    """
    exact = sorted({Fraction(t, int(k)) for k in budget if k for t in range(int(k) + 1)})
    place = {level: g for g, level in enumerate(exact)}
    return np.array([float(level) for level in exact]), [
        np.array([place[Fraction(t, int(k))] for t in range(int(k) + 1)] if k else [], dtype=np.int64) for k in budget
    ]


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
    levels, places = confidence_levels(budget)
    law = draw_law(votes, budget[order])
    spread = [densities(law, m, int(budget[m]), places[m], len(levels)) for m in order]
    correct, won, alone = most_confident([mass for mass, _ in spread], [right for _, right in spread])
    selected = np.zeros(len(votes.models))
    selected[order] = won.mean(axis=0)
    # Rounding can leave a probability a few ulp outside [0, 1].
    return Evaluation(correct.clip(0, 1), selected, (1 - alone).clip(0, 1), cost, "exact", None)


def most_confident(mass: list[np.ndarray], right: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Step 3 of Algorithm 1 for models that draw independently, those preferred on a tie first.

    mass, right: per model (Q, G), P(its confidence is at level g) and P(that, and its voted answer is right).
    Returns correct (Q,), won (Q, models), and alone (Q,): P(the largest confidence is one model's only).
    """
    up_to = [np.cumsum(here, axis=1) for here in mass]
    below = [np.pad(here[:, :-1], ((0, 0), (1, 0))) for here in up_to]
    correct, alone = np.zeros(len(mass[0])), np.zeros(len(mass[0]))
    won = np.zeros((len(mass[0]), len(mass)))
    for i in range(len(mass)):
        others_lose = np.prod([*below[:i], *up_to[i + 1 :], np.ones_like(mass[i])], axis=0)
        others_lower = np.prod([*below[:i], *below[i + 1 :], np.ones_like(mass[i])], axis=0)
        correct += (right[i] * others_lose).sum(axis=1)
        won[:, i] = (mass[i] * others_lose).sum(axis=1)
        alone += (mass[i] * others_lower).sum(axis=1)
    return correct, won, alone
