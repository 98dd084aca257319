"""Votes over the pooled samples of all models: exact where that is affordable, else simulated."""

from functools import partial

import numpy as np

from slmmux.orchestration.answer_score import AnswerScore
from slmmux.orchestration.draws import Outcome, by_draws, checked_rng, draw_samples
from slmmux.orchestration.evaluation import Evaluation, tokens
from slmmux.orchestration.pooled_law import affordable, pooled_law, tie_law
from slmmux.votes.votes import Votes

# Entries of one simulated batch of draws, so that memory does not grow with the questions.
BATCH = 4_000_000


def evaluate_pooled(
    votes: Votes, budget: np.ndarray, score: AnswerScore, mode: str, trials: int, seed: int
) -> Evaluation:
    """Expected behaviour of giving the answer with the highest score, ties left to chance.

    budget: (M,) checked ints; score: of the votes' models. 'exact' simulates where the law is not affordable; the
    evaluation's `mode` and `simulation_se` say which it was. Tie probability: a tie is left to chance. No model is
    selected.
    """
    cost = tokens(votes, budget)
    if mode == "exact" and affordable(votes, budget):
        ties = partial(tie_law, votes, budget, score)
        return Evaluation(pooled_law(votes, budget, score), None, ties, cost, "exact", None)
    if mode in ("exact", "simulate"):
        return simulate_pooled(votes, budget, score, cost, trials, seed)

    def decide_draw(drawn, right):
        answers = score.winners(drawn)
        return Outcome(float(right[answers].mean()) if answers else 0.0, None, len(answers) > 1)

    return by_draws(votes, budget, decide_draw, cost, mode, trials, seed)


def simulate_pooled(
    votes: Votes,
    budget: np.ndarray,
    score: AnswerScore,
    cost: np.ndarray,
    trials: int,
    seed: int,
    enough: dict[int, int] | None = None,
) -> Evaluation:
    """`trials` seeded draws a question, vectorised: the plain rule is too slow where this is needed.

    enough: model -> the top count at which no further model is asked; the models are asked in its order, and all of
    them by default.
    """
    rng = checked_rng(trials, seed)
    questions, most_classes = votes.right.shape
    ranks = np.zeros(len(budget), dtype=np.int64) if score.ranks is None else score.ranks
    nobody = int(ranks.max(initial=0)) + 1
    correct, tied, variance = np.zeros(questions), np.zeros(questions), np.zeros(questions)
    step = max(1, BATCH // (trials * (most_classes + votes.classes.shape[2])))
    for start in range(0, questions, step):
        part = slice(start, start + step)
        classes = max(1, int(votes.classes[part].max()) + 1)
        right = votes.right[part, :classes]
        draws = len(right) * trials
        going_on = np.ones(draws, dtype=bool)
        # One column more than classes, for unparsed samples; dropped below.
        total = np.zeros((draws, classes + 1), dtype=np.int64)
        supporter = np.full(total.shape, nobody)
        for m in np.flatnonzero(budget) if enough is None else enough:
            drawn = draw_samples(rng, (len(right), trials), int(votes.pool[m]), int(budget[m]))
            picked = np.take_along_axis(votes.classes[part, m, None, :], drawn, axis=2).reshape(draws, -1)
            draw, answer, number = _counted(picked)
            if enough is not None:
                top = np.maximum.reduceat(np.where(answer >= 0, number, 0), np.flatnonzero(np.diff(draw, prepend=-1)))
                asked = going_on[draw]
                draw, answer, number = draw[asked], answer[asked], number[asked]
                going_on &= top < enough[m]
            # What no vote is worth is the same for every answer, so only the votes themselves are looked at.
            total[draw, answer + 1] += score.points[m][number] - score.points[m][0]
            supporter[draw, answer + 1] = np.minimum(supporter[draw, answer + 1], ranks[m])
        shape = len(right), trials, classes + 1
        total, supporter = (table.reshape(shape)[:, :, 1:] for table in (total, supporter))
        candidate = supporter < nobody
        strength = np.where(candidate, score.strength(total, supporter), np.iinfo(np.int64).min)
        on_top = candidate & (strength == strength.max(axis=2, keepdims=True, initial=np.iinfo(np.int64).min))
        answers = on_top.sum(axis=2)
        share = (on_top & right[:, None, :]).sum(axis=2) / np.maximum(answers, 1)
        correct[part], variance[part] = share.mean(axis=1), share.var(axis=1, ddof=1)
        tied[part] = (answers > 1).mean(axis=1)
    se = float(np.sqrt(variance.sum() / trials) / questions)
    return Evaluation(correct, None, tied, cost, "simulate", se)


def _counted(picked: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Runs of equal entries of each row: their row, value and length, row by row. picked: (rows, k) int."""
    ordered = np.sort(picked, axis=1)
    start = np.ones(ordered.shape, dtype=bool)
    start[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    row, _ = np.nonzero(start)
    first = np.flatnonzero(start)
    return row, ordered.ravel()[first], np.diff(first, append=ordered.size)
