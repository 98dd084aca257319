"""The page on when orchestrating pays says what the tables say, in words that change with the signs."""

import numpy as np
import pandas as pd
import pytest
from drawn_votes import random_votes

from analysis.figures import gain_map as gain_figures
from analysis.figures import pools as pool_figures
from analysis.figures.common import save_figures
from analysis.pages.pays_tables import mean_gap_table, rule_table
from analysis.pages.when_does_it_pay import page, pool_sentence, rule_sentence, sentence
from slmmux.config import Config
from slmmux.config import EvaluationSettings as Evaluation
from slmmux.paths import GAIN_MAP
from slmmux.settings import MapSettings, PoolsSettings
from slmmux.stages.gain_map import GAINS, by_gap, gain_map, rules
from slmmux.stages.objective_on_pools import objective_table, subsets_of_sizes, winners_curse
from slmmux.stages.pools import comparisons, pool_of

MAP = MapSettings(
    sizes=[2, 3], samples=[1, 2], forest_states=64, rule_samples=2, close_gap=0.03, far_gap=0.1, objective_resamples=20
)
POOLS = PoolsSettings(
    samples=[1, 2], comparable_spread=0.05, leader_gap=0.05, teams={}, theory={}, theory_max_samples=2
)
EVALUATION = Evaluation(samples=2, confidence=0.95, bootstrap_resamples=100, seed=1)


@pytest.fixture(scope="module")
def config() -> Config:
    return Config.model_construct(map=MAP, pools=POOLS, evaluation=EVALUATION, published_names=[], published={})


@pytest.fixture(scope="module")
def measured():
    validation, test = random_votes(1, 30, 6, 4), random_votes(2, 40, 6, 4)
    table = gain_map(validation, test, MAP)
    maps = {"toy": {"by_gap": by_gap(table, MAP), "rules": rules(table, 2)}}
    pools = [
        pool_of(name, models, validation, test) for name, models in (("two", ["a", "b"]), ("three", ["c", "d", "e"]))
    ]
    subsets = subsets_of_sizes(validation, test, 2, [2, 3])
    found = objective_table(subsets, validation, test, 2, [0, 1], EVALUATION, MAP)
    curse = winners_curse(subsets, validation, test, 2, EVALUATION, MAP)
    compared = {"toy": {"comparisons": comparisons(pools, EVALUATION, POOLS)}}
    return table, maps, compared, {"toy": {"objective": found, "winners_curse": curse}}


def gaps(close: float, far: float, forest: float) -> dict:
    rows = [
        {"size": 3, "samples": 2, "gap": gap, "subsets": 10}
        | {f"{name}{end}": 0.5 for name in GAINS for end in ("_positive", "_surely_positive", "_surely_negative")}
        | {"over_same_samples": value, "over_same_total": value, "over_forest": forest}
        for gap, value in (("close", close), ("far", far))
    ]
    return {"toy": {"by_gap": pd.DataFrame(rows)}}


def test_the_sentence_follows_the_signs(config):
    said = sentence(gaps(0.012, -0.004, -0.02), config)
    assert "**Orchestrate when the models are comparable**" in said and "+1.2 points" in said
    assert "**Don't when one model is far ahead**" in said and "-0.4 points" in said
    assert "the best model alone is better." in said
    assert "the best model alone does as well." in sentence(gaps(0.012, 0.001, -0.02), config)
    assert "Agent Forest is better still there, by 2.0 points" in said
    assert "Agent Forest does as well there." in sentence(gaps(0.012, -0.004, 0.0004), config)
    other = sentence(gaps(-0.012, 0.03, 0.02), config)
    assert "Do not even orchestrate when" in other and "Expect little when" not in other
    assert "**Orchestrate also when one model is far ahead**" in other
    assert "SLM-MUX is better than Agent Forest there, by 2.0 points" in other


