"""What every method returns, and the checks every method starts with."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from slmmux.errors import InputError
from slmmux.votes.votes import Votes

MODES = ("exact", "simulate", "enumerate")


@dataclass(frozen=True)
class Evaluation:
    """A method's expected behaviour on every question, over the draw of samples and all tie-breaks.

    correct:          (Q,) float. Probability that the method's answer is right.
    selected:         (M,) float. Share of (question, draw) pairs whose answer came from the model, summing
                      to 1; None for methods that do not pick a model (Agent Forest, oracle).
    ties:             what tie_probability gives, or a function that returns it: some take as long as `correct`.
    tokens:           (Q,) float. Prompt tokens once per model used, plus k times the mean completion
                      tokens; NaN where the votes carry no token counts.
    mode:           'exact', 'simulate' or 'enumerate': how `correct` was computed.
    simulation_se:    standard error of `accuracy` that comes from simulating; None for the other modes.
    tokens_with_stopping: (Q,) float. Expected tokens when the models are asked one after the other and asking stops
                      as soon as the rest cannot change the answer (see stopping), or as the method itself stops.
                      None where that is not known.
    rounds:           (Q,) float. Expected number of models asked one after the other; None likewise.
    note:             what a reader must know beside the numbers, such as a pool that was too small; else empty.
    """

    correct: np.ndarray
    selected: np.ndarray | None
    ties: np.ndarray | Callable[[], np.ndarray]
    tokens: np.ndarray
    mode: str
    simulation_se: float | None
    tokens_with_stopping: np.ndarray | None = None
    rounds: np.ndarray | None = None
    note: str = ""

    def __repr__(self) -> str:
        accuracy = f"{100 * self.accuracy:.1f} ± {100 * self.accuracy_se:.1f} %"
        error = "" if self.simulation_se is None else f", simulation error {100 * self.simulation_se:.2f}"
        return f"Evaluation({accuracy}, {len(self.correct)} questions, {self.mode}{error})"

    @cached_property
    def tie_probability(self) -> np.ndarray:
        """(Q,) float. Probability that a tie had to be broken; each method says which tie."""
        return self.ties() if callable(self.ties) else self.ties

    @property
    def accuracy(self) -> float:
        """Mean over the questions."""
        return float(self.correct.mean())

    @property
    def accuracy_se(self) -> float:
        """Standard error over questions, s / sqrt(Q). NaN for one question.

        The draw of samples is averaged out already, so this lies below the sqrt(p (1 - p) / Q) of a single
        run that the paper quotes.
        """
        questions = len(self.correct)
        return float(self.correct.std(ddof=1) / np.sqrt(questions)) if questions > 1 else float("nan")


def checked_budget(votes: Votes, budget) -> np.ndarray:
    """(M,) int samples per model; 0 leaves a model out.

    Raises InputError when it has the wrong length, is negative, not whole, all zero, or above a pool.
    """
    given = np.asarray(budget)
    if given.shape != (len(votes.models),) or not np.issubdtype(given.dtype, np.number):
        raise InputError(f"samples per model: expected {len(votes.models)} whole numbers, got {budget!r}")
    whole = given.astype(np.int64)
    if (whole != given).any() or (whole < 0).any():
        raise InputError(f"samples per model must be whole and not negative, got {given.tolist()}")
    if not len(votes.question_ids):
        raise InputError(f"votes of {votes.benchmark}/{votes.split}: there are no questions")
    if not whole.any():
        raise InputError("samples per model are all 0: at least one model must draw a sample")
    for model, k, n in zip(votes.models, whole, votes.pool):
        if k > n:
            where = f"{votes.benchmark}/{votes.split}"
            raise InputError(f"{model}: {k} samples asked for, its pool of {where} has {n}")
    return whole


def checked_accuracy(votes: Votes, validation_accuracy) -> np.ndarray:
    """(M,) float validation accuracies a_i. Raises InputError when missing, too few or not finite."""
    if validation_accuracy is None:
        raise InputError("this method needs the models' validation accuracies (section 1, step 3)")
    accuracy = np.asarray(validation_accuracy, dtype=float)
    if accuracy.shape != (len(votes.models),) or not np.isfinite(accuracy).all():
        raise InputError(f"expected {len(votes.models)} validation accuracies, got {accuracy.tolist()}")
    return accuracy


def by_priority(budget: np.ndarray, accuracy: np.ndarray) -> list[int]:
    """The models in use, highest validation accuracy first, equal ones in list order."""
    return [int(m) for m in np.argsort(-accuracy, kind="stable") if budget[m] > 0]


def tokens(votes: Votes, budget: np.ndarray) -> np.ndarray:
    """(Q,) float: prompt tokens once per model used plus k times the mean completion tokens."""
    used = budget > 0
    return votes.prompt_tokens[:, used].sum(axis=1) + (votes.completion_tokens[:, used] * budget[used]).sum(axis=1)
