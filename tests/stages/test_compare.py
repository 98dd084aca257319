"""The comparison on the test split: nothing of the test split reaches a choice, and the rows fit together."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.pages.report import markdown, table_csv
from analysis.pages.report import summary as few_numbers
from analysis.results import decision, percent, verdict
from slmmux.errors import InputError
from slmmux.settings import CertaintySettings, EvaluationSettings
from slmmux.stages.certainty import candidates, chosen_table, power_table
from slmmux.stages.compare import KEYS, LABELS, RIVALS, ROWS, compare, question_rows
from slmmux.votes.votes import Votes

SETTINGS = EvaluationSettings(samples=2, confidence=0.95, bootstrap_resamples=300, seed=3)


def random_votes(split: str, seed: int, questions: int = 40, models: int = 3, samples: int = 4) -> Votes:
    """Seeded votes whose models differ in how often they are right."""
    rng = np.random.default_rng(seed)
    skill = np.linspace(0.3, 0.6, models)[:, None]
    right = rng.random((questions, models, samples)) < skill
    classes = np.where(right, 0, rng.integers(-1, 3, (questions, models, samples)))
    correct = np.zeros((questions, 3), dtype=bool)
    correct[:, 0] = True
    tokens = np.full((questions, models), 10.0)
    ids, names = tuple(f"q{i}" for i in range(questions)), tuple(f"m{i}" for i in range(models))
    return Votes("b", split, ids, names, classes, correct, np.full(models, samples), tokens, tokens / 5)


@pytest.fixture(scope="module")
def validation():
    return random_votes("validation", 1)


def test_what_is_chosen_does_not_change_with_the_test_split(validation):
    first, second = (compare(validation, random_votes("test", seed), SETTINGS) for seed in (2, 3))
    assert first.searched == second.searched
    assert first.validation_accuracy == second.validation_accuracy
    for name in first.rows:
        assert first.rows[name].models == second.rows[name].models
    assert first.test_accuracy != second.test_accuracy


def test_the_rows_fit_together(validation):
    found = compare(validation, random_votes("test", 2), SETTINGS)
    accuracy = {name: row.evaluation.accuracy for name, row in found.rows.items()}
    assert accuracy["slm_mux"] <= accuracy["oracle"] + 1e-12
    assert accuracy["slm_mux_searched"] <= accuracy["oracle_searched"] + 1e-12
    best = max(found.validation_accuracy, key=found.validation_accuracy.get)
    assert found.rows["single_best"].models == (best,)
    assert accuracy["single_best"] == pytest.approx(found.test_accuracy[best])
    for name, row in found.rows.items():
        total = "self_consistency_total" + ("_searched" if name.endswith("_searched") else "")
        rivals = {"gain": "single_best", "gain_over_voting": "self_consistency", "gain_over_total": total}
        assert row.gains.keys() == rivals.keys() == RIVALS.keys()
        for key, gain in row.gains.items():
            assert gain.difference == pytest.approx(accuracy[name] - accuracy[rivals[key]])
            assert gain.low <= gain.difference <= gain.high
        assert row.summary().keys() <= KEYS.keys()
    rows = question_rows(found)
    assert len(rows) == 40
    assert np.mean([row["slm_mux"] for row in rows]) == pytest.approx(accuracy["slm_mux"])


def test_the_same_numbers_every_time(validation):
    test = random_votes("test", 2)
    assert compare(validation, test, SETTINGS).summary() == compare(validation, test, SETTINGS).summary()


def test_a_budget_beyond_the_pool_is_refused(validation):
    with pytest.raises(InputError, match="9 samples asked for"):
        compare(validation, random_votes("test", 2), SETTINGS.model_copy(update={"samples": 9}))


def test_one_model_alone_has_nothing_to_search():
    alone = random_votes("validation", 1).take_models(["m1"])
    found = compare(alone, replace(alone, split="test"), SETTINGS)
    assert found.searched == ("m1",)
    assert found.rows["slm_mux"].evaluation.accuracy == pytest.approx(
        found.rows["self_consistency"].evaluation.accuracy
    )


def test_the_report_shows_every_method_and_says_undecided(validation):
    splits = validation, random_votes("test", 2)
    summary = {"b": compare(*splits, SETTINGS).summary()}
    choices = CertaintySettings(differences=[0.02], halvings=2)
    power = power_table(splits, validation.models, SETTINGS, choices)
    chosen = chosen_table(candidates(validation, 2), splits, SETTINGS, choices)
    text = markdown(summary, {"b": {"power": power, "chosen": chosen}})
    assert "Questions for 80 % power" in text and "Chosen by accuracy on validation, of 4 subsets" in text
    assert all(f"| {label} " in text for label in LABELS.values())
    assert all(f"- `{key}`: " in text for key in KEYS)
    # 3 models with 2 samples each, and a pool of 4.
    assert "same total number of samples, all models (1) |" in text
    assert "(1) m2 has a pool of 4 samples, 6 would be as many in all." in text
    assert "<summary>b: every method (40 test questions, 2 samples per model)</summary>" in text
    assert text.index("report.png") < text.index("| SLM-MUX, points |") < text.index("<details>")
    assert len(table_csv(summary).splitlines()) == 1 + len(ROWS)
    few = few_numbers(summary)["b"]
    assert few.keys() == {"slm_mux", "self_consistency", "same_total", "gain", "tokens"}
    assert few["gain"] == pytest.approx(few["slm_mux"] - few["self_consistency"], abs=0.011)
    assert decision(-0.1, 0.1, 12_345.0, 40) == "undecided (12,000 questions would decide)"
    assert [decision(0.1, 0.2, 50.0, 40), decision(-0.1, 0.1, None, 40), decision(0.0, 0.0, None, 40)] == [
        "above",
        "undecided",
        "equal",
    ]
    assert [percent(-0.0001, True), percent(-0.0001)] == ["+0.0", "0.0"]
    assert [verdict(0.1, 0.2), verdict(-0.2, -0.1), verdict(-0.1, 0.1)] == ["above", "below", "undecided"]
