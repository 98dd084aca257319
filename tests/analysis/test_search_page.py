"""The page on the search: its advice follows the numbers, and no time is longer than a lifetime."""

import pandas as pd
import pytest

from analysis.pages.certainty import chosen_table, power_table
from analysis.pages.search import advice, choices_table, duration
from analysis.pages.search_beyond import choices_table as choices_of_pools
from analysis.pages.search_beyond import regret_table
from slmmux.result_files import write_tables


def test_times_are_in_units_of_people():
    times = {
        0.0: "under 0.01 s",
        0.03: "0.03 s",
        1.34: "1.3 s",
        45: "45 s",
        160: "2.7 minutes",
        7200: "2 hours",
        2.4e6: "28 days",
    }
    assert {seconds: duration(seconds) for seconds in times} == times
    assert duration(5e8) == "16 years" and duration(1.3e25) == "never"


@pytest.fixture
def results(tmp_path):
    front = pd.DataFrame({"a": [1, 2], "b": [0, 1], "accuracy": [0.5, 0.6], "tokens": [1, 2]})
    stopped = pd.DataFrame({"a": [1, 2, 2], "b": [1, 1, 0], "accuracy": [0.4, 0.5, 0.6], "tokens": [1, 2, 3]})
    choices = pd.DataFrame({"choice": ["objective", "direct"], "a": [3, 3], "b": [0, 0]})
    choices = choices.assign(validation_accuracy=0.5, accuracy=0.4, accuracy_se=0.1)
    choices = choices.assign(tokens_per_question=9.0, tokens_with_stopping=7.0)
    tables = {"front": front, "front_with_stopping": stopped, "choices": choices}
    write_tables(tmp_path / "search" / "one", tables)
    exhaustive = pd.DataFrame({"models": [3, 30] * 2, "way": ["budgets"] * 2 + ["objective"] * 2})
    exhaustive = exhaustive.assign(seconds=[1.0, 1e25, 0.1, 5.0], measured=[True, False, True, True])
    samplers = pd.DataFrame({"models": [3] * 3 + [30] * 3, "trials": 200, "sampler": ["tpe", "nsgaii", "ascent"] * 2})
    samplers = samplers.assign(regret=[0, 0.02, 0, 0.01, 0.02, 0.01], hypervolume_share=[0.99, 0.8, 0.9, 0.7, 0.8, 0.9])
    write_tables(tmp_path / "pools", {"exhaustive": exhaustive, "samplers": samplers})
    return tmp_path


def test_advice_names_the_sampler_that_measured_best(results):
    text = advice(results / "search", results / "pools", ["one"])
    assert "1 of the 2 budgets" in text and "1 of 3 do" in text
    assert "Up to 3 models, evaluate every budget**: 1 s" in text
    # As accurate as TPE, and more of the front; in the small pools TPE finds more.
    assert "take ascent**" in text and "NSGA-II 2.00 / 80.0, TPE 1.00 / 70.0, ascent 1.00 / 90.0" in text
    assert "In the smaller pools TPE finds most of the front (99.0 % against 90.0 % of ascent)" in text


def test_choices_of_the_same_budget_share_a_row(results):
    lines = choices_table(results / "search", ["one"]).splitlines()
    assert len(lines) == 3 and "best of any K; exact validation accuracy" in lines[2] and "a 3" in lines[2]
    assert lines[2].endswith("| 40.0 ± 10.0 | 9 | 7 |")


def test_pools_of_many_models_show_regret_and_what_choosing_cost(tmp_path):
    progress = pd.DataFrame({"sampler": ["ascent"], "trials": [300], "hypervolume_share_median": [0.984]})
    progress = progress.assign(regret_median=0.0046, regret_low=0.0046, regret_high=0.0081)
    choices = pd.DataFrame({"choice": ["one_model", "study_300"], "models": [1, 10], "samples": [10, 100]})
    choices = choices.assign(validation_accuracy=[0.475, 0.531], accuracy=[0.512, 0.54], accuracy_se=0.022)
    choices = choices.assign(optimism=[-0.037, -0.009], optimism_se=0.036, validation_gain=[0.0, 0.056])
    choices = choices.assign(gain=[0.0, 0.028], gain_low=[0.0, -0.002], gain_high=[0.0, 0.059])
    write_tables(tmp_path / "pool", {"progress": progress, "choices": choices})
    last = regret_table(tmp_path, ["pool"], {}).splitlines()[-1]
    assert last == "| pool | ascent | 300 | 0.46 [0.46, 0.81] | 98.4 |"
    last = choices_of_pools(tmp_path, ["pool"]).splitlines()[-1]
    assert "study, 300 trials | 10 | 100 | 53.1" in last and last.endswith("| +5.6 | +2.8 [-0.2, +5.9] |")


def test_certainty_of_choices_and_differences():
    chosen = pd.DataFrame({"chosen_by": ["objective", "accuracy"], "models": "a b", "candidates": 4})
    chosen = chosen.assign(validation_accuracy=0.5, validation_low=0.4, validation_high=0.6, test_accuracy=0.45)
    chosen = chosen.assign(test_accuracy_se=0.02, optimism=0.05, optimism_se=0.03, cross_fitted=[float("nan"), 0.48])
    (row,) = chosen_table({"one": chosen}).splitlines()[2:]
    subset = "| one | O(S) and accuracy, of 4 | a, b | 50.0 [40.0, 60.0] | 48.0 | 45.0 ± 2.0 | +5.0 ± 3.0 |"
    assert row == subset
    power = pd.DataFrame({"samples": [1, 3], "over": "gain_over_total", "questions": 400, "detectable": [0.1, 0.02]})
    power = power.assign(needs_1_points=1573.0, needs_5_points=63.0, question_share=0.249)
    head, _, row = power_table({"one": power}, 3).splitlines()
    assert "| for 1 points | for 5 points |" in head
    assert row.startswith(
        "| one | that model's self-consistency with as many samples in all | 400 | 2.0 | 1,573 | 63 |"
    )
