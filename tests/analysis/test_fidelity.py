"""The fidelity report: its rows against plain calculations, its gradings by hand, and its files."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawn_votes import random_votes, votes_of

from analysis.fidelity.grading import from_last_box, grading, without_separators
from analysis.fidelity.report import Study, answer, fidelity_report, write_report
from analysis.fidelity.voting import searching
from slmmux.errors import InputError
from slmmux.orchestration import METHODS
from slmmux.samples.tabulate import votes_from_samples
from slmmux.settings import EvaluationSettings

SETTINGS = EvaluationSettings(samples=2, confidence=0.95, bootstrap_resamples=100, seed=1)
VOTING = ["parsed_denominator", "empty_answer", "first_come", "list_order", "early_exit", "pooled_plurality"]
VOTING += ["older_scripts", "iclr_package"]
SEARCH = ["correct_twice", "over_union_correct", "empty_is_wrong", "half_lambda", "iclr_search"]


def samples_of(name: str, said: dict[tuple[str, str, str], list[tuple[str, str | None, bool]]]) -> pd.DataFrame:
    """A samples table: (split, question, model) → (response, our answer, right) of each sample."""
    rows = [
        (name, split, question, model, j, response, answer, right, 5, 2, "stop")
        for (split, question, model), samples in said.items()
        for j, (response, answer, right) in enumerate(samples)
    ]
    columns = "benchmark split question_id model sample response answer correct prompt_tokens completion_tokens"
    return pd.DataFrame(rows, columns=[*columns.split(), "finish_reason"])


def plain_study(seed: int) -> Study:
    validation, test = (random_votes(seed + part, questions=12, models=3, samples=4) for part in (0, 1))
    return Study(replace(validation, split="validation"), test, pd.DataFrame(), {})


def number_study() -> Study:
    """a says numbers with a comma, b without one; the reference has one."""
    comma, plain = ("The answer is 1,234.", "1234", True), ("The answer is 1234.", "1234", True)
    wrong = ("It is 7.", "7", False)
    said = {}
    for split, question in (("validation", "v"), ("test", "t")):
        said |= {(split, question, "a"): [comma, comma], (split, question, "b"): [plain, wrong]}
    samples = samples_of("gsm_symbolic", said)
    votes = [votes_from_samples(samples, split) for split in ("validation", "test")]
    return Study(*votes, samples, {"v": "1,234", "t": "1,234"})


def test_a_row_a_departure_with_both_readings():
    study = plain_study(5)
    report = fidelity_report({"toy": study}, SETTINGS)
    rows = report.rows.set_index("key")
    assert list(rows.index) == VOTING + SEARCH
    assert np.allclose(rows["accuracy_released"] - rows["accuracy_paper"], rows["difference"])
    assert ((rows["low"] <= rows["difference"]) & (rows["difference"] <= rows["high"])).all()
    accuracy = study.validation.accuracy()
    plain = METHODS["slm_mux"].evaluate(study.test, [2] * 3, accuracy).accuracy
    assert np.allclose(rows.loc[VOTING, "accuracy_paper"], plain)
    by_list = METHODS["slm_mux"].evaluate(study.test, [2] * 3, [3, 2, 1]).accuracy
    assert rows.loc["list_order", "accuracy_released"] == pytest.approx(by_list)
    assert rows.loc["first_come", ["difference", "questions_differing"]].tolist() == [0, 0]
    assert rows.loc["early_exit", "tokens_released"] < rows.loc["early_exit", "tokens_paper"]
    shown = report.examples[report.examples["key"] == "list_order"]
    assert 0 < len(shown) <= 5 and set(shown["question_id"]) <= set(study.test.question_ids)
    assert report.metrics()["toy/list_order/difference"] == rows.loc["list_order", "difference"]


def test_the_searched_subset_is_measured():
    # a and b contradict each other on q1; a and c never do, but reach fewer questions.
    classes = [[[0, 0], [1, 1], [-1, -1]], [[1, 1], [0, 0], [-1, -1]], [[1, 2], [0, 0], [0, 0]]]
    validation = replace(votes_of(classes, [[True, False, False]] * 3), split="validation")
    test = random_votes(2, questions=9, models=3, samples=2)
    rows = {row.key: row for row in searching(validation, test, 2)}
    assert list(rows) == SEARCH
    half = rows["half_lambda"]
    assert "a, b" in half.note
    accuracy = validation.take_models(["a", "b"]).accuracy()
    want = METHODS["slm_mux"].evaluate(test.take_models(["a", "b"]), [2, 2], accuracy)
    assert half.theirs.accuracy == pytest.approx(want.accuracy)
    one = validation.take_models(["a"])
    assert searching(one, one, 2) == []


def test_numbers_with_a_comma():
    study = number_study()
    rows = {row.key: row for row in grading("gsm_symbolic", study.samples, study.references, 2)}
    assert list(rows) == ["string_grading", "separators"]
    # The reference is read as 1, a's answers as 234, b's as 1234: nothing is right.
    assert (rows["string_grading"].ours.accuracy, rows["string_grading"].theirs.accuracy) == (1, 0)
    assert (rows["separators"].ours.accuracy, rows["separators"].theirs.accuracy) == (1, 0)
    assert rows["string_grading"].note.startswith("6 of 8 responses judged differently: 6 right by the first only")
    assert "2 of 2 references have a comma" in rows["separators"].note
    examples = rows["string_grading"].examples
    assert list(examples.columns) == ["question_id", "model", "sample", "ours", "theirs"]
    assert examples[["ours", "theirs"]].drop_duplicates().to_numpy().tolist() == [[1, 0]]


def test_first_and_last_box():
    changed_its_mind = (r"\boxed{1}, no: \boxed{2}", "2", True)
    said = {(split, split[0], "a"): [changed_its_mind] * 2 for split in ("validation", "test")}
    rows = {row.key: row for row in grading("math_500", samples_of("math_500", said), {"v": "2", "t": "2"}, 2)}
    assert list(rows) == ["string_grading", "first_box"]
    assert (rows["first_box"].ours.accuracy, rows["first_box"].theirs.accuracy) == (1, 0)
    assert from_last_box("no box") == "no box"
    assert without_separators("1,234,567 and 1,2 and 12,3456") == "1234567 and 1,2 and 12,3456"
    assert grading("short_answers", pd.DataFrame(), {}, 2) == []


def test_written_twice_the_same_and_by_id_only(tmp_path):
    for folder in ("a", "b"):
        report = fidelity_report({"toy": plain_study(5), "gsm_symbolic": number_study()}, SETTINGS)
        paths = write_report(report, SETTINGS, tmp_path / folder)
    assert sorted(path.name for path in paths) == ["examples.csv", "fidelity.csv", "fidelity.md", "fidelity.png"]
    for path in paths:
        assert path.read_bytes() == (tmp_path / "a" / path.name).read_bytes()
    assert "The answer is" not in (tmp_path / "a" / "examples.csv").read_text()
    text = (tmp_path / "a" / "fidelity.md").read_text()
    assert text.count("The released code has no grader") == 1
    assert sum(line.startswith("| ") for line in text.splitlines()) == 2 + 2 * (len(VOTING) + len(SEARCH)) + 2
    assert len(pd.read_csv(tmp_path / "a" / "fidelity.csv")) == 2 * (len(VOTING) + len(SEARCH)) + 2


def test_the_page_begins_with_what_all_departures_do_and_the_largest():
    rows = fidelity_report({"toy": plain_study(5)}, SETTINGS).rows
    rows.loc[rows["key"] == "iclr_package", "difference"] = -0.25
    rows.loc[rows["key"] != "iclr_package", "difference"] = 0.0
    rows.loc[rows["matter"] == "tie between models", ["difference", "low", "high"]] = [-0.2, -0.3, -0.1]
    text = answer(rows)
    assert "all departures of the ICLR package -25.0 on toy" in text and "older scripts +0.0 on toy" in text
    assert (
        "The single departure that changes most: tie between models (" in text
        and "-20.0 [-30.0, -10.0] on toy." in text
    )


def test_bad_input():
    with pytest.raises(InputError, match="no benchmark"):
        fidelity_report({}, SETTINGS)
    with pytest.raises(InputError, match="its pool"):
        fidelity_report({"toy": plain_study(5)}, SETTINGS.model_copy(update={"samples": 9}))
