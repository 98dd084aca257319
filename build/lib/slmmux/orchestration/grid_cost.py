"""The expected tokens of SLM-MUX that stops without changing its answer, for every budget at once.

With the models in the order of the tie-break, model j is asked unless one before it is unanimous, so

    E[tokens] = sum_j (prompt_j + k_j c_j) prod_{i<j} (1 - P(T_i = k_i)),

with the proof in `slmmux.orchestration.stopping`. A model with k = 0 is not asked and stops nothing. The product holds
the models before j alone, so that the sum over questions of one model's term is one matrix product of all half
budgets before it with all its own numbers of samples.
"""

import numpy as np

from slmmux.orchestration.evaluation import by_priority, checked_accuracy, checked_budget
from slmmux.votes.draw_law import draw_law
from slmmux.votes.votes import Votes

# Floats of the products held at a time, whatever the number of questions.
CHUNK_FLOATS = 12_000_000


def stopped_tokens_of_all_budgets(
    votes: Votes, validation_accuracy, largest: int, prompt: np.ndarray, completion: np.ndarray
) -> np.ndarray:
    """Expected tokens per question of every budget 0..largest per model: (largest+1,) * M float, indexed by the budget.

    validation_accuracy: (M,) floats, the order of asking. prompt, completion: (Q, M) float tokens of a prompt and of
    one sample. The entry with no samples at all is 0. Raises InputError as slm_mux.evaluate does.
    """
    questions, models, base = len(votes.question_ids), len(votes.models), largest + 1
    checked_budget(votes, [largest] * models)
    order = by_priority(np.ones(models), checked_accuracy(votes, validation_accuracy))
    law, samples = draw_law(votes, range(1, base)), np.arange(base)
    tokens = np.zeros(base**models)
    step = max(1, CHUNK_FLOATS // base ** max(0, models - 1))
    for start in range(0, questions, step):
        part = slice(start, start + step)
        # P(no model so far is unanimous), a row a budget of the models so far; and what those models cost.
        asked, cost = np.ones((1, len(votes.question_ids[part]))), np.zeros(1)
        for place, m in enumerate(order):
            price = prompt[part, m, None] * (samples > 0) + completion[part, m, None] * samples
            cost = (cost[:, None] + asked @ price).reshape(-1)
            if place < models - 1:
                unanimous = np.stack([np.zeros(asked.shape[1]), *(law.of(m, k)[0][part, k] for k in samples[1:])])
                asked = (asked[:, None] * (1 - unanimous)).reshape(-1, asked.shape[1])
        tokens += cost
    # Axis i holds the i-th model by priority; put each back where the votes have it.
    return np.ascontiguousarray(np.transpose((tokens / questions).reshape((base,) * models), np.argsort(order)))
