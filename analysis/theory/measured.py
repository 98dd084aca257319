"""What was measured on one benchmark, once, for every claim of section 4 to be held against."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from slmmux.errors import InputError
from slmmux.orchestration import METHODS
from slmmux.orchestration.evaluation import Evaluation, by_priority
from slmmux.settings import TheorySettings
from slmmux.theory.bounds import Bounds, bounds
from slmmux.theory.intervals import resampled_questions
from slmmux.theory.majority import self_consistency
from slmmux.votes.draw_law import DrawLaw, draw_law
from slmmux.votes.votes import Votes


@dataclass(frozen=True)
class Measured:
    """The test votes of a benchmark and the expected accuracies of all equal-budget configurations.

    accuracy:     (M,) validation accuracies. order: the models by them, best first.
    samples:      1..N, N the smallest pool or the setting. subsets: all non-empty sets of models.
    weights:      (resamples, Q) of the bootstrap over questions.
    consistency:  (Q, M, N) self-consistency accuracy of each model.
    chains:       (subset, N) -> the chain of bounds around SLM-MUX.
    forest:       (subset, N) -> Agent Forest, for subsets of two or more.
    """

    votes: Votes
    accuracy: np.ndarray
    order: list[int]
    samples: range
    subsets: list[tuple[int, ...]]
    law: DrawLaw
    weights: np.ndarray
    consistency: np.ndarray
    chains: dict[tuple[tuple[int, ...], int], Bounds]
    forest: dict[tuple[tuple[int, ...], int], Evaluation]

    @property
    def teams(self) -> list[tuple[int, ...]]:
        """Subsets of two or more models, where something is orchestrated."""
        return [subset for subset in self.subsets if len(subset) > 1]

    def name(self, subset) -> str:
        return " + ".join(self.votes.models[m] for m in subset)

    def of(self, subset) -> Votes:
        return self.votes.take_models([self.votes.models[m] for m in subset])

    def slm_mux(self, subset, k: int) -> np.ndarray:
        return self.chains[subset, k].slm_mux

    def budget(self, subset, k: int) -> np.ndarray:
        budget = np.zeros(len(self.votes.models), dtype=np.int64)
        budget[list(subset)] = k
        return budget


def measure(validation: Votes, test: Votes, settings: TheorySettings, number: int) -> Measured:
    """Everything measured on one benchmark; `number` keeps the benchmarks' resampling apart.

    Raises InputError when the test votes hold no questions or a model without validation votes.
    """
    if not test.question_ids or not validation.question_ids:
        raise InputError(f"votes of {test.benchmark}: there are no questions in one of the splits")
    accuracy = validation.take_models(list(test.models)).accuracy()
    models = range(len(test.models))
    samples = range(1, min(settings.max_samples, int(test.pool.min())) + 1)
    subsets = [subset for size in models for subset in combinations(models, size + 1)]
    measured = Measured(
        votes=test,
        accuracy=accuracy,
        order=by_priority(np.ones(len(models)), accuracy),
        samples=samples,
        subsets=subsets,
        law=draw_law(test, samples),
        weights=resampled_questions(len(test.question_ids), settings.bootstrap_resamples, [settings.seed, number]),
        consistency=np.stack([self_consistency(test, k) for k in samples], axis=2),
        chains={},
        forest={},
    )
    for subset in subsets:
        for k in samples:
            budget = measured.budget(subset, k)
            measured.chains[subset, k] = bounds(test, measured.law, budget, accuracy)
            if len(subset) > 1:
                measured.forest[subset, k] = METHODS["agent_forest"].evaluate(
                    test, budget, accuracy, seed=settings.seed
                )
    return measured
