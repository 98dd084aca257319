"""The whole verification on small made-up votes: every claim judged, written, and traceable to questions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawn_votes import random_votes, votes_of

from analysis.figures import common
from analysis.results import about
from analysis.theory import bounds as theory_exact
from analysis.theory import measured as theory_measured
from analysis.theory.cells import needed
from analysis.theory.figures import write_figures
from analysis.theory.report import evidence_rows, theory_report, write_report
from analysis.theory.verdict_page import verdict_page
from slmmux.errors import InputError
from slmmux.settings import TheorySettings
from slmmux.theory.bounds import BoundBroken
from slmmux.theory.verdict import EXACT, FAILS, MIXED, UNDECIDED, VERDICTS, WITHIN

SETTINGS = TheorySettings(
    confidence=0.95,
    bootstrap_resamples=200,
    seed=1,
    max_samples=6,
    tolerance=0.01,
    calibration_tolerance=0.05,
    min_informative=10,
    unequal_budgets=5,
    rounding=1e-9,
)


def study():
    """Two benchmarks with two models, pools of different sizes."""
    return {
        name: tuple(
            replace(random_votes(seed + part, questions=size, models=2, samples=samples), benchmark=name)
            for part, size in enumerate((20, 40))
        )
        for seed, name, samples in ((10, "one", 6), (20, "two", 4))
    }


@pytest.fixture(scope="module")
def report():
    return theory_report(study(), SETTINGS)


def test_every_claim_has_a_verdict_and_evidence(report):
    assert len({found.claim for found in report.findings}) == len(report.findings)
    assert {found.verdict for found in report.findings} <= set(VERDICTS)
    assert all(found.evidence and found.statement and found.figure for found in report.findings)
    theorems = {"majority-bound", "union-bound", "top-bound", "limit", "loss", "T1-odd"}
    assert {found.claim for found in report.findings if found.verdict == EXACT} >= theorems


def test_questions_behind_a_verdict_can_be_found(report):
    questions = report.questions
    cells = report.tables["majority"]
    counted = questions[questions["claim"] == "T1-accuracy"].groupby("benchmark")[["supporting", "contradicting"]]
    # Every question counts in every cell of its benchmark.
    per_question = counted.sum().sum(axis=1)
    assert per_question.to_dict() == {name: 40 * int((cells["benchmark"] == name).sum()) for name in ("one", "two")}
    assert set(questions["claim"]) >= {found.claim for found in report.findings} - {
        found.claim for found in report.findings if found.claim.endswith("-order")
    }


def test_figures_of_the_tables_are_consistent(report):
    majority = report.tables["majority"]
    assert np.allclose(majority["measured"] - majority["theory"], majority["estimate"])
    assert np.allclose(majority["plug_in"] - majority["theory"], majority["bias"])
    loss = report.tables["loss"].pivot(index=["benchmark", "models", "samples"], columns="part", values="estimate")
    assert np.allclose(loss["never_voted"] + loss["contradiction"] + loss["tie_lost"], loss["total"])
    counts = report.tables["order_counts"]
    assert (counts["proven"] <= counts["flipped"]).all() and (counts["flipped"] <= counts["pairs"]).all()
    configurations = report.tables["approximation"].groupby(["claim", "benchmark"]).size()
    assert counts["pairs"].sum() == sum(c * (c - 1) // 2 for c in configurations)
    shares = report.tables["shares"].groupby(["benchmark", "models"])["share"].sum()
    assert np.allclose(shares, 1)
    assert (report.tables["approximation"].query("claim == 'T3'").eval("theory_low <= theory + 1e-9")).all()


def test_written_twice_the_same(report, tmp_path, monkeypatch):
    monkeypatch.setattr(common, "STYLE", [common.STYLE, {"savefig.dpi": 40}])  # drawn in less time
    write_report(report, tmp_path / "a")
    figures = write_figures(report, tmp_path / "a")
    write_report(theory_report(study(), SETTINGS), tmp_path / "b")
    assert {path.suffix for path in figures} == {".png"}
    assert {found.figure for found in report.findings} <= {path.stem for path in figures}
    for path in sorted((tmp_path / "b").iterdir()):
        assert path.read_bytes() == (tmp_path / "a" / path.name).read_bytes(), path.name
    table = pd.read_csv(tmp_path / "a" / "verdicts.csv")
    assert list(table.columns) == ["claim", "statement", "verdict", "note", "figure"]
    text = verdict_page(report.findings)
    assert text == (tmp_path / "a" / "verdicts.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert len(rows) == len(report.findings)
    assert max(len(cell) for row in rows for cell in row.split(" | ")) <= 400


def test_a_benchmark_has_a_verdict_of_its_own(report):
    evidence = evidence_rows(report.findings)
    counts = evidence[["hold", "undecided", "fail"]]
    assert (counts.sum(axis=1) > 0).all()
    # As many cells of a claim as its table has.
    cells = report.tables["majority"].groupby("benchmark").size()
    of_claim = evidence[evidence["claim"] == "T1-accuracy"].set_index("benchmark")
    assert of_claim[["hold", "undecided", "fail"]].sum(axis=1).to_dict() == cells.to_dict()
    for found in report.findings:
        said = {e.verdict for e in found.evidence}
        assert found.verdict in said | {MIXED, WITHIN}, found.claim
        assert (found.verdict == MIXED) == (FAILS in said and bool(said & {EXACT, WITHIN})), found.claim


def test_an_undecided_verdict_says_how_many_questions_would_decide(report):
    undecided = [(f, e) for f in report.findings for e in f.evidence if e.verdict == UNDECIDED and e.benchmark]
    assert undecided and all(not e.needed <= 40 for _, e in undecided)
    known = [(found, e) for found, e in undecided if np.isfinite(e.needed)]
    text = verdict_page(report.findings)
    assert known and all(f"{about(e.needed)} questions would decide" in text for _, e in known)


def test_one_failing_configuration_decides_and_holding_needs_all():
    cells = pd.DataFrame({"against": [False, True, True], "needs": [50.0, 900.0, 700.0]})
    assert needed(cells) == 700 and needed(cells[:1]) == 50
    assert np.isnan(needed(pd.DataFrame({"against": [False, False], "needs": [50.0, np.nan]})))


def test_a_broken_theorem_stops_with_the_question(monkeypatch):
    genuine = theory_exact.strict_majority_of_pool
    monkeypatch.setattr(theory_exact, "strict_majority_of_pool", lambda votes, k: genuine(votes, k) + 1.5)
    with pytest.raises(BoundBroken, match="question q0 of one/test"):
        theory_report(study(), SETTINGS)


def test_smallest_studies():
    votes = votes_of([[[0]], [[1]], [[-1]]], [[True, False]] * 3)
    found = theory_report({"toy": (votes, votes)}, SETTINGS)
    assert {f.verdict for f in found.findings} <= set(VERDICTS)
    pair = votes_of([[[0, 0], [1, 0]], [[1, 1], [-1, -1]]], [[True, False]] * 2)
    assert theory_report({"toy": (pair, pair)}, SETTINGS).findings


def test_bad_input():
    with pytest.raises(InputError, match="no benchmark"):
        theory_report({}, SETTINGS)
    votes = random_votes(1, questions=4, models=2, samples=3)
    with pytest.raises(InputError, match="no model 'b'"):
        theory_measured.measure(votes.take_models(["a"]), votes, SETTINGS, 0)
