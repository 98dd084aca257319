"""Published samples become votes: classes by equal answers, contradictions refused, splits by the question's id."""

import json

import numpy as np
import pytest

from slmmux.errors import InputError
from slmmux.orchestration import METHODS
from slmmux.published import boinf, crux_eval
from slmmux.published.samples import Sample, split_of, votes_of


def file_of(answers: dict[str, list[tuple[str, bool]]]) -> bytes:
    texts = {q: [text for text, _ in given] for q, given in answers.items()}
    grades = {q: [right for _, right in given] for q, given in answers.items()}
    return json.dumps({"raw_generations": texts, "raw_scored_generations": grades}).encode()


def test_equal_values_are_one_class_across_models_and_all_right_answers_are_one():
    files = {
        "a": file_of({"sample_10": [("[1, 2]", True), ("[1,2]", True), ("3", False)], "sample_9": [("1,", False)] * 3}),
        "b": file_of(
            {"sample_10": [("[1.0, 2]", True), ("[1] + [2]", True), ("3.0", False)], "sample_9": [("0", False)] * 3}
        ),
    }
    votes = votes_of("crux", "test", crux_eval.read(files), ["a", "b"])
    assert votes.question_ids == ("sample_9", "sample_10")
    assert votes.classes[1].tolist() == [[0, 0, 1], [0, 0, 1]]
    assert votes.classes[0].tolist() == [[-1, -1, -1], [0, 0, 0]]
    assert votes.right.tolist() == [[False, False], [True, False]]
    assert np.isnan(votes.completion_tokens).all()


def test_a_value_graded_right_and_wrong_is_refused_with_question_answer_and_models():
    files = {"good": file_of({"s": [("(1, 2)", True)]}), "odd": file_of({"s": [("(1,  2)", False)]})}
    with pytest.raises(
        InputError, match=r"question 's': the answer '\(1, 2\)' is graded right for good and wrong for odd"
    ):
        votes_of("crux", "test", crux_eval.read(files), ["good", "odd"])


def test_an_unreadable_answer_graded_right_is_refused():
    with pytest.raises(InputError, match="right for a, but is unreadable"):
        votes_of("crux", "test", crux_eval.read({"a": file_of({"s": [("1,", True)]})}), ["a"])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        file_of({"s": []})[:-5],
        b'{"raw_generations": {"s": [1]}, "raw_scored_generations": {"s": [true]}}',
    ],
)
def test_a_file_of_another_format_is_refused(content):
    with pytest.raises(InputError, match="a: not a result file"):
        crux_eval.read({"a": content})


def test_files_with_other_questions_are_refused():
    files = {"a": file_of({"s": [("1", True)]}), "b": file_of({"t": [("1", True)]})}
    with pytest.raises(InputError, match="is not in every model's file"):
        crux_eval.read(files)


def test_a_model_with_fewer_samples_of_a_question_is_refused():
    given = {"q": {"a": [Sample(1, True, "1")] * 2}, "r": {"a": [Sample(1, True, "1")]}}
    with pytest.raises(InputError, match="a has 1 samples of question 'r', else 2"):
        votes_of("toy", "test", given, ["a"])


def test_splits_depend_on_the_id_alone_and_have_the_share():
    ids = [f"sample_{i}" for i in range(2000)]
    splits = [split_of(name, 0.375) for name in ids]
    assert splits == [split_of(name, 0.375) for name in ids]
    assert abs(splits.count("validation") / len(ids) - 0.375) < 0.04


def line(number: int, gold: str, answers) -> str:
    return json.dumps({"problem_num": number, "gold_answer": gold, "all_answers": answers})


def test_latex_answers_are_graded_by_value_and_carry_their_tokens():
    rows = [line(0, "\\frac{1}{2}", [["0.5", 10], ["\\frac12", 30], ["2", 20], ["", 40]])]
    votes = votes_of("boinf", "test", boinf.read_values({"m": "\n".join(rows).encode()}), ["m"])
    assert votes.classes.tolist() == [[[0, 0, 1, -1]]]
    assert votes.right.tolist() == [[True, False]]
    assert votes.completion_tokens.tolist() == [[25.0]] and votes.prompt_tokens.tolist() == [[0.0]]


def test_integers_and_letters():
    integers = boinf.read_integers({"m": line(0, "033", [["33", 1], ["33.0", 1], ["x+1", 1], ["34", 1]]).encode()})
    assert [s.right for s in integers["question_000"]["m"]] == [True, True, False, False]
    letters = boinf.read_letters({"m": line(0, "D", [["D", 1], ["T", 1], ["", 1], ["A", 1]]).encode()})
    assert [s.answer for s in letters["question_000"]["m"]] == ["D", None, None, "A"]


def test_two_gold_answers_of_one_question_are_refused():
    with pytest.raises(InputError, match="another right answer"):
        boinf.read_letters({"m": line(0, "D", [["D", 1]]).encode(), "n": line(0, "A", [["D", 1]]).encode()})


def test_the_order_of_samples_changes_no_exact_result():
    rng = np.random.default_rng(0)
    answers = {f"s{i}": [(str(a), a == 0) for a in sorted(rng.integers(0, 3, 6).tolist())] for i in range(5)}
    mixed = {q: [given[i] for i in rng.permutation(6)] for q, given in answers.items()}
    first, second = (votes_of("t", "test", crux_eval.read({"a": file_of(x)}), ["a"]) for x in (answers, mixed))
    found = [METHODS["slm_mux"].evaluate(votes, [3], [0.5]).correct for votes in (first, second)]
    np.testing.assert_allclose(*found, atol=1e-15)
