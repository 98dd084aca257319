"""One claim and all its cells: simultaneous intervals, a verdict for each, and the questions behind it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.results import about, percent
from analysis.theory.measured import Measured
from slmmux.settings import TheorySettings
from slmmux.statistics.power import questions_to_clear
from slmmux.theory.intervals import Intervals, intervals
from slmmux.theory.verdict import (
    EXACT,
    FAILS,
    UNDECIDED,
    WITHIN,
    approximately_zero,
    not_negative,
    over_benchmarks,
    overall,
)

# Decimals to which estimates are rounded before they are ranked.
ROUNDED = 12
QUESTION_COLUMNS = (
    "claim", "benchmark", "question_id", "supporting", "contradicting", "departure", "models", "samples",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One benchmark's cells of a claim.

    keys:    per cell {'models': ..., 'samples': N}.
    values:  (Q, cells) float. Each question's departure from the claim; a cell's estimate is their mean,
             or sum(values) / sum(weights) where a weight per question is given.
    member:  (Q, cells) float or None: those weights.
    """

    measured: Measured
    keys: list[dict]
    values: np.ndarray
    member: np.ndarray | None = None

    @property
    def benchmark(self) -> str:
        return self.measured.votes.benchmark

    def estimates(self) -> tuple[np.ndarray, np.ndarray]:
        """(cells,) estimate and (resamples, cells) replicates."""
        return self.ratio(np.full((1, len(self.values)), 1 / len(self.values)))[0], self.ratio(self.measured.weights)

    def ratio(self, weights: np.ndarray) -> np.ndarray:
        total = weights @ self.values
        if self.member is None:
            return total
        size = weights @ self.member
        return np.divide(total, size, out=np.full(total.shape, np.nan), where=size > 0)


@dataclass(frozen=True)
class Evidence:
    """What one benchmark says about a claim: cells (configurations) by outcome, its verdict, and one sentence.

    benchmark: '' where the evidence is not of a benchmark, but of a formula.
    needed:    where the verdict is undecided, the questions on which it would be decided if the estimates were true
               (80 % power); NaN where that is not known.
    """

    benchmark: str
    hold: int
    undecided: int
    fail: int
    verdict: str
    text: str
    needed: float = float("nan")


@dataclass(frozen=True)
class Finding:
    """A claim, its verdict over all benchmarks, and the evidence of each."""

    claim: str
    statement: str
    verdict: str
    evidence: tuple[Evidence, ...]
    figure: str
    note: str = ""


def cells_of(parts: list[Part], settings: TheorySettings, judged=True) -> pd.DataFrame:
    """All cells with their intervals; `informative` and `negative` count questions.

    judged: (cells,) bool, the cells that a verdict may come from. Of these, the ones with enough
    informative questions form the family of the simultaneous intervals.
    """
    pairs = [part.estimates() for part in parts]
    rows = [{"benchmark": part.benchmark, **key} for part in parts for key in part.keys]
    counted = [
        (
            (np.abs(part.values) > settings.rounding).sum(axis=0),
            (part.values < -settings.rounding).sum(axis=0),
        )
        for part in parts
    ]
    informative = np.concatenate([count for count, _ in counted])
    found = intervals(
        np.concatenate([estimate for estimate, _ in pairs]),
        np.concatenate([replicates for _, replicates in pairs], axis=1),
        settings.confidence,
        judged=judged & (informative >= settings.min_informative),
    )
    negative = np.concatenate([count for _, count in counted])
    asked = [len(part.values) for part in parts for _ in part.keys]
    cells = with_intervals(pd.DataFrame(rows), found)
    return cells.assign(informative=informative, negative=negative, questions=asked)


def with_intervals(table: pd.DataFrame, found: Intervals) -> pd.DataFrame:
    return table.assign(
        estimate=found.estimate,
        se=found.se,
        low=found.low,
        high=found.high,
        all_low=found.all_low,
        all_high=found.all_high,
    )


def judged_zero(cells: pd.DataFrame, settings: TheorySettings) -> pd.DataFrame:
    """Adds each cell's verdict on "the difference is zero"."""
    verdicts = [
        approximately_zero(row.all_low, row.all_high, row.informative, settings.tolerance, settings.min_informative)
        for row in cells.itertuples()
    ]
    return with_needs(cells.assign(verdict=verdicts), settings.tolerance)


def judged_not_negative(cells: pd.DataFrame, settings: TheorySettings) -> pd.DataFrame:
    """Adds each cell's verdict on "the difference is at least zero"."""
    verdicts = [
        not_negative(row.all_low, row.all_high, row.negative, row.informative, settings.min_informative)
        for row in cells.itertuples()
    ]
    return with_needs(cells.assign(verdict=verdicts), None)


