"""T1 to T4 against what was measured: cells, intervals, verdicts (section 4)."""

import numpy as np
import pandas as pd

from analysis.theory.bounds import Result
from analysis.theory.cells import (
    ROUNDED,
    Part,
    cells_of,
    finding,
    judged_not_negative,
    judged_zero,
    of_formula,
    points,
    questions_of,
    with_needs,
)
from analysis.theory.measured import Measured
from slmmux.binomial import share_interval
from slmmux.settings import TheorySettings
from slmmux.theory.classes import CLASSES, membership, pool_gains, split_gains
from slmmux.theory.majority import crossing, majority, plug_in, tails
from slmmux.theory.verdict import EXACT, FAILS, UNDECIDED, WITHIN

# With uniform ties two parsed votes are worth one: self-consistency starts to work at three samples.
FIRST_VOTE = 3


def formula(study: list[Measured], settings: TheorySettings) -> Result:
    """T1's own statement about A(N, p): it exceeds p only when p > 1/2."""
    findings, asked = [], []
    largest = max(max(measured.samples) for measured in study)
    for claim, first in (("T1-odd", 3), ("T1-even", 2)):
        parts = []
        for measured in study:
            ks = [k for k in measured.samples if k >= first and k % 2 == first % 2]
            p = measured.votes.accuracy_per_question()
            keys = [{"models": model, "samples": k} for k in ks for model in measured.votes.models]
            # Positive where p <= 1/2 and yet A(N, p) > p.
            values = [
                np.where(p[:, m] <= 0.5, majority(k, p[:, m]) - p[:, m], 0) for k in ks for m in range(p.shape[1])
            ]
            if keys:
                parts.append(Part(measured, keys, np.stack(values, axis=1)))
        asked.append(questions_of(claim, parts, lambda values: values > settings.rounding))
        against = int((asked[-1]["contradicting"] > 0).sum())
        crossings = {k: crossing(k) for k in range(first, max(largest, first) + 1, 2)}
        findings.append(
            of_formula(
                claim,
                f"A(N, p) > p only when p > 1/2, for {'odd' if first % 2 else 'even'} N",
                EXACT if all(p >= 0.5 for p in crossings.values()) else FAILS,
                "A(N, p) exceeds p from p = "
                + ", ".join(f"{p:.3f} (N = {k})" for k, p in crossings.items())
                + f" on; {against} measured questions have a model with p <= 1/2 and A(N, p) > p.",
                "majority_curves",
            )
        )
    return findings, {}, asked


def accuracy_of_voting(study: list[Measured], settings: TheorySettings) -> Result:
    """T1: measured self-consistency against the mean over questions of A(N, p), unbiased and plugged in."""
    errors, biases, extra = [], [], []
    for measured in study:
        keys, error, bias = [], [], []
        for i, k in enumerate(measured.samples):
            theory, inserted = tails(measured.votes, k), plug_in(measured.votes, k)
            for m, model in enumerate(measured.votes.models):
                reached = measured.consistency[:, m, i]
                keys.append({"models": model, "samples": k})
                error.append(reached - theory[:, m])
                bias.append(inserted[:, m] - theory[:, m])
                extra.append(
                    {
                        "measured": reached.mean(),
                        "theory": theory[:, m].mean(),
                        "plug_in": inserted[:, m].mean(),
                    }
                )
        errors.append(Part(measured, keys, np.stack(error, axis=1)))
        biases.append(Part(measured, keys, np.stack(bias, axis=1)))
    cells = judged_zero(cells_of(errors, settings), settings)
    bias_cells = judged_zero(cells_of(biases, settings), settings)
    higher = sum(int((part.values > settings.rounding).any(axis=1).sum()) for part in errors)
    lower = sum(int((part.values < -settings.rounding).any(axis=1).sum()) for part in errors)
    findings = [
        finding(
            "T1-accuracy",
            "The accuracy of self-consistency is the mean of A(N, p)",
            cells,
            "measured minus A(N, p)",
            "majority",
        ),
        finding(
            "T1-plug-in",
            "A(N, p) with the estimated p inserted is as good as the unbiased tail over the pool",
            bias_cells,
            "inserted minus unbiased",
            "majority",
        ),
        of_formula(
            "T1-no-bound",
            "A(N, p) is neither a lower nor an upper bound of plurality accuracy",
            EXACT if higher and lower else UNDECIDED,
            f"Self-consistency is above A(N, p) on {higher} questions and below on {lower}, for some model and N.",
            "majority",
        ),
    ]
    away = [
        questions_of("T1-accuracy", errors, lambda values: np.abs(values) > settings.tolerance),
        questions_of("T1-plug-in", biases, lambda values: np.abs(values) > settings.tolerance),
        questions_of("T1-no-bound", errors, lambda values: np.abs(values) <= settings.rounding),
    ]
    table = pd.concat([cells, pd.DataFrame(extra)], axis=1)
    table = table.assign(**{f"bias{end}": bias_cells[name] for end, name in BIAS_COLUMNS.items()})
    return findings, {"majority": table}, away


