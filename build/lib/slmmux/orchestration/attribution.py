"""Who answers what: the model whose answer SLM-MUX takes, apart from the questions on which all models agree."""

from dataclasses import dataclass, replace

import numpy as np

from slmmux.orchestration.evaluation import by_priority, checked_accuracy, checked_budget
from slmmux.orchestration.slm_mux import confidence_levels, most_confident
from slmmux.votes.draw_law import class_counts, laws_of
from slmmux.votes.votes import Votes


@dataclass(frozen=True)
class Attribution:
    """Expected over draws and tie-breaks; on every question `agreed` and the row of `selected` sum to 1.

    agreed:    (Q,) float. P(all models in use vote for the same answer).
    selected:  (Q, M) float. P(they do not, and the answer taken is model m's).
    """

    agreed: np.ndarray
    selected: np.ndarray


def attribution(votes: Votes, budget, validation_accuracy) -> Attribution:
    """Attribution of SLM-MUX's answers when model m draws budget[m] of its pool without replacement.

    With v_m(c, s) = P(model m votes for c with confidence s) and V_m its sum over confidences up to s, the
    models draw independently, so

        P(all vote for c, m is selected) = sum_s v_m(c, s)  prod_{higher} V_m'(c, s-)  prod_{lower} V_m'(c, s),

    where higher models are those preferred on a tie. v_m(c, .) is the law of a right vote if c alone were
    right. A model that casts no vote, all its samples being unparsed, agrees with nobody. Raises InputError
    as slm_mux.evaluate does.
    """
    budget, accuracy = checked_budget(votes, budget), checked_accuracy(votes, validation_accuracy)
    order, (questions, models) = by_priority(budget, accuracy), votes.classes.shape[:2]
    won, together = np.zeros((2, questions, models))
    won[:, order] = _won(votes, budget, order, voted_right=False)
    counts, _ = class_counts(votes)
    asked, answer = np.nonzero((counts[:, order] > 0).all(axis=1))
    if len(asked):
        # One row for every answer that all models can vote for, with that answer as the only right one.
        alone = replace(
            votes,
            question_ids=tuple(f"{q}: {c}" for q, c in zip(asked, answer)),
            classes=votes.classes[asked],
            right=np.arange(votes.right.shape[1]) == answer[:, None],
            prompt_tokens=votes.prompt_tokens[asked],
            completion_tokens=votes.completion_tokens[asked],
        )
        rows = np.zeros((len(asked), models))
        rows[:, order] = _won(alone, budget, order, voted_right=True)
        np.add.at(together, asked, rows)
    return Attribution(together.sum(axis=1).clip(0, 1), (won - together).clip(0, 1))


def _won(votes: Votes, budget: np.ndarray, order: list[int], voted_right: bool) -> np.ndarray:
    """(Q, models in use) P(the model is selected), or P(that, and every model votes right)."""
    levels, places = confidence_levels(budget[order])
    laws = [laws_of(votes).of(m, int(budget[m])) for m in order]
    mass = [law.right if voted_right else law.mass for law in laws]
    return most_confident(mass, mass, places, len(levels)).won.T
