"""The statements of section 4 that are theorems, checked on every question of every configuration.

A theorem that fails stops the run with the question. Statements close to a theorem that are not one (the
plain majority bound with several right answers, the union of single samples) are judged like any other.
"""

import numpy as np
import pandas as pd

from analysis.results import percent
from analysis.theory.cells import (
    Evidence,
    Finding,
    Part,
    by_benchmark,
    cells_of,
    finding,
    judged_not_negative,
    questions_of,
)
from analysis.theory.measured import Measured
from slmmux.settings import TheorySettings
from slmmux.theory.bounds import bounds, check_chain, check_ordered
from slmmux.theory.limit import limit
from slmmux.theory.majority import right_majority_of_pool, strict_majority_of_pool
from slmmux.theory.verdict import EXACT, FAILS
from slmmux.votes.draw_law import draw_law

Result = tuple[list[Finding], dict[str, pd.DataFrame], list[pd.DataFrame]]


def majority_bound(study: list[Measured], settings: TheorySettings) -> Result:
    """Strict-majority probability <= plurality accuracy, in its rigorous and in its plain form."""
    parts, plain_parts, several = [], [], 0
    for measured in study:
        votes = measured.votes
        keys, slack, plain = [], [], []
        for i, k in enumerate(measured.samples):
            rigorous, usual = strict_majority_of_pool(votes, k), right_majority_of_pool(votes, k)
            for m, model in enumerate(votes.models):
                reached = measured.consistency[:, m, i]
                check_ordered(
                    rigorous[:, m],
                    reached,
                    "strict majority <= plurality",
                    votes,
                    f"{model}, N = {k}",
                    settings.rounding,
                )
                keys.append({"models": model, "samples": k})
                slack.append(reached - rigorous[:, m])
                plain.append(reached - usual[:, m])
        several += int((votes.right.sum(axis=1) > 1).sum())
        parts.append(Part(measured, keys, np.stack(slack, axis=1)))
        plain_parts.append(Part(measured, keys, np.stack(plain, axis=1)))
    findings = [
        by_benchmark(
            "majority-bound",
            "P(one right answer has more than half of the votes, ties counted half) <= plurality accuracy",
            _slack(parts, settings),
            "majority",
        ),
        by_benchmark(
            "majority-bound-plain",
            "P(more than half of the samples are right) <= plurality accuracy",
            tuple(_exceptions(part, settings) for part in plain_parts),
            "majority",
            f"{several} measured questions have several right answers. A theorem with one right answer; with several "
            "it is false (votes a, a, b, b, x, x, x).",
        ),
    ]
    asked = [
        questions_of("majority-bound", parts, lambda values: values < -settings.rounding),
        questions_of("majority-bound-plain", plain_parts, lambda values: values < -settings.rounding),
    ]
    return findings, {}, asked


def chain(study: list[Measured], settings: TheorySettings) -> Result:
    """all on top right <= SLM-MUX <= some on top right <= union of voted answers <= union of drawn samples."""
    below, above, single, rows, unequal = [], [], [], [], 0
    for measured in study:
        keys, slack_below, slack_above, slack_single = [], [], [], []
        for (subset, k), found in measured.chains.items():
            check_chain(found, measured.votes, measured.budget(subset, k), settings.rounding)
            keys.append({"models": measured.name(subset), "samples": k})
            slack_below.append(found.slm_mux - found.all_on_top)
            slack_above.append(found.voted - found.slm_mux)
            once = 1 - (1 - measured.of(subset).accuracy_per_question()).prod(axis=1)
            slack_single.append(once - found.slm_mux)
            rows.append(
                {
                    "benchmark": measured.votes.benchmark,
                    **keys[-1],
                    **{name: float(values.mean()) for name, values in vars(found).items()},
                    "single_samples": float(once.mean()),
                }
            )
        unequal += _unequal_budgets(measured, settings)
        below.append(Part(measured, keys, np.stack(slack_below, axis=1)))
        above.append(Part(measured, keys, np.stack(slack_above, axis=1)))
        single.append(Part(measured, keys, np.stack(slack_single, axis=1)))
    more = f"{unequal} random unequal budgets hold it too."
    cells = judged_not_negative(cells_of(single, settings), settings)
    findings = [
        by_benchmark(
            "union-bound",
            "SLM-MUX <= union of voted answers <= union of drawn samples <= union of the pools",
            _slack(above, settings),
            "loss",
            more,
        ),
        by_benchmark(
            "top-bound",
            "SLM-MUX >= P(every model that attains the top confidence is right)",
            _slack(below, settings),
            "loss",
            more,
        ),
        finding(
            "union-of-single-samples",
            "SLM-MUX <= union of single answers, 1 - prod (1 - p_i): no theorem, the voted answers are not single",
            cells,
            "union minus SLM-MUX",
            "loss",
        ),
    ]
    asked = [
        questions_of("union-bound", above, lambda values: values < -settings.rounding),
        questions_of("top-bound", below, lambda values: values < -settings.rounding),
        questions_of("union-of-single-samples", single, lambda values: values < -settings.rounding),
    ]
    return findings, {"bounds": pd.DataFrame(rows)}, asked


