"""Evaluate a method by name: the one way from votes and numbers of samples to an Evaluation."""

from collections.abc import Mapping, Sequence

import numpy as np

from slmmux.errors import InputError
from slmmux.orchestration import METHODS
from slmmux.orchestration.draws import TRIALS
from slmmux.orchestration.evaluation import Evaluation
from slmmux.votes.votes import Votes


def evaluate(
    votes: Votes,
    samples: int | Sequence[int] | np.ndarray | Mapping[str, int],
    method: str = "slm_mux",
    validation_accuracy: Sequence[float] | np.ndarray | Mapping[str, float] | None = None,
    mode: str = "exact",
    *,
    validation: Votes | None = None,
    models: Sequence[str] | None = None,
    trials: int = TRIALS,
    seed: int = 0,
) -> Evaluation:
    """Expected behaviour of a method on every question, over the draw of samples and all tie-breaks.

    samples:              samples that each model draws from its pool without replacement: one number for all
                          models, (M,) numbers in their order, or {model: number}, where the models not named
                          draw none.
    method:               a name in METHODS.
    validation_accuracy:  (M,) shares of 1 in the order of the models, or {model: share}, in which other models
                          may occur too. Methods with NEEDS_VALIDATION_ACCURACY need it unless there is one model.
    mode:                 'exact', 'simulate' (`trials` seeded draws a question) or 'enumerate' (every draw).
                          Where a method has no affordable exact law it simulates; the Evaluation's mode says so.
    validation:           votes of the validation questions with all these models: what methods with a `fit` learn from,
                          and the validation accuracies where none are given.
    models:               the models to use, in this order (ties between equal validation accuracies go to the
                          first); default: all of the votes, in theirs.

    Raises InputError (one line) on an unknown name, missing accuracies or validation votes, or samples that exceed a
    pool.
    """
    if method not in METHODS:
        raise InputError(f"no method {method!r}; there are {', '.join(METHODS)}")
    if models is not None:
        votes = votes.take_models(list(models))
    if isinstance(samples, Mapping):
        unknown = [name for name in samples if name not in votes.models]
        if unknown:
            raise InputError(f"samples: no model {unknown[0]!r}; there are {', '.join(votes.models)}")
        budget = [samples.get(name, 0) for name in votes.models]
    else:
        budget = [samples] * len(votes.models) if np.ndim(samples) == 0 else samples
    if validation is not None:
        validation = validation.take_models(list(votes.models))
    if hasattr(METHODS[method], "fit"):
        if validation is None:
            raise InputError(f"{method} needs validation votes: its parameters are fitted on them")
        learned = METHODS[method].fit(validation, np.asarray(budget))
        return METHODS[method].evaluate(votes, budget, learned, mode, trials, seed)
    if validation_accuracy is None and validation is not None:
        validation_accuracy = validation.accuracy_per_question().mean(axis=0)
    if isinstance(validation_accuracy, Mapping):
        missing = [name for name in votes.models if name not in validation_accuracy]
        if missing:
            raise InputError(f"validation accuracies: none given for {missing[0]}")
        validation_accuracy = [validation_accuracy[name] for name in votes.models]
    if validation_accuracy is None and len(votes.models) == 1:
        # One model alone is always preferred.
        validation_accuracy = [0.0]
    return METHODS[method].evaluate(votes, budget, validation_accuracy, mode, trials, seed)
