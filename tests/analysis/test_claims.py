"""The paper's claims tested on results: verdicts from intervals, the paper's own numbers, and the page."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis.pages.claims import TESTED, Checked, Claim, check_claims, check_on_pools, claims_table, paper_claims
from analysis.pages.claims_page import page, summary, verdicts
from analysis.paper.numbers import DISCUSSION_METHODS, METHOD_NAMES, paper_table
from analysis.results import read_results
from slmmux.errors import InputError
from slmmux.settings import EvaluationSettings
from slmmux.statistics import Difference, bootstrap_difference

SETTINGS = EvaluationSettings(samples=3, confidence=0.95, bootstrap_resamples=500, seed=1)
QUIET = ["single_best", "self_consistency", "self_consistency_total", "agent_forest", "slm_mux", "oracle"]
SEARCHED = ["agent_forest_searched", "self_consistency_total_searched", "slm_mux_searched"]


def verdict(direction, low, high):
    gap = Difference((low + high) / 2, 0.1, low, high, 0.95, "paired bootstrap")
    return Checked(Claim("x", "a", direction, "b"), "gsm8k", 10, gap, 20).verdict


def test_a_verdict_needs_an_interval_on_one_side_of_zero():
    assert verdict("above", 0.01, 0.2) == "holds" and verdict("below", 0.01, 0.2) == "fails"
    assert verdict("above", -0.2, -0.01) == "fails" and verdict("below", -0.2, -0.01) == "holds"
    assert verdict("above", -0.1, 0.1) == verdict("below", -0.1, 0.1) == "undecided"


@pytest.fixture
def results(tmp_path):
    """40 questions that SLM-MUX answers, the debate never and all others in one of two cases."""
    base = {name: np.tile([0.0, 1.0], 20) for name in [*QUIET, *SEARCHED]} | {"slm_mux": np.ones(40)}
    talk = base | {name: np.tile([0.0, 1.0], 20) for name in DISCUSSION_METHODS} | {"llm_debate": np.zeros(40)}
    for folder, columns in (("compare", base), ("discussion", talk)):
        place = tmp_path / folder / "gsm8k"
        place.mkdir(parents=True)
        table = pd.DataFrame({"question_id": [f"q{n}" for n in range(40)]} | columns)
        table.to_csv(place / "questions.csv", index=False)
    return tmp_path


def test_every_claim_is_tested_where_both_methods_were_run(results):
    tested = check_claims(results / "compare", results / "discussion", ["gsm8k"], ["gsm8k"], SETTINGS)
    assert len(tested) == len(TESTED)
    found = {(t.claim.first, t.claim.second): t.verdict for t in tested}
    assert found["slm_mux", "single_best"] == found["slm_mux", "llm_debate"] == "holds"
    assert found["llm_debate", "single_best"] == "holds"
    assert found["mixture_of_agents", "single_best"] == "undecided"
    table = claims_table(tested).set_index(["first", "second"])
    assert table.loc[("slm_mux", "single_best"), "difference"] == pytest.approx(50)
    assert (table["low"] <= table["difference"]).all() and (table["difference"] <= table["high"]).all()
    quiet = check_claims(results / "compare", results / "discussion", ["gsm8k"], [], SETTINGS)
    assert len(quiet) == len(TESTED) - 6


def pool_row(pool, kind, rival, gain, low, high, samples=3):
    return {
        "pool": pool,
        "kind": kind,
        "samples": samples,
        "rival": rival,
        "questions": 50,
        "gain": gain,
        "gain_low": low,
        "gain_high": high,
        "gain_needs": 80,
    }


def test_claims_are_counted_on_pools_by_their_kind(results):
    rows = [
        pool_row("near", "comparable", "same_total", 0.02, 0.01, 0.03),
        pool_row("near", "comparable", "agent_forest", -0.02, -0.03, -0.01),
        pool_row("near", "comparable", "agent_forest", 0.5, 0.4, 0.6, samples=5),
        pool_row("near", "comparable", "best_supporter", 0.5, 0.4, 0.6),
        pool_row("far", "leader", "same_total", -0.01, -0.02, 0.01),
    ]
    place = results / "pools" / "published"
    place.mkdir(parents=True)
    pd.DataFrame(rows).to_csv(place / "comparisons.csv", index=False)
    tested = check_on_pools(results / "pools", ["published"], SETTINGS)
    found = {(t.claim.second, t.benchmark, t.kind): t.verdict for t in tested}
    assert found == {
        ("self_consistency_total", "published, near", "comparable"): "holds",
        ("agent_forest", "published, near", "comparable"): "fails",
        ("self_consistency_total", "published, far", "leader"): "undecided",
    }
    own = check_claims(results / "compare", results / "discussion", ["gsm8k"], [], SETTINGS)
    text = summary(claims_table(own + tested), paper_claims(paper_table("table1")))
    assert "with as many samples in all | – | holds 1 | holds 1 | undecided 1 |" in text
    assert "SLM-MUX is above Agent Forest | – | holds 1 | **fails 1** | – |" in text
    assert "undecided (80 questions would decide)" in verdicts(claims_table(tested))


def test_the_papers_own_differences():
    paper = paper_claims(paper_table("table1")).set_index(["first", "second", "benchmark"])
    assert paper.loc[("slm_mux", "single_best", "MATH"), "difference"] == pytest.approx(61.8 - 56.8)
    assert paper.loc[("slm_mux", "single_best", "MATH"), "se"] == pytest.approx((1.2**2 + 2.2**2) ** 0.5)
    assert ("slm_mux", "agent_forest", "MATH") not in paper.index, "its Table 1 has no Agent Forest"


def test_the_interval_of_a_difference_is_seeded_and_holds_its_mean():
    gap = np.random.default_rng(3).normal(0.1, 1, 60)
    first, again = (bootstrap_difference(gap, 0.9, 300, seed=5) for _ in range(2))
    assert first == again and first.low < gap.mean() < first.high
    assert bootstrap_difference(gap, 0.9, 300, seed=6) != first


def test_the_page_shows_papers_numbers_ours_and_groupthink(results):
    share = {"count": 3, "total": 6, "share": 0.5, "low": 0.1, "high": 0.9}
    none = {"count": 0, "total": 0, "share": None, "low": 0.0, "high": 1.0}
    row = {"accuracy": 0.125, "accuracy_se": 0.05, "tokens_per_question": 321.0}
    talk = {
        "questions": 40,
        "models": ["one", "two"],
        "methods": {name: row for name in [*QUIET, *DISCUSSION_METHODS]},
        "groupthink": {
            "debates": 40,
            "failed": 6,
            "labeller": "two",
            "labels": dict.fromkeys(("groupthink", "other", "unlabelled"), share),
            "given_up": share,
            "corrected": none,
        },
    }
    single = {"test_accuracy": {"one": 0.25}, "test_accuracy_se": {"one": 0.02}}
    compared = {"gsm8k": single, "humaneval": single | {"questions": 9, "methods": {"slm_mux": row}}}
    ours = claims_table(check_claims(results / "compare", results / "discussion", ["gsm8k"], ["gsm8k"], SETTINGS))
    text = page(compared, {"gsm8k": talk}, ours, paper_claims(paper_table("table1")), "POWER")
    assert "| SLM-MUX | 61.8 ± 1.2 | 42.1 ± 0.3 | 87.8 ± 0.6 | 12.5 ± 5.0 | 12.5 ± 5.0 | 321 |" in text
    assert "| LLM-Debate | 51.6 ± 2.2 | 36.8 ± 3.4 | 80.8 ± 1.8 | 12.5 ± 5.0 | – | 321 |" in text
    assert "9 questions of humaneval" in text
    assert "<summary>How many questions a difference needs</summary>\n\nPOWER" in text
    # No number of questions would decide a difference of 0; for another the page says how many would.
    open_ = ours.assign(difference=1.0, low=-1.0, high=3.0, verdict="undecided", needed=5_678.0)
    shown = page(compared, {"gsm8k": talk}, open_, paper_claims(paper_table("table1")), "POWER")
    assert "| undecided (5,700 questions would decide) |" in shown
    assert "| one | – | – | – | 25.0 ± 2.0 | 25.0 ± 2.0 |" in text
    assert "| the paper, MATH | 500 | 242 | 144 (59.5 %) | 79 (32.6 %) | 19 (7.9 %) |" in text
    assert "3 of 6 (50 % [10, 90])" in text and "never contradicted" in text
    assert "tells nothing apart" not in text
    all_alike = talk["groupthink"]["labels"] | {"groupthink": share | {"count": 6}}
    talk["groupthink"] |= {"labels": all_alike}
    assert "tells nothing apart" in page(compared, {"gsm8k": talk}, ours, paper_claims(paper_table("table1")), "POWER")
    assert all(METHOD_NAMES[claim.first] in text for claim in TESTED)


def test_a_missing_or_broken_result_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gsm8k/methods\.json: no such file"):
        read_results(tmp_path, ["gsm8k"])
    (tmp_path / "gsm8k").mkdir()
    (tmp_path / "gsm8k" / "methods.json").write_text(json.dumps({})[:-1])
    with pytest.raises(InputError, match=r"gsm8k/methods\.json: not a result of"):
        read_results(tmp_path, ["gsm8k"])
    with pytest.raises(InputError, match=r"questions\.csv: no such file"):
        check_claims(tmp_path, tmp_path, ["gsm8k"], [], SETTINGS)