BIAS_COLUMNS = {
    "": "estimate",
    "_low": "low",
    "_high": "high",
    "_all_low": "all_low",
    "_all_high": "all_high",
}


def shares_and_gains(study: list[Measured], settings: TheorySettings) -> Result:
    """T2: shares of questions by p, and what self-consistency adds in each class."""
    tables = {"shares": _shares(study, settings), "gains": _gains(study, settings)}
    findings, asked = [], []
    for claim, statement, which, sign in (
        ("T2-helps", "Self-consistency helps on questions with p > 1/2", 1, 1),
        ("T2-hurts", "Self-consistency hurts on questions with p < 1/2", 3, -1),
    ):
        parts = []
        for measured in study:
            keys, values, member = [], [], []
            for m, model in enumerate(measured.votes.models):
                for k in range(FIRST_VOTE, min(int(measured.votes.pool[m]) // 2, measured.samples[-1]) + 1):
                    gains = split_gains(measured.votes, m, k)
                    keys.append({"models": model, "samples": k})
                    values.append(sign * gains.measured[:, which])
                    member.append(gains.member[:, which])
            if keys:
                parts.append(Part(measured, keys, np.stack(values, axis=1), np.stack(member, axis=1)))
        if parts:
            cells = judged_not_negative(cells_of(parts, settings), settings)
            findings.append(finding(claim, statement, cells, "gain" if sign > 0 else "loss", "shares"))
            asked.append(questions_of(claim, parts, lambda values: values < -settings.rounding))
            tables[claim.lower().replace("-", "_")] = cells
        else:
            findings.append(of_formula(claim, statement, UNDECIDED, "The pools are too small to split.", "shares"))
    net, cells, questions = _net_effect(study, settings)
    return [*findings, net], {**tables, "net_effect": cells}, [*asked, questions]


def _shares(study: list[Measured], settings: TheorySettings) -> pd.DataFrame:
    rows = []
    for measured in study:
        hits, questions = measured.votes.correct.sum(axis=2), len(measured.votes.question_ids)
        counts = membership(hits, measured.votes.pool).sum(axis=0)
        for m, model in enumerate(measured.votes.models):
            for c, name in enumerate(CLASSES):
                low, high = share_interval(int(counts[m, c]), questions, settings.confidence)
                rows.append(
                    {
                        "benchmark": measured.votes.benchmark,
                        "models": model,
                        "class": name,
                        "questions": int(counts[m, c]),
                        "share": counts[m, c] / questions,
                        "low": low,
                        "high": high,
                    }
                )
    return pd.DataFrame(rows)


def _gains(study: list[Measured], settings: TheorySettings) -> pd.DataFrame:
    """Gains by class from the same pool ('pool': sum to the net effect) and from split pools ('split')."""
    tables = []
    for how, gains_of, portion in (("pool", pool_gains, 1), ("split", split_gains, 2)):
        parts, predicted = [], []
        for measured in study:
            keys, values, member = [], [], []
            for m, model in enumerate(measured.votes.models):
                for k in range(2, min(int(measured.votes.pool[m]) // portion, measured.samples[-1]) + 1):
                    gains = gains_of(measured.votes, m, k)
                    for c, name in enumerate(CLASSES):
                        keys.append({"models": model, "samples": k, "class": name, "how": how})
                        values.append(gains.measured[:, c])
                        member.append(gains.member[:, c])
                        size = gains.member[:, c].sum()
                        predicted.append(gains.predicted[:, c].sum() / size if size else np.nan)
            if keys:
                parts.append(Part(measured, keys, np.stack(values, axis=1), np.stack(member, axis=1)))
        if parts:
            tables.append(cells_of(parts, settings).assign(predicted=predicted))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _net_effect(study: list[Measured], settings: TheorySettings):
    """Does the sum over classes of share times E[A(N, p) - p] give the sign of the measured net effect?

    The difference of the two is T1's; here only the signs are compared, by simultaneous intervals.
    """
    measured_parts, predicted_parts = [], []
    for measured in study:
        p = measured.votes.accuracy_per_question()
        keys, reached, foretold = [], [], []
        for i, k in enumerate(measured.samples):
            if k < 2:
                continue
            theory = tails(measured.votes, k)
            for m, model in enumerate(measured.votes.models):
                keys.append({"models": model, "samples": k})
                reached.append(measured.consistency[:, m, i] - p[:, m])
                foretold.append(theory[:, m] - p[:, m])
        if keys:
            measured_parts.append(Part(measured, keys, np.stack(reached, axis=1)))
            predicted_parts.append(Part(measured, keys, np.stack(foretold, axis=1)))
    statement = "The sign of self-consistency's net effect follows from the shares of questions by p"
    if not measured_parts:
        return (
            of_formula("T2-net", statement, UNDECIDED, "One sample a question.", "shares"),
            pd.DataFrame(),
            pd.DataFrame(),
        )
    both = cells_of([*measured_parts, *predicted_parts], settings)
    half = len(both) // 2
    cells, foretold = both[:half], both[half:].reset_index(drop=True)
    cells = cells.assign(
        **{f"predicted_{n}": foretold[n] for n in ("estimate", "se", "low", "high", "all_low", "all_high")}
    )
    verdicts = []
    for row in cells.itertuples():
        signs = [
            (low > 0) - (high < 0)
            for low, high in ((row.all_low, row.all_high), (row.predicted_all_low, row.predicted_all_high))
        ]
        decided = all(signs) and row.informative >= settings.min_informative
        verdicts.append((WITHIN if signs[0] == signs[1] else FAILS) if decided else UNDECIDED)
    # The signs of both must be decided.
    ends = [with_needs(table, None)["needs"].reset_index(drop=True) for table in (cells, foretold)]
    against = cells["estimate"] * cells["predicted_estimate"] < 0
    cells = cells.assign(verdict=verdicts, against=against, needs=np.maximum(*ends))
    agreement = [Part(a.measured, a.keys, a.values * b.values) for a, b in zip(measured_parts, predicted_parts)]
    questions = questions_of("T2-net", agreement, lambda values: values < 0)
    same = int((np.sign(cells["estimate"].round(ROUNDED)) == np.sign(cells["predicted_estimate"].round(ROUNDED))).sum())
    note = (
        f"The estimates agree in sign in {same} of {len(cells)} cells; predicted minus measured is up to "
        f"{points((cells['predicted_estimate'] - cells['estimate']).abs().max())} points."
    )
    return finding("T2-net", statement, cells, "net effect", "shares", note), cells, questions