def with_needs(cells: pd.DataFrame, tolerance: float | None) -> pd.DataFrame:
    """Adds `against`, whether the estimate contradicts the claim, and `needs`, the questions that would decide.

    tolerance: the claim is "the difference is zero" within it, or "at least zero" for None.
    """
    size = cells["estimate"].abs()
    against = cells["estimate"] < 0 if tolerance is None else size > tolerance
    distance = size if tolerance is None else (size - tolerance).abs()
    reach = np.fmax(cells["all_high"] - cells["estimate"], cells["estimate"] - cells["all_low"])
    return cells.assign(against=against, needs=questions_to_clear(distance, reach, cells["se"], cells["questions"]))


def needed(cells: pd.DataFrame) -> float:
    """Questions that would decide a benchmark's undecided cells: one that fails is enough, or all must hold.

    cells: its undecided ones, with `against` and `needs`. NaN where a cell that must hold tells no number.
    """
    against = cells[cells["against"]]["needs"]
    return float(against.min() if len(against) else cells["needs"].max(skipna=False))


def questions_of(claim: str, parts: list[Part], contradicts) -> pd.DataFrame:
    """Per question, the cells for and against the claim and the largest departure.

    contradicts: (Q, cells) values -> (Q, cells) bool. Cells the question has no part in count for neither.
    """
    frames = []
    for part in parts:
        if not part.keys:
            continue
        takes_part = np.ones(part.values.shape, bool) if part.member is None else part.member > 0
        against = contradicts(part.values) & takes_part
        # The departure shown is the largest against the claim, or the largest of all if none is against it.
        size = np.where(against, 2.0, 0.0) + np.minimum(np.abs(part.values), 1.0)
        where = size.round(ROUNDED).argmax(axis=1)
        frames.append(
            pd.DataFrame(
                {
                    "claim": claim,
                    "benchmark": part.benchmark,
                    "question_id": part.measured.votes.question_ids,
                    "supporting": (takes_part & ~against).sum(axis=1),
                    "contradicting": against.sum(axis=1),
                    "departure": part.values[np.arange(len(where)), where],
                    "models": [part.keys[c]["models"] for c in where],
                    "samples": [part.keys[c]["samples"] for c in where],
                }
            )
        )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=QUESTION_COLUMNS)


def evidence_of(cells: pd.DataFrame, what: str) -> tuple[Evidence, ...]:
    """One a benchmark: how many cells hold, fail or are undecided, and a sentence on the farthest one."""
    found = []
    for benchmark, group in cells.groupby("benchmark", sort=False):
        counts = group["verdict"].value_counts()
        held = len(group) - counts.get(FAILS, 0) - counts.get(UNDECIDED, 0)
        # What decides: a failed cell if there is one, then an undecided one.
        rank = group["verdict"].map({FAILS: 2, UNDECIDED: 1}).fillna(0)
        shown = group[rank == rank.max()]
        # Rounded, so that the last digits of a platform's sums do not choose among equal ones.
        size = shown["estimate"].abs().round(ROUNDED)
        worst = shown.loc[size.idxmax()] if size.notna().any() else shown.iloc[0]
        interval = (
            f"[{points(worst['all_low'])}, {points(worst['all_high'])}]"
            if np.isfinite([worst["all_low"], worst["all_high"]]).all()
            else "on too few questions for an interval"
        )
        text = (
            f"{what} is farthest at {worst['models']}, N = {worst['samples']}: "
            f"{points(worst['estimate'])} points {interval}"
        )
        undecided, failed = int(counts.get(UNDECIDED, 0)), int(counts.get(FAILS, 0))
        said = overall(group["verdict"])
        more = needed(group[group["verdict"] == UNDECIDED]) if said == UNDECIDED else float("nan")
        found.append(Evidence(str(benchmark), int(held), undecided, failed, said, text, more))
    return tuple(found)


def finding(claim: str, statement: str, cells: pd.DataFrame, what: str, figure: str, note: str = "") -> Finding:
    """A claim that is judged cell by cell: a verdict a benchmark, then over all benchmarks."""
    return by_benchmark(claim, statement, evidence_of(cells, what), figure, note)


def by_benchmark(claim: str, statement: str, evidence: tuple[Evidence, ...], figure: str, note: str = "") -> Finding:
    return Finding(claim, statement, over_benchmarks(e.verdict for e in evidence), evidence, figure, note)


def of_formula(claim: str, statement: str, verdict: str, text: str, figure: str) -> Finding:
    """A claim about a formula, or one that no benchmark can say anything about."""
    counts = (int(verdict in (EXACT, WITHIN)), int(verdict == UNDECIDED), int(verdict == FAILS))
    return Finding(claim, statement, verdict, (Evidence("", *counts, verdict, text),), figure)


def undecided(questions: float) -> str:
    """The verdict with the questions that would decide."""
    return f"{UNDECIDED} ({about(questions)} questions would decide)" if np.isfinite(questions) else UNDECIDED


def points(share: float) -> str:
    """A share as signed percentage points."""
    return percent(share, sign=True, digits=2)
