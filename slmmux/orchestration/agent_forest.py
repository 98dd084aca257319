"""Agent Forest: the plurality over all models' pooled samples (section 5, baselines)."""

from collections import Counter

import numpy as np

from slmmux.orchestration.draws import TRIALS, Outcome, by_draws, checked_rng, draw_samples
from slmmux.orchestration.evaluation import Evaluation, checked_budget, tokens
from slmmux.orchestration.pooled_law import pooled_law, states
from slmmux.votes.votes import UNPARSED, Votes

LABEL = "Agent Forest"
NEEDS_VALIDATION_ACCURACY = False
ONE_MODEL = False

# The exact law works on prod_m (k_m + 1) coefficients a question; beyond this many it simulates. At the
# bound 500 questions take some ten seconds.
EXACT_STATES = 1024
# Entries of one simulated batch of draws, so that memory does not grow with the questions.
BATCH = 4_000_000


def top_answers(classes) -> list[int]:
    """The answers that share the most votes among all models' samples; empty if all are unparsed."""
    counts = Counter(c for drawn in classes for c in drawn if c != UNPARSED)
    top = max(counts.values(), default=0)
    return [c for c in counts if counts[c] == top]


def vote(classes, rng: np.random.Generator) -> int:
    """Agent Forest on one draw: the winning class, ties broken uniformly; UNPARSED if there is none.

    classes: the M models' drawn answer classes, one sequence each. Unparsed samples vote for nothing.
    """
    answers = top_answers(classes)
    return int(answers[rng.integers(len(answers))]) if answers else UNPARSED


def evaluate(
    votes: Votes, budget, validation_accuracy, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """Expected behaviour of pooling budget[m] samples of every model m and taking the plurality.

    'exact' uses the multivariate generating function while prod_m (k_m + 1), over the models that do not
    draw their whole pool, is at most EXACT_STATES, and simulates beyond it; the evaluation's `mode` and
    `simulation_se` say which it was. Tie probability: two or more
    answers share the most votes. `validation_accuracy` is not used and may be None; no model is selected.
    Raises InputError as slm_mux does.
    """
    budget = checked_budget(votes, budget)
    return plurality(votes, budget, np.zeros(len(budget), dtype=np.int64), mode, trials, seed)


def plurality(votes: Votes, budget: np.ndarray, ranks: np.ndarray, mode: str, trials: int, seed: int) -> Evaluation:
    """`evaluate`, with ties going to the answers whose best supporter ranks lowest, and only then to chance.

    ranks: (M,) ints >= 0, all the same for Agent Forest. Tie probability: a tie is left to chance.
    """
    cost = tokens(votes, budget)
    if mode == "exact" and states(votes, budget) * len(set(ranks[budget > 0].tolist())) <= EXACT_STATES:
        correct, tied = pooled_law(votes, budget, ranks)
        return Evaluation(correct.clip(0, 1), None, tied.clip(0, 1), cost, "exact", None)
    if mode in ("exact", "simulate"):
        return _simulate(votes, budget, ranks, cost, trials, seed)

    def decide_draw(drawn, right):
        answers = top_answers(drawn)
        best = {a: min(ranks[m] for m, classes in enumerate(drawn) if a in classes) for a in answers}
        answers = [a for a in answers if best[a] == min(best.values())]
        return Outcome(float(right[answers].mean()) if answers else 0.0, None, len(answers) > 1)

    return by_draws(votes, budget, decide_draw, cost, mode, trials, seed)


def _simulate(votes: Votes, budget: np.ndarray, ranks: np.ndarray, cost: np.ndarray, trials: int, seed: int):
    """`trials` seeded draws a question, vectorised: the plain rule is too slow where this is needed."""
    rng = checked_rng(trials, seed)
    questions, classes = votes.right.shape
    correct, tied, variance = np.zeros(questions), np.zeros(questions), np.zeros(questions)
    step = max(1, BATCH // (trials * (classes + votes.classes.shape[2])))
    for start in range(0, questions, step):
        part = slice(start, start + step)
        right = votes.right[part]
        # One column more than classes, for unparsed samples; dropped below.
        cell = np.arange(len(right) * trials).reshape(len(right), trials, 1) * (classes + 1)
        counts = np.zeros(cell.size * (classes + 1), dtype=np.int64)
        supporter = np.full(len(counts), ranks.max() + 1)
        for m in np.flatnonzero(budget):
            drawn = draw_samples(rng, (len(right), trials), int(votes.pool[m]), int(budget[m]))
            picked = np.take_along_axis(votes.classes[part, m, None, :], drawn, axis=2)
            voted = cell + picked + 1
            counts += np.bincount(voted.ravel(), minlength=len(counts))
            supporter[voted] = np.minimum(supporter[voted], ranks[m])
        counts, supporter = (table.reshape(len(right), trials, classes + 1)[:, :, 1:] for table in (counts, supporter))
        on_top = (counts > 0) & (counts == counts.max(axis=2, keepdims=True, initial=0))
        best = np.where(on_top, supporter, ranks.max() + 1).min(axis=2, keepdims=True, initial=ranks.max() + 1)
        on_top &= supporter == best
        answers = on_top.sum(axis=2)
        share = (on_top & right[:, None, :]).sum(axis=2) / np.maximum(answers, 1)
        correct[part], variance[part] = share.mean(axis=1), share.var(axis=1, ddof=1)
        tied[part] = (answers > 1).mean(axis=1)
    se = float(np.sqrt(variance.sum() / trials) / questions)
    return Evaluation(correct, None, tied, cost, "simulate", se)
