"""The figures: what is drawn is what was measured and what the paper says, and the files depend on that alone."""

from dataclasses import replace
from itertools import pairwise

import matplotlib.colors
import matplotlib.style
import numpy as np
import pandas as pd
import pytest
from drawn_votes import random_votes

from analysis.figures.attribution import FILLS, attribution
from analysis.figures.common import HATCHES, SHADES, STYLE, panels, reach, save_figures
from analysis.figures.discussion import SHOWN, discussion
from analysis.figures.gains import PANELS, gains, paper_gains
from analysis.figures.scaling import accuracy_by_samples
from analysis.figures.search import SAMPLERS, objective_quality, pareto, search_progress
from analysis.figures.subjects import subjects
from analysis.figures.workflow import Case, workflow
from analysis.paper.numbers import paper_table
from analysis.results import percent, read_tables, single_model_points
from slmmux.errors import InputError
from slmmux.result_files import write_tables
from slmmux.settings import EvaluationSettings, ScalingSettings
from slmmux.stages.attribution import attribution_table
from slmmux.stages.gains import gains as gains_table
from slmmux.stages.scaling import scaling
from slmmux.stages.subjects import subjects_table

EVALUATION = EvaluationSettings(samples=2, confidence=0.95, bootstrap_resamples=100, seed=1)
SETTINGS = ScalingSettings(sizes=[2], samples=[2, 3, 4], pairs=2)
MODELS = ["a", "b", "c"]


@pytest.fixture(autouse=True)
def style():
    with matplotlib.style.context(STYLE):
        yield


@pytest.fixture(scope="module")
def splits():
    test = random_votes(2, 40, 3, 4)
    ids = tuple(f"{'gcd' if q < 25 else 'chain_sum'}-test-{q:03d}" for q in range(40))
    return replace(random_votes(1, 30, 3, 4), split="validation"), replace(test, question_ids=ids)


def talk(*accuracies) -> dict:
    methods = {name: {"accuracy": a, "accuracy_se": 0.05} for name, a in zip((*SHOWN, "oracle"), accuracies)}
    return {"questions": 100, "models": ["small one", "small two"], "methods": methods}


def points(ax) -> list[float]:
    return [bars.lines[0].get_xdata()[0] for bars in ax.containers]


def test_who_answers_what_fills_every_bar(splits):
    table = attribution_table(*splits)
    figure = attribution({"one": table, "two": table, "three": table}, MODELS)
    *ours, paper = figure.axes
    assert [ax.get_title(loc="left") for ax in ours] == ["one", "two", "three"]
    for ax in ours:
        tops = {}
        for bar in ax.patches:
            tops.setdefault(round(bar.get_x(), 6), []).append(bar.get_height())
        assert len(tops) == 4 and all(sum(heights) == pytest.approx(100) for heights in tops.values())
        # One error bar an edge, all but the last, which is 100 % always.
        assert len(ax.containers) == 4 + 3
    published = paper_table("attribution")["share"]
    assert [bar.get_height() for bar in paper.patches] == pytest.approx(published.tolist())
    assert published.sum() == pytest.approx(100)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["no disagreement", *MODELS]


def test_the_papers_gains_are_its_accuracies_differences():
    found = paper_gains(0.95).set_index(["comparison", "benchmark", "group"])
    two, four = (paper_table(name) for name in ("table2", "table4"))
    # Up to the rounding of what is published: GPQA's second pair gains 3.6, and 48.8 - 45.1 is 3.7.
    assert (two["slm_mux"] - two["best_single"]).to_numpy() == pytest.approx(two["gain"].to_numpy(), abs=0.11)
    best = two.set_index(["benchmark", "group"])["best_single"]
    above = four.set_index(["benchmark", "group"])["slm_mux"] - best
    assert above.to_dict() == pytest.approx(four.set_index(["benchmark", "group"])["gain"].to_dict(), abs=0.11)
    math = found.loc[("searched_pairs", "MATH", 1)]
    assert math["gain"] == 4.5 and math["high"] - math["low"] == pytest.approx(2 * 1.96 * np.hypot(1.5, 0.7), abs=1e-3)
    assert found.loc[("forest_fewest", "GPQA", 2), "gain"] == 5.9
    assert found.loc[("best_samples", "GSM8K", 1), "large_model"] == pytest.approx(90.4 - 88.5)
    assert set(found.index.get_level_values(0)) == set(PANELS)