def test_the_short_table_has_the_means_of_the_sentence():
    table = mean_gap_table({"one": gaps(0.01, -0.02, -0.01)["toy"], "two": gaps(0.03, -0.02, 0.01)["toy"]}, 3)
    head, _, close, between, far = table.splitlines()
    assert head.startswith("| models | sets |") and close.startswith("| comparable | 20 | +2.0 (50 % gain) |")
    assert close.endswith("| +0.0 (50 % gain) |") and far.startswith("| one far ahead | 20 | -2.0 (50 % gain) |")
    assert between == "| between | 0 | – | – | – |"


def test_the_small_picture_has_the_means_of_the_map(measured):
    (ax,) = gain_figures.gain_lines({"toy": measured[0]}, MAP).axes
    shown = measured[0][measured[0]["samples"] == MAP.rule_samples]
    line = ax.get_lines()[0]
    assert len(line.get_xdata()) == min(gain_figures.BINS, len(shown) // gain_figures.FEW)
    assert min(line.get_ydata()) >= 100 * shown["over_same_total"].min()
    assert [text.get_text() for text in ax.texts] == ["comparable", "one model far ahead"]


def test_the_page_begins_with_the_answer_and_has_every_pool(measured, config):
    _, maps, compared, objectives = measured
    text = page(maps, compared, objectives, config)
    assert text.startswith("Measured on ")
    assert text.index("gain_by_gap.png") < text.index("| models |") < text.index("| benchmark |")
    assert "toy, two" in text and "toy, three" in text
    assert "the paper's O(S), λ = 1" in text and "mean accuracy of the models" in text


def test_the_rule_in_words_has_its_error_on_other_models(measured, config):
    _, maps, compared, _ = measured
    rules = maps["toy"]["rules"]
    chosen = (rules["size"] == 3) & (rules["gain"] == "over_same_total")
    rows = rules[chosen].assign(limit=0.05, side="below", held_out_error=0.2)
    assert rule_sentence({"one": {"rules": rows}}, config).startswith("**No rule of thumb:** the best by the gap is")
    rows["held_out_error"] = rows["held_out_error"].where(rows["rule"] == "gap", 0.3)
    said = rule_sentence({"one": {"rules": rows}, "two": {"rules": rows.assign(limit=0.1)}}, config)
    assert "at most 5 to 10 points ahead" in said and "wrong about gain or loss for 20 % of them" in said
    assert "separates no sets" in rule_sentence({"one": {"rules": rows.assign(side="above")}}, config)
    for kind in set(compared["toy"]["comparisons"]["kind"]):
        assert f" called {kind}, SLM-MUX is surely above the best model alone" in pool_sentence(compared, 2)


def test_a_rule_that_never_separates_is_called_always(measured):
    _, maps, _, _ = measured
    rows = maps["toy"]["rules"].assign(limit=-1.0)
    shown = rule_table({"toy": {"rules": rows}}, [2, 3], list(GAINS))
    assert shown.count("| always |") == rows.groupby(["size", "gain"]).ngroups


def test_the_figures_are_drawn(measured, config, tmp_path, monkeypatch):
    table, _, compared, objectives = measured
    drawn = {
        "gain": lambda: gain_figures.gain_by_gap({"toy": table, "again": table}, MAP),
        "forest": lambda: gain_figures.slm_mux_or_forest({"toy": table}, MAP),
        "pools": lambda: pool_figures.pool_gains({"toy": compared["toy"]["comparisons"]}, 2, 0.95),
        "objective": lambda: pool_figures.objective({"toy": objectives["toy"]["objective"]}),
    }
    files = save_figures(drawn, tmp_path)
    assert len(files) == 4 and all(path.stat().st_size > 1000 for path in files)
    assert gain_figures.figures(config) == {} == pool_figures.figures(config)


def test_the_map_is_read_back_as_it_was_written(measured, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = GAIN_MAP / "toy"
    folder.mkdir(parents=True)
    measured[0].to_parquet(folder / "map.parquet", index=False)
    back = gain_figures.read_map("toy")
    np.testing.assert_array_equal(back["gap"], measured[0]["gap"])
