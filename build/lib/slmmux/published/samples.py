"""Published samples as every reader returns them, and the votes that they are."""

import hashlib
from collections import defaultdict
from collections.abc import Hashable
from typing import NamedTuple

import numpy as np

from slmmux.errors import InputError
from slmmux.votes.votes import UNPARSED, Votes


class Sample(NamedTuple):
    """One published sample.

    answer: a key that two samples of a question share exactly when their answers are the same; None: unreadable.
    right:  as the publishers graded it. text: for messages only. tokens: of the completion, NaN where unknown.
    """

    answer: Hashable | None
    right: bool
    text: str
    tokens: float = float("nan")


# question id → model → its samples
PublishedSamples = dict[str, dict[str, list[Sample]]]


def split_of(question_id: str, validation_share: float) -> str:
    """'validation' or 'test' by a fixed hash of the id, so that a question has one split in every file of it.

    >>> split_of("sample_0", 1.0), split_of("sample_0", 0.0)
    ('validation', 'test')
    """
    place = int.from_bytes(hashlib.sha256(question_id.encode()).digest()[:8], "big") / 2**64
    return "validation" if place < validation_share else "test"


def votes_of(benchmark: str, split: str, samples: PublishedSamples, models: list[str]) -> Votes:
    """Votes of these questions, in their order.

    The right answers of a question are one class: they have the one value that the benchmark expects. Prompt tokens
    are not published: 0 where the completions' tokens are known, else NaN. Raises InputError where a model lacks
    a question or samples, or where one answer of a question is graded both right and wrong, or is unreadable and right.
    """
    where = f"{benchmark}/{split}"
    if not samples:
        raise InputError(f"{where}: no question falls into this split")
    pool = np.array([max(len(by_model.get(m, ())) for by_model in samples.values()) for m in models])
    classes = np.full((len(samples), len(models), pool.max(initial=0)), UNPARSED)
    tokens = np.full((len(samples), len(models)), np.nan)
    right: list[list[bool]] = []
    for q, (question, by_model) in enumerate(samples.items()):
        graded = _graded(benchmark, question, by_model)
        class_of: dict[Hashable, int] = {}
        right.append([])
        for m, model in enumerate(models):
            given = by_model.get(model, [])
            if len(given) != pool[m]:
                raise InputError(f"{where}: {model} has {len(given)} samples of question {question!r}, else {pool[m]}")
            for n, sample in enumerate(given):
                if sample.answer is None:
                    continue
                key = "right" if graded[sample.answer] else (sample.answer,)
                if key not in class_of:
                    class_of[key] = len(class_of)
                    right[q].append(graded[sample.answer])
                classes[q, m, n] = class_of[key]
            tokens[q, m] = np.mean([sample.tokens for sample in given])
    width = max(map(len, right))
    table = np.array([row + [False] * (width - len(row)) for row in right], dtype=bool).reshape(len(samples), width)
    return Votes(
        benchmark,
        split,
        tuple(samples),
        tuple(models),
        classes.astype(np.int16),
        table,
        pool,
        np.where(np.isnan(tokens), np.nan, 0.0),
        tokens,
    )


def _graded(benchmark: str, question: str, by_model: dict[str, list[Sample]]) -> dict[Hashable, bool]:
    """answer → whether it is right. Raises InputError where the grades contradict each other."""
    models: dict[tuple, dict[str, None]] = defaultdict(dict)
    texts: dict[Hashable | None, str] = {}
    for model, given in by_model.items():
        for sample in given:
            texts.setdefault(sample.answer, sample.text)
            models[sample.answer, sample.right][model] = None
    for answer, text in texts.items():
        where = f"{benchmark}: question {question!r}: the answer {text[:80]!r} is graded right"
        if answer is None and (None, True) in models:
            raise InputError(f"{where} for {', '.join(models[None, True])}, but is unreadable")
        if (answer, True) in models and (answer, False) in models:
            raise InputError(
                f"{where} for {', '.join(models[answer, True])} and wrong for {', '.join(models[answer, False])}"
            )
    return {answer: (answer, True) in models for answer in texts if answer is not None}
