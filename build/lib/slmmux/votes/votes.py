"""Votes: the central type, all that later modules know of a benchmark, an engine or a file format.

Axes everywhere: Q questions, M models, n samples in a model's pool, C answer classes of a question.
"""

from dataclasses import dataclass, replace

import numpy as np

from slmmux.errors import InputError

UNPARSED = -1


@dataclass(frozen=True)
class Votes:
    """What every model answered to every question, as integer answer classes.

    classes:            (Q, M, n) int. Two samples of a question carry the same integer exactly when
                        their answers are the same. UNPARSED (-1): no answer could be read from the sample.
    right:              (Q, C) bool. Which classes of a question are correct. One class of a closed-ended
                        question; several may be right for programs. All False: nobody gave a right answer.
    pool:               (M,) int. Samples in each model's pool; entries of `classes` past it are padding (-1)
                        and are never drawn.
    prompt_tokens:      (Q, M) float. Tokens of the prompt, paid once per question and model.
    completion_tokens:  (Q, M) float. Mean completion tokens of one sample, paid for every sample drawn.
    question_ids, models: names along Q and M. `benchmark` and `split` say what was asked.

    Raises InputError when shapes disagree or a class has no column in `right`.
    """

    benchmark: str
    split: str
    question_ids: tuple[str, ...]
    models: tuple[str, ...]
    classes: np.ndarray
    right: np.ndarray
    pool: np.ndarray
    prompt_tokens: np.ndarray
    completion_tokens: np.ndarray

    def __post_init__(self) -> None:
        questions, models = len(self.question_ids), len(self.models)
        where = f"votes of {self.benchmark}/{self.split}"
        if self.classes.ndim != 3 or self.classes.shape[:2] != (questions, models):
            raise InputError(
                f"{where}: classes have shape {self.classes.shape}, expected ({questions}, {models}, samples)"
            )
        if self.right.ndim != 2 or len(self.right) != questions or self.right.dtype != bool:
            raise InputError(f"{where}: `right` must be a ({questions}, classes) array of booleans")
        for name in ("prompt_tokens", "completion_tokens"):
            if getattr(self, name).shape != (questions, models):
                raise InputError(f"{where}: `{name}` must have shape ({questions}, {models})")
        samples = self.classes.shape[2]
        if self.pool.shape != (models,) or (models and not (1 <= self.pool.min() <= self.pool.max() <= samples)):
            raise InputError(f"{where}: `pool` must give each model between 1 and {samples} samples")
        if self.classes.size and not (UNPARSED <= self.classes.min() <= self.classes.max() < self.right.shape[1]):
            raise InputError(f"{where}: an answer class lies outside -1..{self.right.shape[1] - 1}")
        if len(set(self.question_ids)) != questions or len(set(self.models)) != models:
            raise InputError(f"{where}: a question id or a model name is there twice")

    def __repr__(self) -> str:
        pools = sorted(set(self.pool.tolist()))
        samples = str(pools[0]) if len(pools) == 1 else f"{pools[0]} to {pools[-1]}" if pools else "no"
        what = f"{len(self.question_ids)} questions, {len(self.models)} models, {samples} samples each"
        return f"Votes({self.benchmark}/{self.split}: {what})"

    @property
    def correct(self) -> np.ndarray:
        """(Q, M, n) bool: the sample's class is a right one (False for unparsed samples and padding)."""
        rows = np.arange(len(self.question_ids))[:, None, None]
        return np.where(self.classes >= 0, self.right[rows, np.maximum(self.classes, 0)], False)

    def accuracy_per_question(self) -> np.ndarray:
        """(Q, M) float: share of right samples in the pool, the unbiased estimate of p_i (section 4)."""
        return self.correct.sum(axis=2) / self.pool

    def accuracy(self) -> np.ndarray:
        """(M,) float: mean over the questions of accuracy_per_question; on validation votes, a_i of Algorithm 1."""
        return self.accuracy_per_question().mean(axis=0)

    def take_models(self, models: list[str]) -> "Votes":
        """The same questions with only these models, in this order. Raises InputError on an unknown name."""
        unknown = [m for m in models if m not in self.models]
        if unknown:
            raise InputError(
                f"votes of {self.benchmark}/{self.split}: no model {unknown[0]!r}; there are {', '.join(self.models)}"
            )
        index = [self.models.index(m) for m in models]
        return replace(
            self,
            models=tuple(models),
            classes=self.classes[:, index],
            pool=self.pool[index],
            prompt_tokens=self.prompt_tokens[:, index],
            completion_tokens=self.completion_tokens[:, index],
        )

    def take_questions(self, question_ids: list[str]) -> "Votes":
        """The same models on only these questions, in this order. Raises InputError on an unknown id."""
        place = {question: i for i, question in enumerate(self.question_ids)}
        unknown = [q for q in question_ids if q not in place]
        if unknown:
            raise InputError(f"votes of {self.benchmark}/{self.split}: no question {unknown[0]!r}")
        index = [place[q] for q in question_ids]
        return replace(
            self,
            question_ids=tuple(question_ids),
            classes=self.classes[index],
            right=self.right[index],
            prompt_tokens=self.prompt_tokens[index],
            completion_tokens=self.completion_tokens[index],
        )
