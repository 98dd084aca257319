"""The functions that `import slmmux` offers: read votes, evaluate a method, compare all methods, choose models."""

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from slmmux.errors import InputError
from slmmux.orchestration import METHODS
from slmmux.orchestration.draws import TRIALS
from slmmux.orchestration.evaluate import evaluate as evaluate_method
from slmmux.orchestration.evaluation import Evaluation
from slmmux.votes.archive import load_votes as load_archive
from slmmux.votes.votes import Votes

if TYPE_CHECKING:
    import pandas as pd

SPLITS = ("validation", "test")


class Splits(NamedTuple):
    """Votes of the questions on which choices are made, and of those on which they are measured."""

    validation: Votes | None
    test: Votes


def load_votes(source: "str | Path | Sequence[str | Path] | pd.DataFrame") -> Splits:
    """Votes of both splits from samples files, votes files or a table of samples.

    source: paths or patterns ("data/samples/short_answers/*.parquet"), each a samples file as `slmmux evaluate`
        reads it (.parquet; .json of the paper's released code; .jsonl of lm-evaluation-harness; .eval of Inspect), or
        votes files (.npz); or a DataFrame with the columns of slmmux.samples.tabulate.COLUMNS, one row a sample.

    Samples that do not say their split are test samples; `validation` is None where there are none. Raises
    InputError for a missing or unreadable file, and where there is no test split.
    """
    from slmmux.samples.read import read_samples
    from slmmux.samples.tabulate import votes_from_samples

    if isinstance(source, str | Path):
        source = [source]
    if isinstance(source, Sequence):
        files = [file for pattern in source for file in _files(str(pattern))]
        if all(file.endswith(".npz") for file in files):
            found = {votes.split: votes for votes in map(load_archive, files)}
        else:
            table = read_samples(files, split="test")
            found = {split: votes_from_samples(table, split) for split in SPLITS if (table["split"] == split).any()}
    else:
        found = {split: votes_from_samples(source, split) for split in SPLITS if (source["split"] == split).any()}
    if "test" not in found:
        raise InputError(f"{source if isinstance(source, list) else 'the table'}: no samples of the split 'test'")
    return Splits(found.get("validation"), found["test"])


def _files(pattern: str) -> list[str]:
    found = sorted(glob.glob(pattern)) if glob.has_magic(pattern) else [pattern]
    if not found:
        raise InputError(f"{pattern}: no such files")
    return found


def votes_from_arrays(
    classes,
    right,
    *,
    models: Sequence[str] | None = None,
    question_ids: Sequence[str] | None = None,
    prompt_tokens=None,
    completion_tokens=None,
    benchmark: str = "arrays",
    split: str = "test",
) -> Votes:
    """Votes from plain arrays.

    classes:           (Q, M, n) ints: samples of a question with the same answer carry the same number, -1 where
                       no answer could be read.
    right:             (Q, C) bool: which answer numbers are right; or (Q,) ints, the one right number (-1: none).
    prompt_tokens:     (Q, M) float, tokens of the prompt; completion_tokens: (Q, M), mean tokens of a sample.
                       Unknown by default.

    Raises InputError where shapes disagree.
    """
    classes = np.asarray(classes)
    if classes.ndim != 3 or not np.issubdtype(classes.dtype, np.integer):
        raise InputError(f"classes: expected integers of shape (questions, models, samples), got {classes.shape}")
    questions, count, samples = classes.shape
    right = np.asarray(right)
    if right.ndim == 1:
        columns = int(max(classes.max(initial=0), right.max(initial=0))) + 1
        right = np.arange(columns) == right[:, None]
    unknown = np.full((questions, count), np.nan)
    return Votes(
        benchmark,
        split,
        tuple(question_ids) if question_ids is not None else tuple(f"question {q}" for q in range(questions)),
        tuple(models) if models is not None else tuple(f"model {m}" for m in range(count)),
        classes,
        right,
        np.full(count, samples),
        unknown if prompt_tokens is None else np.asarray(prompt_tokens, dtype=float),
        unknown if completion_tokens is None else np.asarray(completion_tokens, dtype=float),
    )


def methods() -> dict[str, str]:
    """Name of every method → its label in tables and figures."""
    return {name: method.LABEL for name, method in METHODS.items()}


