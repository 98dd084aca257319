"""Agent Forest: the plurality over all models' pooled samples (section 5, baselines)."""

import numpy as np

from slmmux.errors import InputError
from slmmux.orchestration.answer_score import weighted
from slmmux.orchestration.draws import TRIALS
from slmmux.orchestration.evaluation import Evaluation, checked_budget
from slmmux.orchestration.pooled_law import EXACT_STATES, affordable, pooled_law_of_subsets
from slmmux.orchestration.pooled_vote import evaluate_pooled
from slmmux.votes.votes import Votes

LABEL = "Agent Forest"
NEEDS_VALIDATION_ACCURACY = False
ONE_MODEL = False


def evaluate(
    votes: Votes, budget, validation_accuracy, mode: str = "exact", trials: int = TRIALS, seed: int = 0
) -> Evaluation:
    """Expected behaviour of pooling budget[m] samples of every model m and taking the plurality.

    Unparsed samples vote for nothing. 'exact' uses the multivariate generating function where it is affordable (see
    pooled_vote) and simulates beyond it. Tie probability: two or more answers share the most votes; chance decides.
    `validation_accuracy` is not used and may be None; no model is selected. Raises InputError as slm_mux does.
    """
    budget = checked_budget(votes, budget)
    return evaluate_pooled(votes, budget, weighted(np.ones(len(budget)), budget), mode, trials, seed)


def evaluate_subsets(votes: Votes, subsets, samples: int) -> np.ndarray:
    """(subsets, Q) float: `evaluate`'s `correct` of many subsets of equally many models, each drawing `samples`.

    subsets: (subsets, size) int, model numbers. Exact; pools must be of one size. Raises InputError as slm_mux does,
    and where the exact law is not affordable.
    """
    subsets = np.asarray(subsets)
    used = np.isin(np.arange(len(votes.models)), subsets)
    checked_budget(votes, samples * used)
    size = subsets.shape[1]
    if not affordable(votes, samples * np.isin(np.arange(len(votes.models)), subsets[0])):
        raise InputError(
            f"Agent Forest of {size} models with {samples} samples each has more than {EXACT_STATES} states; "
            "ask for fewer samples or models"
        )
    score = weighted(np.ones(size), np.full(size, samples))
    return pooled_law_of_subsets(votes, subsets, samples, score)