def test_gains_stand_beside_the_papers(splits):
    table = gains_table(*splits, EVALUATION, SETTINGS)
    figure = gains({"one": table}, 0.95)
    for ax, comparison in zip(figure.axes, PANELS):
        ours, theirs = (bars.lines[0].get_xdata() for bars in ax.containers)
        mine, published = (t.loc[t["comparison"] == comparison, "gain"] for t in (table, paper_gains(0.95)))
        assert ours == pytest.approx(100 * mine.to_numpy()) and theirs == pytest.approx(published.to_numpy())


def test_subjects_are_ordered_and_have_error_bars(splits):
    table = subjects_table(*splits, 2)
    (ax,) = subjects({"one": table}).axes
    mux = table[table["method"] == "slm_mux"].sort_values("accuracy")
    assert [label.get_text().split()[0] for label in ax.get_yticklabels()] == mux["subject"].tolist()
    assert len(ax.containers) == 3 and all(bars.has_xerr for bars in ax.containers)
    assert ax.containers[2].lines[0].get_xdata() == pytest.approx(100 * mux["accuracy"].to_numpy())


def test_discussion_puts_the_papers_benchmarks_after_ours():
    ours = {"short_answers": talk(*np.linspace(0.1, 0.8, 8)), "gsm8k": talk(*np.linspace(0.2, 0.9, 8))}
    shown = discussion(ours).axes
    assert [ax.get_title(loc="left").splitlines()[0] for ax in shown] == [
        "here: short_answers, 100 questions",
        "here: gsm8k, 100 questions",
        "paper: MATH",
        "paper: GPQA",
        "paper: GSM8K",
    ]
    # From below: SLM-MUX first. The paper has no Agent Forest in Table 1.
    assert points(shown[0])[:2] == pytest.approx([70, 60]) and len(points(shown[0])) == len(SHOWN)
    assert points(shown[4]) == [87.8, 86.8, 84.2, 86.4, 80.8, 81.6]
    # More of ours than the paper has.
    more = {name: talk(*np.linspace(0.1, 0.8, 8)) for name in ("one", "two", "three", "four")}
    assert len(discussion(more).axes) == 4 + 3


def drawn(answers: dict[str, list]) -> pd.DataFrame:
    rows = [
        {"question_id": "q", "model": model, "sample": i, "answer": answer, "correct": answer == "2"}
        for model, given in answers.items()
        for i, answer in enumerate(given)
    ]
    return pd.DataFrame(rows)


def test_workflow_shows_every_sample_vote_and_share():
    answers = {"a": ["2", "2", None], "b": ["1", "$3", "a very long answer"], "c": [None, None, None]}
    case = Case("Rescued", drawn(answers), "How much is $1 + $1?", "2", winner="a")
    figure = workflow([case, replace(case, title="Lost", winner="b")], best="b")
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts.count("2 ✓") == 4 and texts.count("unread") == 8 and "$3" in texts and "a very l…" in texts
    assert texts.index("Rescued") < texts.index("Lost")
    assert {"2   2/3", "3 answers tie   1/3", "no vote   0/3", "b\n(best single model)"} <= set(texts)
    assert texts[-2:] == ["no vote   0/3", "3. Taken, as its share is largest: one of them at random. Right answer: 2."]


def test_the_same_numbers_give_the_same_files(splits, tmp_path):
    table = attribution_table(*splits)
    for folder in ("a", "b"):
        paths = save_figures({"x": lambda: attribution({"one": table}, MODELS)}, tmp_path / folder)
        assert [path.name for path in paths] == ["x.png"]
    for name in ("x.png",):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_panels_fill_their_rows():
    for count, shape in ((1, (1, 1)), (2, (1, 2)), (3, (1, 3)), (4, (2, 2)), (6, (2, 3))):
        figure, axes = panels(count)
        assert len(axes) == len(figure.axes) == count
        assert axes[0].get_gridspec().get_geometry() == shape


def lightness(color: str) -> float:
    red, green, blue = matplotlib.colors.to_rgb(color)
    return 0.299 * red + 0.587 * green + 0.114 * blue


@pytest.mark.parametrize("fills", [list(zip(SHADES, HATCHES)), [(fill, "") for fill in FILLS]])
def test_neighbouring_fills_are_apart_in_grey(fills):
    for (one, hatch), (other, other_hatch) in pairwise(fills):
        assert abs(lightness(one) - lightness(other)) > (0.05 if hatch != other_hatch else 0.15)