def evaluate(
    test: Votes,
    samples: int | Sequence[int] | Mapping[str, int] | None = None,
    method: str = "slm_mux",
    validation: Votes | None = None,
    *,
    validation_accuracy: Sequence[float] | Mapping[str, float] | None = None,
    models: Sequence[str] | None = None,
    mode: str = "exact",
    trials: int = TRIALS,
    seed: int = 0,
) -> Evaluation:
    """Expected accuracy of a method on the test votes, over all draws of the samples and all tie-breaks.

    samples:     drawn from each model: one number, one a model, or {model: number}; default: the smallest pool.
    method:      a name in `methods()`.
    validation:  votes of the validation questions, which say which model is preferred; or give
                 validation_accuracy, shares of 1. Not needed for one model, or where the method prefers none.
    models:      which models to use, in this order; default: all.
    mode:        'exact', 'simulate' (`trials` seeded draws a question) or 'enumerate'.

    Raises InputError (one line) on an unknown name, missing accuracies, or samples that exceed a pool.
    """
    if samples is None:
        samples = int(test.pool.min())
    return evaluate_method(
        test, samples, method, validation_accuracy, mode, validation=validation, models=models, trials=trials, seed=seed
    )


def compare(
    validation: Votes,
    test: Votes,
    samples: int = 3,
    *,
    confidence: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> "pd.DataFrame":
    """Every method on the test votes with `samples` samples of each model, all choices made on validation.

    One row a method, with all models and with the subset that the paper's O(S) chooses ('..., searched subset').

    label                   the method as tables and figures name it.
    models                  the models it uses.
    accuracy, accuracy_se   share of 1 and its standard error over questions.
    gain, gain_low, gain_high                 accuracy minus that of one sample of the best single model, with a
                                              paired bootstrap interval over questions.
    gain_over_voting, .._low, .._high         the same over that model's self-consistency.
    gain_over_total, .._low, .._high     the same over its self-consistency with as many samples in all.
    gain_needs, ..          questions that would see a true difference of this size with 80 % power.
    tokens_per_question     of all samples drawn, prompts counted once a model; NaN where unknown.
    tokens_with_stopping    expected tokens when models are asked one after the other and asking stops as soon as the
                            rest cannot change the answer, or as the method itself stops; NaN where not known.
    rounds                  expected number of models asked one after the other, likewise.
    tie_probability         how often a tie had to be broken.
    mode, simulation_se     'exact' or 'simulate', and the error that simulating adds.
    note                    what bounds the row, such as a pool with too few samples.

    Raises InputError where `samples` exceeds a pool.
    """
    import pandas as pd

    from slmmux.settings import EvaluationSettings
    from slmmux.stages.compare import LABELS
    from slmmux.stages.compare import compare as compare_methods

    settings = EvaluationSettings(samples=samples, confidence=confidence, bootstrap_resamples=resamples, seed=seed)
    found = compare_methods(validation, test, settings)
    rows = {
        name: {"label": LABELS[name]} | row.summary() | {"models": ", ".join(row.models)}
        for name, row in found.rows.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")


def search(validation: Votes, test: Votes, samples: int = 3, *, sizes: Sequence[int] | None = None) -> "pd.DataFrame":
    """Subsets of the models that two criteria choose on validation, and what each scores on test.

    One row a size and criterion ('objective': the paper's O(S); 'validation_accuracy': exact accuracy of SLM-MUX).

    size, chosen_by, models   the subset.
    objective                 its O(S) on validation, shares of 1.
    validation_accuracy       accuracy of SLM-MUX on validation, too high for a subset that it chose.
    accuracy, accuracy_se     on test, with the standard error over questions.
    tokens_per_question       on test; NaN where unknown.

    Raises InputError where `samples` exceeds a pool.
    """
    import pandas as pd

    from slmmux.selection.subset_objective import rank_subsets

    rows = []
    for size, scores in rank_subsets(validation, samples, sizes or range(2, len(validation.models) + 1)).items():
        measured = [
            evaluate_method(validation, samples, "slm_mux", validation=validation, models=score.models).accuracy
            for score in scores
        ]
        for criterion, best in (("objective", 0), ("validation_accuracy", int(np.argmax(np.round(measured, 12))))):
            score = scores[best]
            found = evaluate_method(test, samples, "slm_mux", validation=validation, models=score.models)
            rows.append(
                {
                    "size": size,
                    "chosen_by": criterion,
                    "models": ", ".join(score.models),
                    "objective": score.objective,
                    "validation_accuracy": measured[best],
                    "accuracy": found.accuracy,
                    "accuracy_se": found.accuracy_se,
                    "tokens_per_question": float(found.tokens.mean()),
                }
            )
    return pd.DataFrame(rows)
