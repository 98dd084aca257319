"""From a table of samples, one row each, to Votes."""

import numpy as np
import pandas as pd

from slmmux.errors import InputError
from slmmux.votes.votes import Votes

# The columns of a samples table that votes are made from; it also carries response and finish_reason.
COLUMNS = (
    "benchmark",
    "split",
    "question_id",
    "model",
    "sample",
    "answer",
    "correct",
    "prompt_tokens",
    "completion_tokens",
)


def votes_from_samples(frame, split: str) -> Votes:
    """Votes of one split of one benchmark from a pandas or pyarrow table with COLUMNS.

    Rows may come in any order. Questions and models keep the order of their first row, samples that of
    their `sample` number. Two samples of a question share a class exactly when their answers are equal
    strings; a null answer is unparsed. Models may have pools of different sizes. Tokens are the means over
    a model's samples of a question, NaN where they are null.

    Raises InputError on a missing column, a value of the wrong type, a split that is not there, more than
    one benchmark, a model without a question that another has (naming the first), a model whose questions
    have unequal numbers of samples, a sample given twice, or an answer graded both right and wrong.
    """
    table = frame if isinstance(frame, pd.DataFrame) else frame.to_pandas()
    missing = [c for c in COLUMNS if c not in table.columns]
    if missing:
        raise InputError(f"samples: no column {missing[0]!r}; expected {', '.join(COLUMNS)}")
    splits = _strings(table, "split")
    chosen = splits == split
    if not chosen.any():
        there = ", ".join(sorted(set(splits))) or "no rows at all"
        raise InputError(f"samples: no rows of split {split!r}; there are {there}")
    table = table[chosen]
    benchmarks = pd.unique(_strings(table, "benchmark"))
    if len(benchmarks) > 1:
        raise InputError(f"samples: benchmarks {benchmarks[0]} and {benchmarks[1]} in one table; give one at a time")
    where = f"samples of {benchmarks[0]}/{split}"

    question, questions = pd.factorize(_strings(table, "question_id"))
    model, models = pd.factorize(_strings(table, "model"))
    sample = _numbers(table, "sample", where)
    if not (np.isfinite(sample) & (sample == np.floor(sample))).all():
        raise InputError(f"{where}: column 'sample' must hold whole numbers")
    order = np.lexsort((sample, model, question))
    question, model, sample = question[order], model[order], sample[order]
    table = table.iloc[order]
    pair = question * len(models) + model
    twice = np.flatnonzero((pair[1:] == pair[:-1]) & (sample[1:] == sample[:-1]))
    if len(twice):
        at = twice[0]
        given = f"sample {int(sample[at])} of question {questions[question[at]]!r}"
        raise InputError(f"{where}: {models[model[at]]} has {given} twice")
    pool = _pools(pair, questions, models, where)

    answer, _ = pd.factorize(_strings(table, "answer", nullable=True), use_na_sentinel=True)
    parsed = answer >= 0
    # Rows are sorted by question, so the codes of one question's answers follow each other.
    code = np.full(len(answer), -1)
    code[parsed], distinct = pd.factorize(question[parsed] * (answer.max(initial=0) + 1) + answer[parsed])
    first_code = np.full(len(questions), len(distinct))
    np.minimum.at(first_code, question[parsed], code[parsed])
    answer_class = np.where(parsed, code - first_code[question], -1)

    correct = _booleans(table, "correct", where)
    if (correct & ~parsed).any():
        at = question[np.flatnonzero(correct & ~parsed)[0]]
        raise InputError(f"{where}: a sample of question {questions[at]!r} has no answer but is marked correct")
    graded = np.zeros((len(questions), answer_class.max(initial=0) + 1, 2), dtype=bool)
    graded[question[parsed], answer_class[parsed], correct[parsed].astype(int)] = True
    both: np.ndarray = graded[..., 0] & graded[..., 1]
    if both.any():
        at = np.flatnonzero(both.any(axis=1))[0]
        raise InputError(f"{where}: question {questions[at]!r} has one answer graded both right and wrong")

    classes = np.full((len(questions), len(models), int(pool.max())), -1, dtype=np.int32)
    place = np.arange(len(pair)) - np.searchsorted(pair, pair)
    classes[question, model, place] = answer_class
    tokens = {
        name: np.bincount(pair, _numbers(table, name, where), len(questions) * len(models)).reshape(-1, len(models))
        / pool
        for name in ("prompt_tokens", "completion_tokens")
    }
    return Votes(str(benchmarks[0]), split, tuple(questions), tuple(models), classes, graded[:, :, 1], pool, **tokens)


def _pools(pair: np.ndarray, questions, models, where: str) -> np.ndarray:
    """(M,) samples per question of each model, the same for all its questions."""
    counts = np.bincount(pair, minlength=len(questions) * len(models)).reshape(len(questions), len(models))
    if not counts.all():
        q, m = np.argwhere(counts == 0)[0]
        raise InputError(f"{where}: {models[m]} has no samples of question {questions[q]!r}, which another model has")
    unequal = np.argwhere(counts != counts[0])
    if len(unequal):
        q, m = unequal[0]
        raise InputError(
            f"{where}: {models[m]} has {counts[q, m]} samples of question {questions[q]!r} "
            f"and {counts[0, m]} of {questions[0]!r}"
        )
    return counts[0]


def _strings(table: pd.DataFrame, column: str, nullable: bool = False) -> np.ndarray:
    values = table[column].to_numpy(dtype=object, na_value=None)
    bad = next((v for v in values if not (isinstance(v, str) or (nullable and v is None))), "")
    if bad != "":
        raise InputError(f"samples: column {column!r} must hold strings, found {str(bad)[:40]!r}")
    return values


def _numbers(table: pd.DataFrame, column: str, where: str) -> np.ndarray:
    try:
        return table[column].to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: column {column!r} must hold numbers") from error


def _booleans(table: pd.DataFrame, column: str, where: str) -> np.ndarray:
    values = table[column].to_numpy(dtype=object)
    if not all(isinstance(v, (bool, np.bool_)) for v in values):
        raise InputError(f"{where}: column {column!r} must hold true or false")
    return values.astype(bool)