def end_of_samples(study: list[Measured], settings: TheorySettings) -> Result:
    """k -> infinity on the pools: reached by drawing whole pools, and whether it is a ceiling before that."""
    ends, ceilings, open_ties, rows = [], [], 0, []
    for measured in study:
        keys, gaps, end_keys, end_gaps = [], [], [], []
        for subset in measured.subsets:
            votes, accuracy = measured.of(subset), measured.accuracy[list(subset)]
            found = limit(votes, accuracy)
            whole = bounds(votes, draw_law(votes, votes.pool), votes.pool, accuracy).slm_mux
            where = f"{measured.name(subset)}, whole pools"
            check_ordered(found.rule, whole, "limit <= whole pools", votes, where, settings.rounding)
            check_ordered(whole, found.rule, "whole pools <= limit", votes, where, settings.rounding)
            end_keys.append({"models": measured.name(subset), "samples": int(votes.pool.max())})
            end_gaps.append(found.rule - whole)
            open_ties += int((found.low < found.high).sum())
            for k in measured.samples:
                if k < votes.pool.min():
                    keys.append({"models": measured.name(subset), "samples": k})
                    gaps.append(found.rule - measured.slm_mux(subset, k))
            rows.append(
                {
                    "benchmark": votes.benchmark,
                    "models": measured.name(subset),
                    **{name: float(values.mean()) for name, values in vars(found).items()},
                }
            )
        ends.append(Part(measured, end_keys, np.stack(end_gaps, axis=1)))
        if keys:
            ceilings.append(Part(measured, keys, np.stack(gaps, axis=1)))
    findings = [
        by_benchmark(
            "limit",
            "Drawing whole pools gives each model's most probable answer with its share as confidence",
            _slack(ends, settings),
            "loss",
            "The rule is not the limit where models share the top share below 1, which fluctuations then decide: "
            f"{open_ties} (question, subset) pairs of the pools.",
        )
    ]
    asked = [questions_of("limit", ends, lambda values: np.abs(values) > settings.rounding)]
    tables = {"limit": pd.DataFrame(rows)}
    if ceilings:
        cells = judged_not_negative(cells_of(ceilings, settings), settings)
        findings.append(
            finding(
                "ceiling",
                "The limit k -> infinity is the ceiling of the sample axis: no smaller k is more accurate",
                cells,
                "limit minus SLM-MUX",
                "loss",
            )
        )
        asked.append(questions_of("ceiling", ceilings, lambda values: values < -settings.rounding))
        tables["ceiling"] = cells
    return findings, tables, asked


def _unequal_budgets(measured: Measured, settings: TheorySettings) -> int:
    """Check the chain on random unequal budgets; how many were checked."""
    rng = np.random.default_rng(settings.seed)
    votes = measured.votes
    law = draw_law(votes, range(1, int(votes.pool.max()) + 1))
    checked = 0
    while checked < settings.unequal_budgets:
        budget = rng.integers(0, votes.pool + 1)
        if budget.any():
            check_chain(bounds(votes, law, budget, measured.accuracy), votes, budget, settings.rounding)
            checked += 1
    return checked


def _slack(parts: list[Part], settings: TheorySettings) -> tuple[Evidence, ...]:
    """What a theorem was checked on, and how much room it left, a benchmark each."""
    found = []
    for part in parts:
        # What floating point adds is no slack.
        values = np.where(np.abs(part.values) <= settings.rounding, 0.0, part.values)
        text = (
            f"no exception on {values.size} (question, configuration) pairs; smallest slack {values.min() + 0.0:.1e}, "
            f"equality on {percent(float((values == 0).mean()), digits=0)} % of the pairs"
        )
        found.append(Evidence(part.benchmark, values.shape[1], 0, 0, EXACT, text))
    return tuple(found)


def _exceptions(part: Part, settings: TheorySettings) -> Evidence:
    """Configurations with and without exceptions to a statement that is no theorem."""
    broken = part.values < -settings.rounding
    failed = int(broken.any(axis=0).sum())
    text = f"{int(broken.sum())} exceptions on {broken.size} (question, configuration) pairs"
    return Evidence(part.benchmark, broken.shape[1] - failed, 0, failed, FAILS if failed else EXACT, text)
