"""Stopping early without changing the answer of SLM-MUX: what it saves, exactly.

Across models. Ask the models in the order in which ties are broken and stop at the first that is unanimous, all k_i
of its samples giving the same parsed answer. The answer is that of SLM-MUX on every draw. Proof: let model j be the
first that is unanimous, so s_j = 1. A model before it is not unanimous and has s_i < 1, so it loses to j. A model
after it has s_i <= 1, and where s_i = 1 it loses the tie, since j comes before it in the tie-break's order. So j is
the model that Algorithm 1 selects, whatever the models after it would have drawn. If none is unanimous, all are
asked. The models draw independently, so model j is asked with probability prod_{i<j} (1 - P(T_i = k_i)), and

    E[tokens]       = sum_j (prompt_j + k_j c_j) prod_{i<j} (1 - P(T_i = k_i)),
    E[models asked] = sum_j prod_{i<j} (1 - P(T_i = k_i)).

Inside a model. When model j draws its samples one by one, let b be the largest confidence so far, of the models
before it. It wins only with a top count of at least h = floor(b k_j) + 1. After s samples with top count T^(s) it can
reach h only if T^(s) + (k_j - s) >= h; if not, it has lost, and nothing that it would still draw matters. The number
s - T^(s) never falls, so whoever has lost stays lost, and

    E[samples of j | b] = sum_{s=0}^{k_j-1} P(T^(s) >= s - (k_j - h)),

where T^(s) follows the law of s samples drawn from the pool. With b = 1 it draws nothing: the rule above. A model that
may still win draws all its samples, since later models are compared with its confidence. No model comes after the last
one, so it also stops when it has won and its answer is decided: T^(s) >= h and its top answer leads by more than the
k_j - s samples that are left. Both numbers only fall by the samples that are drawn, so what is decided stays decided,
and from the sum above goes sum_{s=1}^{k_j-1} P(T^(s) >= h, lead > k_j - s). A model alone is first and last, h = 0.
"""

import numpy as np

from slmmux.orchestration.asking import Asked, stopped_at
from slmmux.orchestration.evaluation import by_priority, checked_accuracy, checked_budget
from slmmux.orchestration.slm_mux import confidence_levels
from slmmux.votes.decided_law import decided_law
from slmmux.votes.draw_law import laws_of
from slmmux.votes.votes import Votes


def across_models(votes: Votes, budget, validation_accuracy) -> Asked:
    """Cost of SLM-MUX that stops at the first unanimous model. Raises InputError as slm_mux.evaluate does."""
    budget, accuracy = checked_budget(votes, budget), checked_accuracy(votes, validation_accuracy)
    order = by_priority(budget, accuracy)
    return stopped_at(votes, budget, order, {m: int(budget[m]) for m in order})


def inside_models(votes: Votes, budget, validation_accuracy) -> Asked:
    """Cost of SLM-MUX when models draw one by one and stop once they have lost, the last also once it is decided.

    Raises InputError as slm_mux.evaluate does.
    """
    budget, accuracy = checked_budget(votes, budget), checked_accuracy(votes, validation_accuracy)
    order = by_priority(budget, accuracy)
    levels, places = confidence_levels(budget[order])
    laws, questions = laws_of(votes), len(votes.question_ids)
    # P(largest confidence so far <= level); before the first model nothing has to be beaten.
    up_to = np.ones((len(levels), questions))
    tokens, rounds, samples = np.zeros((3, questions))
    for i, (m, place) in enumerate(zip(order, places)):
        k = int(budget[m])
        best = np.diff(up_to, axis=0, prepend=0.0) if i else np.eye(1, len(levels)).T * np.ones(questions)
        # The top count that beats each level: the first place above it. Before the first model 1, since a model all
        # of whose samples are unparsed changes nothing by being drawn to the end.
        beats = np.searchsorted(place, np.arange(len(levels)), side="right")
        drawn = _samples_drawn(laws, m, k)
        if i == len(order) - 1:
            drawn -= decided_law(votes, m, k).sum(axis=0)
        expected = (best * drawn[beats]).sum(axis=0) if i else drawn[0]
        asked = 1 - best[-1] if i else np.ones(questions)
        tokens += asked * votes.prompt_tokens[:, m] + expected * votes.completion_tokens[:, m]
        rounds += asked
        samples += expected
        mass_up_to = laws.of(m, k).below
        up_to = up_to * mass_up_to[np.searchsorted(place, np.arange(len(levels)), side="right")]
    return Asked(tokens, rounds, samples)


def _samples_drawn(laws, model: int, k: int) -> np.ndarray:
    """(k + 2, Q): expected samples of a model that needs a top count of at least h = 0 .. k + 1 to win."""
    questions = laws.index.shape[0]
    drawn = np.zeros((k + 2, questions))
    for h in range(k + 1):
        drawn[h] += 1.0
        for s in range(1, k):
            # P(T^(s) >= s - (k - h)).
            least = max(0, s - (k - h))
            drawn[h] += 1 - laws.of(model, s).below[least] if least else 1.0
    return drawn
