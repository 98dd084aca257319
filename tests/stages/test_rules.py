"""Every rule on every pool: one family of intervals, costs in tokens or samples, and the page that says it in words."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_votes import random_votes

from analysis.figures.rules import means_by_kind, rules_by_pools
from analysis.pages.which_rule import DOES, SHORT, does, page
from slmmux.config import load_config
from slmmux.orchestration import METHODS
from slmmux.settings import EvaluationSettings
from slmmux.stages.pools import pool_of
from slmmux.stages.rules import (
    EARLY_EXIT,
    LABELS,
    Measured,
    evaluate_rules,
    family,
    kind_table,
    pool_table,
    rule_table,
    with_costs,
)

SETTINGS = EvaluationSettings(samples=2, confidence=0.95, bootstrap_resamples=300, seed=3)


@pytest.fixture(scope="module")
def measured():
    found = []
    for number, kind in enumerate(("comparable", "leader", "leader")):
        votes = [random_votes(seed, 30, 2, 4) for seed in (10 + number, 20 + number)]
        unknown = np.full((30, 2), np.nan)
        votes = [replace(v, prompt_tokens=unknown, completion_tokens=unknown) for v in votes]
        pool = pool_of(f"pool_{number}", list(votes[0].models), *votes)
        found.append(Measured("b", pool, kind, evaluate_rules(pool, 2)))
    return found


@pytest.fixture(scope="module")
def tables(measured):
    families, kinds = family(measured, SETTINGS)
    rules = rule_table(measured, families, SETTINGS)
    return {"rules": rules, "kinds": kind_table(measured, kinds), "pools": pool_table(measured, 2)}


def test_every_method_is_a_row_of_every_pool(tables):
    rules = tables["rules"]
    assert set(LABELS) == {*METHODS, EARLY_EXIT}
    assert all(list(group["rule"]) == list(LABELS) for _, group in rules.groupby("pool"))
    same = rules[rules["rule"] == "slm_mux"]
    assert (same[["over_slm_mux", "over_slm_mux_low", "over_slm_mux_high"]] == 0).all(axis=None)
    assert same["over_slm_mux_needs"].isna().all()
    # Without token counts costs are numbers of samples; SLM-MUX asks one model or both.
    assert set(rules["unit"]) == {"samples"} and same["cost"].between(0.5, 1).all()
    alone = rules[rules["rule"] == "single_best"]
    assert alone["cost"].to_numpy() == pytest.approx(1 / 4)


def test_the_family_is_wider_than_one_interval_and_means_lie_between(measured, tables):
    rules, kinds = tables["rules"].set_index(["pool", "rule"]), tables["kinds"].set_index(["kind", "rule"])
    for name in LABELS:
        by_pool = [rules.loc[(f"pool_{n}", name), "over_same_total"] for n in (1, 2)]
        assert kinds.loc[("leader", name), "over_same_total"] == pytest.approx(np.mean(by_pool))
        assert kinds.loc[("leader", name), "pools"] == 2
    gap = measured[0].rules["agent_forest"].correct - measured[0].rules["slm_mux"].correct
    alone = 1.96 * gap.std(ddof=1) / np.sqrt(len(gap))
    row = rules.loc[("pool_0", "agent_forest")]
    assert row["over_slm_mux_high"] - row["over_slm_mux"] > 1.2 * alone


def test_no_choice_by_confidence_beats_its_bound(tables):
    pools = tables["pools"]
    for lower in ("slm_mux", "ceiling"):
        assert (pools[lower] <= pools["ceiling_at_most"] + 1e-12).all()
    assert (pools["ceiling_at_most"] <= pools["oracle"] + 1e-12).all()
    assert (pools["lossless_inside"] <= pools["lossless"] + 1e-12).all() and (pools["lossless"] <= 1).all()


def test_known_tokens_are_kept():
    votes = random_votes(1, 5, 2, 3)
    known = replace(votes, prompt_tokens=np.ones((5, 2)), completion_tokens=np.full((5, 2), 7.0))
    assert with_costs(known) is known


def test_the_page_says_it_in_three_sentences_and_the_figure_has_every_cell(tables):
    text = page(tables, load_config())
    assert all(f"{n}. **" in text for n in (1, 2, 3))
    assert all(f"| {label} |" in text for label in LABELS.values())
    assert {*DOES, *SHORT} <= LABELS.keys() and all(f"- **{LABELS[name]}**: {does(name)}." in text for name in LABELS)
    means = means_by_kind(tables["kinds"])
    assert [len(axis.get_yticks()) for axis in means.axes] == [len(LABELS) - 1] * 2
    figure = rules_by_pools(tables["rules"], tables["kinds"])
    assert [len(axis.get_yticks()) for axis in figure.axes[:2]] == [len(LABELS)] * 2
