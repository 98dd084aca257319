"""T3 and T4 against what was measured: signed errors and the order of configurations (section 4)."""

import numpy as np
import pandas as pd

from analysis.theory.bounds import Result
from analysis.theory.cells import (
    ROUNDED,
    Evidence,
    Part,
    by_benchmark,
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
from slmmux.settings import TheorySettings
from slmmux.statistics.power import questions_to_clear
from slmmux.theory.approximations import (
    best_model_above,
    best_model_below,
    best_model_plug_in,
    mean_model,
    mean_model_plug_in,
)
from slmmux.theory.order import flips
from slmmux.theory.verdict import EXACT, FAILS, UNDECIDED, approximately_zero


def best_model(study: list[Measured], settings: TheorySettings) -> Result:
    """T3: SLM-MUX against A(N, p_max), between an estimate above and one below its true value."""
    above, below, extra, order = [], [], [], []
    for measured in study:
        keys, high, low, theory, reached = [], [], [], [], []
        for subset in measured.teams:
            votes = measured.of(subset)
            priority = [subset.index(m) for m in measured.order if m in subset]
            for k in measured.samples:
                accuracy = measured.slm_mux(subset, k)
                upper, lower = best_model_above(votes, k), best_model_below(votes, k, priority)
                keys.append({"models": measured.name(subset), "samples": k})
                high.append(accuracy - lower)
                low.append(accuracy - upper)
                theory.append(upper)
                reached.append(accuracy)
                extra.append(
                    {
                        "measured": accuracy.mean(),
                        "theory": upper.mean(),
                        "theory_low": lower.mean(),
                        "plug_in": best_model_plug_in(votes, k).mean(),
                        "form": "unbiased tails",
                        "mode": "exact",
                    }
                )
        if keys:
            above.append(Part(measured, keys, np.stack(low, axis=1)))
            below.append(Part(measured, keys, np.stack(high, axis=1)))
            order.append((measured, keys, np.stack(reached, axis=1), np.stack(theory, axis=1)))
    statement = "SLM-MUX's accuracy is the mean of A(N, p_max)"
    if not above:
        return [of_formula("T3", statement, UNDECIDED, "There is only one model.", "approximation")], {}, []
    both = cells_of([*above, *below], settings)
    half = len(both) // 2
    cells, upper_end = both[:half], both[half:].reset_index(drop=True)
    # The error lies between the two, so its simultaneous interval reaches from the one's to the other's.
    cells = cells.assign(estimate_high=upper_end["estimate"], all_high=upper_end["all_high"], high=upper_end["high"])
    cells = judged_zero(cells, settings)
    found, flipped, counts = _order(
        "T3-order", "A(N, p_max) puts configurations in the measured order", order, settings
    )
    findings = [finding("T3", statement, cells, "measured minus A(N, p_max)", "approximation"), found]
    tables = {
        "approximation": pd.concat([cells, pd.DataFrame(extra)], axis=1).assign(claim="T3"),
        "order": flipped,
        "order_counts": counts,
    }
    return findings, tables, [questions_of("T3", above, lambda values: np.abs(values) > settings.tolerance)]


def mean_of_models(study: list[Measured], settings: TheorySettings) -> Result:
    """T4: Agent Forest against A(N M, p-bar), and against A(N, p-bar) as the paper writes it."""
    tables: dict[str, list[pd.DataFrame]] = {"approximation": [], "order": [], "order_counts": []}
    findings, asked = [], []
    for claim, statement in (
        ("T4", "Agent Forest's accuracy is the mean of A(N M, p-bar)"),
        ("T4-as-written", "Agent Forest's accuracy is the mean of A(N, p-bar)"),
    ):
        parts, extra, order = [], [], []
        for measured in study:
            keys, errors, theory, reached = [], [], [], []
            for subset in measured.teams:
                votes = measured.of(subset)
                for k in measured.samples:
                    cast = k * len(subset) if claim == "T4" else k
                    result = measured.forest[subset, k]
                    inserted = mean_model_plug_in(votes, cast)
                    unbiased = cast <= votes.pool.min()
                    value = mean_model(votes, cast) if unbiased else inserted
                    keys.append({"models": measured.name(subset), "samples": k})
                    errors.append(result.correct - value)
                    # One form for all that are ranked, or the change of form would show as an order.
                    theory.append(inserted if claim == "T4" else value)
                    reached.append(result.correct)
                    extra.append(
                        {
                            "measured": result.accuracy,
                            "theory": value.mean(),
                            "plug_in": inserted.mean(),
                            "form": "unbiased" if unbiased else "plug-in",
                            "mode": result.mode,
                        }
                    )
            if keys:
                parts.append(Part(measured, keys, np.stack(errors, axis=1)))
                order.append((measured, keys, np.stack(reached, axis=1), np.stack(theory, axis=1)))
        if not parts:
            findings.append(of_formula(claim, statement, UNDECIDED, "There is only one model.", "approximation"))
            continue
        # No unbiased estimate exists for more votes than a pool holds; such cells are shown, not judged.
        extra = pd.DataFrame(extra)
        found = cells_of(parts, settings, judged=(extra["form"] == "unbiased").to_numpy())
        cells = pd.concat([found, extra], axis=1).assign(claim=claim)
        cells["verdict"] = [
            approximately_zero(row.all_low, row.all_high, row.informative, settings.tolerance, settings.min_informative)
            if row.form == "unbiased"
            else "not judged"
            for row in cells.itertuples()
        ]
        cells = with_needs(cells, settings.tolerance)
        judged = cells[cells["form"] == "unbiased"]
        what = "measured minus A(N M, p-bar)" if claim == "T4" else "measured minus A(N, p-bar)"
        findings.append(finding(claim, statement, judged, what, "approximation"))
        found, flipped, counts = _order(
            f"{claim}-order",
            f"{what.removeprefix('measured minus ')} puts configurations in the measured order",
            order,
            settings,
        )
        findings.append(found)
        for name, table in (("approximation", cells), ("order", flipped), ("order_counts", counts)):
            tables[name].append(table)
        asked.append(questions_of(claim, parts, lambda values: np.abs(values) > settings.tolerance))
    return findings, {name: pd.concat(parts) for name, parts in tables.items() if parts}, asked


def forest_below_mux(study: list[Measured], settings: TheorySettings) -> Result:
    """T4's conclusion: Agent Forest lies below SLM-MUX, as measured and as the formulas say."""
    parts, formula_parts = [], []
    for measured in study:
        keys, gaps, formula_gaps = [], [], []
        for subset in measured.teams:
            votes = measured.of(subset)
            for k in measured.samples:
                keys.append({"models": measured.name(subset), "samples": k})
                gaps.append(measured.slm_mux(subset, k) - measured.forest[subset, k].correct)
                formula_gaps.append(best_model_plug_in(votes, k) - mean_model_plug_in(votes, k * len(subset)))
        if keys:
            parts.append(Part(measured, keys, np.stack(gaps, axis=1)))
            formula_parts.append(Part(measured, keys, np.stack(formula_gaps, axis=1)))
    if not parts:
        return [], {}, []
    cells = judged_not_negative(cells_of(parts, settings), settings)
    exceptions = sum(int((part.values < -settings.rounding).any(axis=1).sum()) for part in formula_parts)
    findings = [
        finding(
            "T4-below",
            "Agent Forest is below SLM-MUX at equal samples",
            cells,
            "SLM-MUX minus it",
            "approximation",
        ),
        of_formula(
            "T4-hence",
            "A(N M, p-bar) <= A(N, p_max) on every question, so Agent Forest is below SLM-MUX",
            FAILS if exceptions else EXACT,
            f"{exceptions} questions have A(N M, p-bar) > A(N, p_max) at the measured p. True of A(N, p-bar), since A "
            "grows with p; but the larger number of votes can outweigh the smaller p: with p = 0.6 for two "
            "models and N = 3, A(6, 0.6) = 0.821 > A(3, 0.6) = 0.648.",
            "approximation",
        ),
    ]
    asked = [
        questions_of("T4-below", parts, lambda values: values < -settings.rounding),
        questions_of("T4-hence", formula_parts, lambda values: values < -settings.rounding),
    ]
    return findings, {"below": cells}, asked


def _order(claim: str, statement: str, inputs, settings: TheorySettings):
    """(finding, flips worth showing, counts by kind): pairs of a benchmark's configurations in wrong order.

    A flip is shown when it is beyond error, or larger than the tolerance on both sides.
    """
    # Two families of intervals a benchmark, measured and theory: they share the chance of a miss.
    level = 1 - (1 - settings.confidence) / (2 * len(inputs))
    shown, counted, evidence = [], [], []
    for measured, keys, reached, theory in inputs:
        found = flips(reached, theory, measured.weights, level, settings.rounding)
        cells, benchmark = pd.DataFrame(keys), measured.votes.benchmark
        first, second = (cells.iloc[side].reset_index(drop=True) for side in (found.first, found.second))
        pairs = pd.DataFrame(
            {
                "claim": claim,
                "benchmark": benchmark,
                "kind": np.select(
                    [first["samples"] == second["samples"], first["models"] == second["models"]],
                    ["same N", "same models"],
                    "both differ",
                ),
                "first_models": first["models"],
                "first_samples": first["samples"],
                "second_models": second["models"],
                "second_samples": second["samples"],
                "measured": found.measured,
                "theory": found.theory,
                "flipped": found.flipped,
                "proven": found.proven,
            }
        )
        counts = pairs.groupby(["claim", "benchmark", "kind"], as_index=False, sort=False)
        counted.append(
            counts.agg(pairs=("flipped", "size"), flipped=("flipped", "sum"), proven=("proven", "sum")).assign(
                kendall_tau=found.tau
            )
        )
        size = pairs[["measured", "theory"]].abs().min(axis=1)
        shown.append(pairs[found.proven | (found.flipped & (size > settings.tolerance))].drop(columns="flipped"))
        flipped, proven = int(found.flipped.sum()), int(found.proven.sum())
        sentence = (
            f"{flipped} of {len(pairs)} pairs are the other way round, {proven} of them beyond error; "
            f"Kendall's tau {found.tau:.2f}"
        )
        if flipped:
            far = pairs.loc[size[found.proven if proven else found.flipped].round(ROUNDED).idxmax()]
            sentence += (
                f"; farthest {far['first_models']} at N = {far['first_samples']} against {far['second_models']} "
                f"at N = {far['second_samples']}: measured {points(far['measured'])}, theory {points(far['theory'])}"
            )
        verdict = FAILS if proven else UNDECIDED if flipped else EXACT
        # Both differences of a pair must be decided.
        needs = questions_to_clear([found.measured, found.theory], found.reach, found.se, len(reached)).max(axis=0)
        needed = float(needs[found.flipped].min()) if verdict == UNDECIDED else float("nan")
        evidence.append(Evidence(benchmark, len(pairs) - flipped, flipped - proven, proven, verdict, sentence, needed))
    return by_benchmark(claim, statement, tuple(evidence), "order"), pd.concat(shown), pd.concat(counted)
