"""What the released code's grading does to the result: strings compared after normalisation (section 6)."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.fidelity.departure import EXAMPLE_COLUMNS, EXAMPLES, Departure
from slmmux.orchestration.evaluate import evaluate
from slmmux.orchestration.evaluation import Evaluation
from slmmux.released_code.grading import STRING_GRADED, paper_grade
from slmmux.samples.tabulate import votes_from_samples

NUMBERS, BOXES = ("gsm8k", "gsm_symbolic"), ("math_500",)


def grading(name: str, samples: pd.DataFrame, references: dict[str, str], k: int) -> list[Departure]:
    """SLM-MUX with all models and k samples, its samples graded in two ways.

    samples: both splits, columns as in slmmux.tables.SAMPLES, graded by this project. references: question id
    → reference. The order of tied models comes from each grading's own validation samples. The readings of
    numbers and boxes are measured inside string grading: as it is, and with that one reading put right.
    Empty for a benchmark that the released code has no grader for.
    """
    if name not in STRING_GRADED:
        return []
    strings = regraded(name, samples, references, str)
    found = [
        _row(
            "string_grading", "grading", "by value, LaTeX by its form", "equal strings after normalisation",
            samples, strings, k,
        )
    ]  # fmt: skip
    if name in NUMBERS:
        whole = regraded(name, samples, references, without_separators)
        commas = sum(without_separators(text) != text for text in references.values())
        found.append(
            _row(
                "separators", "reading of 1,234", "1234", "1, or 234 where it is the last number",
                whole, strings, k, f"Both with string grading. {commas} of {len(references)} references have a comma.",
            )
        )  # fmt: skip
    if name in BOXES:
        last = regraded(name, samples, references, from_last_box)
        found.append(
            _row("first_box", "which box", "the last", "the first", last, strings, k, "Both with string grading.")
        )
    return found


def regraded(
    name: str, samples: pd.DataFrame, references: dict[str, str], rewrite: Callable[[str], str]
) -> pd.DataFrame:
    """The samples with `answer` and `correct` as string grading has them, on texts rewritten beforehand."""
    answer, correct = np.empty(len(samples), dtype=object), np.zeros(len(samples), dtype=bool)
    responses = samples["response"].to_numpy()
    for question, rows in samples.groupby("question_id", sort=False).indices.items():
        texts = [rewrite(responses[row]) for row in rows]
        for row, grade in zip(rows, paper_grade(name, rewrite(references[question]), texts)):
            answer[row], correct[row] = grade.answer, grade.correct
    return samples.assign(answer=answer, correct=correct)


def without_separators(text: str) -> str:
    """The text without the commas inside numbers: "1,234" as "1234"."""
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)


def from_last_box(text: str) -> str:
    r"""The text from its last \boxed on, so that the first box is the last one; all of it without a box."""
    return text[max(text.rfind(r"\boxed{"), 0) :]


def _row(key, matter, our_words, their_words, ours: pd.DataFrame, theirs: pd.DataFrame, k: int, note: str = ""):
    first, second = ours["correct"].to_numpy(dtype=bool), theirs["correct"].to_numpy(dtype=bool)
    lost, won = np.flatnonzero(first & ~second), np.flatnonzero(second & ~first)
    counts = (
        f"{len(lost) + len(won)} of {len(first)} responses judged differently: {len(lost)} right by the first "
        f"only, {len(won)} by the second only. Not read: {ours['answer'].isna().sum()} and "
        f"{theirs['answer'].isna().sum()}."
    )
    examples = ours.iloc[[*lost[:EXAMPLES], *won[:EXAMPLES]]].assign(
        ours=lambda rows: rows["correct"].astype(float), theirs=lambda rows: 1 - rows["ours"]
    )
    return Departure(
        key, "grading", matter, "both", our_words, their_words, _slm_mux(ours, k), _slm_mux(theirs, k),
        f"{counts} {note}".strip(), examples[EXAMPLE_COLUMNS].reset_index(drop=True),
    )  # fmt: skip


def _slm_mux(samples: pd.DataFrame, k: int) -> Evaluation:
    validation, test = (votes_from_samples(samples, split) for split in ("validation", "test"))
    accuracy = validation.accuracy()
    return evaluate(test, k, "slm_mux", accuracy)
