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
        budget = np.array([samples.get(name, 0) for name in votes.models])
    else:
        given = np.asarray(samples)
        budget = np.full(len(votes.models), given) if given.ndim == 0 else given
    if validation is not None:
        validation = validation.take_models(list(votes.models))
    if hasattr(METHODS[method], "fit"):
        if validation is None:
            raise InputError(f"{method} needs validation votes: its parameters are fitted on them")
        learned = METHODS[method].fit(validation, budget)
        return METHODS[method].evaluate(votes, budget, learned, mode, trials, seed)
    if validation_accuracy is None and validation is not None:
        validation_accuracy = validation.accuracy()
    if isinstance(validation_accuracy, Mapping):
        missing = [name for name in votes.models if name not in validation_accuracy]
        if missing:
            raise InputError(f"validation accuracies: none given for {missing[0]}")
        validation_accuracy = [validation_accuracy[name] for name in votes.models]
    if validation_accuracy is None and len(votes.models) == 1:
        # One model alone is always preferred.
        validation_accuracy = [0.0]
    return METHODS[method].evaluate(votes, budget, validation_accuracy, mode, trials, seed)


def cross_fitted(
    votes: Votes,
    samples: int | Sequence[int] | np.ndarray | Mapping[str, int],
    method: str = "slm_mux",
    mode: str = "exact",
    *,
    models: Sequence[str] | None = None,
    trials: int = TRIALS,
    seed: int = 0,
) -> Evaluation:
    """`evaluate` without a validation split: what is learned on each half of the questions is used on the other.

    The halves are the questions at even and at odd places. Every question is measured by what the other half taught,
    so nothing is chosen on the questions that measure it. `selected` and `simulation_se` are means over the halves,
    weighted by questions. Raises InputError as evaluate does, and where there are less than two questions.
    """
    ids = votes.question_ids
    if len(ids) < 2:
        raise InputError(f"votes of {votes.benchmark}/{votes.split}: halves need at least two questions")
    halves = [votes.take_questions(list(ids[start::2])) for start in (0, 1)]
    found = [
        evaluate(here, samples, method, mode=mode, validation=other, models=models, trials=trials, seed=seed)
        for here, other in (halves, halves[::-1])
    ]
    share = [len(half.question_ids) / len(ids) for half in halves]

    def woven(even: np.ndarray, odd: np.ndarray) -> np.ndarray:
        values = np.empty(len(ids))
        values[0::2], values[1::2] = even, odd
        return values

    def woven_if_known(even: np.ndarray | None, odd: np.ndarray | None) -> np.ndarray | None:
        return None if even is None or odd is None else woven(even, odd)

    first, second = found
    selected, error = None, None
    if first.selected is not None and second.selected is not None:
        selected = share[0] * first.selected + share[1] * second.selected
    if first.simulation_se is not None and second.simulation_se is not None:
        error = float(np.hypot(share[0] * first.simulation_se, share[1] * second.simulation_se))
    return Evaluation(
        woven(first.correct, second.correct),
        selected,
        lambda: woven(first.tie_probability, second.tie_probability),
        woven(first.tokens, second.tokens),
        first.mode,
        error,
        woven_if_known(first.tokens_with_stopping, second.tokens_with_stopping),
        woven_if_known(first.rounds, second.rounds),
        first.note or second.note,
    )
