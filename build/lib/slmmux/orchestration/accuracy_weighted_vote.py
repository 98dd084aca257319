"""Accuracy-weighted vote: every sample counts the validation accuracy of its model."""

from slmmux.orchestration.answer_score import weighted
from slmmux.orchestration.draws import TRIALS
from slmmux.orchestration.evaluation import Evaluation, checked_accuracy, checked_budget
from slmmux.orchestration.pooled_vote import evaluate_pooled
from slmmux.votes.votes import Votes

LABEL = "Accuracy-weighted vote"
NEEDS_VALIDATION_ACCURACY = True
ONE_MODEL = False


def evaluate(
    votes: Votes, budget, validation_accuracy, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """Expected behaviour of argmax_a sum_m a_m count_m(a), a_m the validation accuracy of model m (share of 1).

    Exact or simulated, and its tie probability, as in pooled_vote. Raises InputError as slm_mux.evaluate does.
    """
    budget, accuracy = checked_budget(votes, budget), checked_accuracy(votes, validation_accuracy)
    return evaluate_pooled(votes, budget, weighted(accuracy, budget), mode, trials, seed)
