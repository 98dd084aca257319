"""Does consistency mean correctness? Calibration of the confidences, and where SLM-MUX loses (section 4)."""

import numpy as np
import pandas as pd

from analysis.results import percent
from analysis.theory.bounds import Result
from analysis.theory.cells import (
    ROUNDED,
    Evidence,
    Part,
    by_benchmark,
    cells_of,
    finding,
    of_formula,
    questions_of,
    with_intervals,
    with_needs,
)
from analysis.theory.measured import Measured
from slmmux.settings import TheorySettings
from slmmux.theory.bounds import check_ordered
from slmmux.theory.calibration import area_under_roc, expected_calibration_error, overconfidence, reliability
from slmmux.theory.decomposition import loss
from slmmux.theory.intervals import intervals
from slmmux.theory.verdict import EXACT, FAILS, UNDECIDED, WITHIN, not_negative

# With one sample the confidence is 1 for every answer that could be read: nothing to calibrate.
FIRST_CONFIDENCE = 2


def calibration(study: list[Measured], settings: TheorySettings) -> Result:
    """Reliability, calibration error and area under ROC of each model's confidence at each k."""
    keys, curves, contributions = [], [], []
    statistics = {
        "ece": expected_calibration_error,
        "overconfidence": overconfidence,
        "auroc": area_under_roc,
    }
    estimates: dict[str, list] = {name: [] for name in statistics}
    replicates: dict[str, list] = {name: [] for name in statistics}
    votes_right, votes_wrong = [], []
    for measured in study:
        cells, over, covary = [], [], []
        for k in measured.samples:
            for m, model in enumerate(measured.votes.models):
                mass, right, _ = measured.law.of(m, k)
                curves.append(_curve(measured, model, k, mass, right, settings))
                if k < FIRST_CONFIDENCE:
                    continue
                cells.append({"models": model, "samples": k})
                for name, statistic in statistics.items():
                    estimates[name].append(statistic(mass.mean(axis=0), right.mean(axis=0)))
                    replicates[name].append(statistic(measured.weights @ mass, measured.weights @ right))
                confidence, accuracy = mass @ np.arange(k + 1) / k, right.sum(axis=1)
                over.append(confidence - accuracy)
                covary.append((confidence - confidence.mean()) * (accuracy - accuracy.mean()))
                votes_right.append(int((accuracy > settings.rounding).sum()))
                votes_wrong.append(int((accuracy < 1 - settings.rounding).sum()))
        keys += [{"benchmark": measured.votes.benchmark, **cell} for cell in cells]
        if cells:
            contributions.append((measured, cells, np.stack(over, axis=1), np.stack(covary, axis=1)))
    tables = {"reliability": pd.concat(curves, ignore_index=True)}
    statements = {
        "calibration": "A model's confidence s_i is the probability that its voted answer is right",
        "discrimination": "More consistent answers are more often right (area under ROC above 1/2)",
    }
    if not keys:
        few = "One sample a question."
        return [of_formula(c, s, UNDECIDED, few, "reliability") for c, s in statements.items()], tables, []
    found = {
        name: with_intervals(
            pd.DataFrame(keys),
            intervals(np.array(estimates[name]), np.stack(replicates[name], axis=1), settings.confidence),
        )
        for name in statistics
    }
    asked_of = {measured.votes.benchmark: len(measured.votes.question_ids) for measured in study}
    questions = [asked_of[str(key["benchmark"])] for key in keys]
    error, over, area = found["ece"], found["overconfidence"], found["auroc"]
    # Noise can only raise the error, and the mean gap only understates it: each decides one direction.
    within = error["all_high"] <= settings.calibration_tolerance
    apart = (over["all_low"] > settings.calibration_tolerance) | (over["all_high"] < -settings.calibration_tolerance)
    over = over.assign(verdict=np.select([within, apart], [WITHIN, FAILS], UNDECIDED), questions=questions)
    over = with_needs(over, settings.calibration_tolerance)
    rare = np.minimum(votes_right, votes_wrong)
    area = area.assign(
        verdict=[
            not_negative(
                row.all_low - 0.5,
                row.all_high - 0.5,
                negative=1,
                informative=n,
                enough=settings.min_informative,
            )
            for row, n in zip(area.itertuples(), rare)
        ]
    )
    above_half = area.assign(**{name: area[name] - 0.5 for name in ("estimate", "all_low", "all_high")})
    above_half = with_needs(above_half.assign(questions=questions), None)
    largest = error.loc[error["estimate"].round(ROUNDED).idxmax()]
    calibrated = finding(
        "calibration",
        statements["calibration"],
        over,
        "mean confidence minus accuracy",
        "reliability",
        f"Expected calibration error from {error['estimate'].min():.3f} to {largest['estimate']:.3f} "
        f"({largest['benchmark']}, {largest['models']}, k = {largest['samples']}).",
    )
    ranked = finding(
        "discrimination",
        statements["discrimination"],
        above_half,
        "area minus 1/2",
        "reliability",
        f"Area from {area['estimate'].min():.3f} to {area['estimate'].max():.3f}.",
    )
    tables["calibration"] = pd.concat(
        {"overconfidence": over, "ece": error, "auroc": area}, names=["statistic"]
    ).reset_index(level=0)
    asked = [
        questions_of(
            "calibration",
            [Part(measured, cells, gap) for measured, cells, gap, _ in contributions],
            lambda values: np.abs(values) > settings.calibration_tolerance,
        ),
        questions_of(
            "discrimination",
            [Part(measured, cells, covary) for measured, cells, _, covary in contributions],
            lambda values: values < -settings.rounding,
        ),
    ]
    return [calibrated, ranked], tables, asked


