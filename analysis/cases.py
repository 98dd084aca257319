"""Single questions to look at: those that SLM-MUX rescues, those that it loses, and how their votes fell."""

import numpy as np
import pandas as pd

from slmmux.orchestration import METHODS
from slmmux.orchestration.evaluation import by_priority, checked_accuracy, checked_budget
from slmmux.orchestration.slm_mux import decide, top_answers
from slmmux.votes.draw_law import laws_of
from slmmux.votes.votes import Votes


def cases(votes: Votes, k: int, validation_accuracy) -> pd.DataFrame:
    """Algorithm 1 on the first k samples of each pool, one row a question, in the votes' order.

    question_id
    winner, confidence   the model whose answer is taken, and its confidence.
    tied                 whether another model has the same confidence.
    winner_right         probability that the winner's voted answer is right; between 0 and 1 only where the
                         winner's top answers tie.
    best_right           the same of the best single model, had it voted alone.
    gain                 SLM-MUX minus one sample of the best single model: probability of a right answer over
                         all draws from the pools, not only of the first k.

    Raises InputError as the methods do.
    """
    accuracy, budget = np.asarray(validation_accuracy, dtype=float), [k] * len(votes.models)
    expected = [METHODS[name].evaluate(votes, budget, accuracy).correct for name in ("slm_mux", "single_best")]
    best, rows = int(np.argmax(accuracy)), []
    for q, question_id in enumerate(votes.question_ids):
        drawn = votes.classes[q, :, :k]
        winner, answers, tied = decide(drawn, accuracy)
        confidence, _ = top_answers(drawn[winner])
        rows.append(
            {
                "question_id": question_id,
                "winner": votes.models[winner],
                "confidence": float(confidence),
                "tied": tied,
                "winner_right": _right(votes, q, answers),
                "best_right": _right(votes, q, top_answers(drawn[best])[1]),
                "gain": float(expected[0][q] - expected[1][q]),
            }
        )
    return pd.DataFrame(rows)


def rescues(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of `cases` where SLM-MUX is right and the best single model wrong, largest gain first.

    Only those that confidence alone decides, without a tie between models. Equal gains keep their order.
    """
    chosen = table[(table["winner_right"] == 1) & (table["best_right"] == 0) & ~table["tied"]]
    return chosen.sort_values("gain", ascending=False, kind="stable")


def sinks(table: pd.DataFrame) -> pd.DataFrame:
    """The rows where SLM-MUX is wrong and the best single model right, largest loss first; else as `rescues`."""
    chosen = table[(table["winner_right"] == 0) & (table["best_right"] == 1) & ~table["tied"]]
    return chosen.sort_values("gain", kind="stable")


def rescued_and_lost(votes: Votes, k: int, validation_accuracy) -> tuple[np.ndarray, np.ndarray]:
    """(Q,) each: P(SLM-MUX is right and the best single model's own vote wrong), and P(the other way round).

    Over all draws of k samples from each pool, exactly. The best model b is preferred on a tie, so the two answers
    differ only where another model m has a confidence t/k that b does not reach:

        P(rescued) = sum_m sum_t P(m at t, right) P(b below t, wrong) prod_{m'} P(m' below t, or at t if m precedes it)

    Raises InputError as SLM-MUX does.
    """
    accuracy = checked_accuracy(votes, np.asarray(validation_accuracy, dtype=float))
    best, *others = by_priority(checked_budget(votes, [k] * len(votes.models)), accuracy)
    laws = {m: laws_of(votes).of(m, k) for m in (best, *others)}
    right, wrong = laws[best].right, laws[best].mass - laws[best].right
    found = np.zeros((2, len(votes.question_ids)))
    for place, m in enumerate(others):
        for t in range(1, k + 1):
            most = np.ones(len(votes.question_ids))
            for other, rival in enumerate(others):
                if rival != m:
                    most = most * laws[rival].below[t if other < place else t + 1]
            found[0] += laws[m].right[t] * most * wrong[:t].sum(axis=0)
            found[1] += (laws[m].mass[t] - laws[m].right[t]) * most * right[:t].sum(axis=0)
    return found[0], found[1]


def drawn_samples(samples: pd.DataFrame, question_id: str, k: int) -> pd.DataFrame:
    """The first k samples of every model on a question, in the table's order."""
    return samples[(samples["question_id"] == question_id) & (samples["sample"] < k)]


def tally(drawn: pd.DataFrame) -> pd.DataFrame:
    """Each model's distinct answers, most votes first: votes, share f_i(y) of its samples, and correct.

    A sample that could not be read votes for nothing, and counts in the denominator.
    """
    counted = drawn.groupby(["model", "answer", "correct"], sort=False).size().rename("votes").reset_index()
    counted["share"] = counted["votes"] / counted["model"].map(drawn["model"].value_counts())
    order = counted["model"].map({model: i for i, model in enumerate(drawn["model"].unique())})
    ranked = counted.assign(order=order).sort_values(["order", "votes"], ascending=[True, False], kind="stable")
    return ranked[["model", "answer", "votes", "share", "correct"]].reset_index(drop=True)


def _right(votes: Votes, question: int, answers: list[int]) -> float:
    return float(votes.right[question, answers].mean()) if answers else 0.0