def test_lengths_of_error_bars():
    assert reach([1, 2], [0.5, 2.1], [1.25, np.nan]).tolist() == [[0.5, 0], [0.25, 0]]


def test_points_of_a_front_with_one_model():
    front = pd.DataFrame({"a": [1, 0, 2], "b": [0, 3, 1], "accuracy": [0.1, 0.2, 0.3], "tokens": [1, 2, 3]})
    assert single_model_points(front) == (2, 3)
    assert single_model_points(front[:0]) == (0, 0)


def test_the_search_is_drawn_at_the_cost_with_stopping():
    trials = pd.DataFrame({"trial": [0, 1, 2], "a": [0, 2, 0], "b": [0, 1, 1], "accuracy": [0, 0.5, 0.1]})
    trials = trials.assign(tokens=[900, 40, 9], tokens_with_stopping=[900, 30, 9], on_front=[0, 1, 1])
    front = pd.DataFrame({"a": [2], "b": [0], "accuracy": [0.6], "tokens": [30], "accuracy_se": [0.1]})
    stopped = pd.DataFrame({"a": [1, 2], "b": [1, 0], "accuracy": [0.5, 0.6], "tokens": [20, 30], "accuracy_se": 0.1})
    choices = pd.DataFrame({"choice": ["budgets"], "validation_accuracy": [0.6], "validation_accuracy_se": [0.1]})
    choices = choices.assign(validation_tokens=30, validation_tokens_with_stopping=25)
    tables = {"trials": trials, "front": front, "front_with_stopping": stopped, "choices": choices}
    (ax,) = pareto({"one": tables}).axes
    # Not the trial without samples, and none far below the best, of which the note tells.
    assert ax.lines[0].get_xdata().tolist() == [30] and ax.texts[0].get_text() == "1 of 2 trials lie below 40 %"
    assert ax.lines[1].get_xdata().tolist() == [30] and ax.lines[2].get_xdata().tolist() == [20, 30]
    assert ax.get_title("left").endswith("1 of 2 points of the front use one model")
    assert points(ax) == [25]


def test_samplers_on_the_same_line_are_all_seen():
    rows = [
        {"sampler": name, "trials": t, "regret": 0.1, "hypervolume_share": 0.5} for name in SAMPLERS for t in (1, 2)
    ]
    figure = search_progress({"one": {"progress": pd.DataFrame(rows)}})
    for ax in figure.axes:
        widths = [line.get_linewidth() for line in ax.lines]
        assert widths == sorted(set(widths), reverse=True) and len(widths) == len(SAMPLERS)


def test_simulated_points_are_open(splits):
    table = scaling(*splits, 2, SETTINGS).by_samples
    assert set(table["mode"]) == {"exact"}
    exact, mixed = ({"one": {"by_samples": t}} for t in (table, table.assign(mode="simulate")))
    for shown, note, points in ((exact, "exact over all draws", 0), (mixed, "open: simulated", 3)):
        (ax,) = accuracy_by_samples(shown).axes
        assert ax.texts[0].get_text().endswith(note)
        assert len(ax.lines[1].get_xdata()) == points


def test_what_rounds_to_nothing_has_no_minus():
    shown = [percent(share, sign=True) for share in (-0.0001, 0.0, 0.0004, 0.001, -0.02)]
    assert shown == ["+0.0", "+0.0", "+0.0", "+0.1", "-2.0"]
    assert percent(-0.0001) == "0.0" and percent(0.12344, digits=2) == "12.34"


def test_a_missing_table_is_named(tmp_path):
    write_tables(tmp_path / "one", {"x": pd.DataFrame({"a": [1]})})
    assert read_tables(tmp_path, ["one"], ["x"])["one"]["x"]["a"].tolist() == [1]
    with pytest.raises(InputError, match=r"two.x\.csv: no such file"):
        read_tables(tmp_path, ["one", "two"], ["x"])
    (tmp_path / "one" / "x.csv").write_text("")
    with pytest.raises(InputError, match="not a table"):
        read_tables(tmp_path, ["one"], ["x"])


def test_a_study_with_one_subset_has_no_ranks_to_draw():
    none = pd.DataFrame({"criterion": ["paper"], "sizes": ["2"], "subsets": [1], "lambda": [1.0]})
    (ax,) = objective_quality({"toy": {"objective_quality": none}}).axes
    assert ax.get_title("left") == "toy: nothing to rank"