def losses(study: list[Measured], settings: TheorySettings) -> Result:
    """union - SLM-MUX = never voted + contradiction + tie lost, by subset and N."""
    frames, asked, evidence = [], [], []
    for measured in study:
        keys = []
        parts: dict[str, list[np.ndarray]] = {"never_voted": [], "contradiction": [], "tie_lost": [], "total": []}
        for (subset, k), chain in measured.chains.items():
            lost = loss(chain)
            # Recombined from the parts, so that a wrong part cannot hide.
            again, where = chain.slm_mux + lost.total, f"{measured.name(subset)}, N = {k}"
            check_ordered(again, chain.drawn, "SLM-MUX + loss <= union", measured.votes, where, settings.rounding)
            check_ordered(chain.drawn, again, "union <= SLM-MUX + loss", measured.votes, where, settings.rounding)
            keys.append({"models": measured.name(subset), "samples": k})
            for name, values in parts.items():
                values.append(getattr(lost, name))
        arrays = {name: np.stack(values, axis=1) for name, values in parts.items()}
        for name, array in arrays.items():
            frames.append(cells_of([Part(measured, keys, array)], settings).assign(part=name))
        gap = arrays["contradiction"] - arrays["never_voted"] - arrays["tie_lost"]
        asked.append(questions_of("loss", [Part(measured, keys, gap)], lambda values: values < 0))
        whole, k = measured.subsets[-1], measured.samples[-1]
        column = keys.index({"models": measured.name(whole), "samples": k})
        shares = {name: float(values[:, column].mean()) for name, values in arrays.items()}
        text = (
            f"all models, N = {k}: loss {percent(shares['total'])} points = "
            f"{percent(shares['contradiction'])} contradiction + {percent(shares['tie_lost'])} tie lost + "
            f"{percent(shares['never_voted'])} never voted"
        )
        evidence.append(Evidence(measured.votes.benchmark, len(keys), 0, 0, EXACT, text))
    finding_ = by_benchmark(
        "loss", "Union minus SLM-MUX = contradiction + tie lost + right answer never voted", tuple(evidence), "loss"
    )
    return [finding_], {"loss": pd.concat(frames, ignore_index=True)}, asked


def _curve(measured: Measured, model: str, k: int, mass, right, settings: TheorySettings) -> pd.DataFrame:
    """The reliability diagram's points: share of draws and accuracy at each confidence level."""
    accuracy = reliability(mass.mean(axis=0), right.mean(axis=0))
    resampled = reliability(measured.weights @ mass, measured.weights @ right)
    found = intervals(accuracy, resampled, settings.confidence)
    table = pd.DataFrame(
        {
            "benchmark": measured.votes.benchmark,
            "models": model,
            "samples": k,
            "confidence": np.arange(k + 1) / k,
            "share": mass.mean(axis=0),
            # Questions that can reach the level in some draw: what the interval rests on.
            "questions": (mass > settings.rounding).sum(axis=0),
        }
    )
    return with_intervals(table, found).drop(columns=["all_low", "all_high"])
