"""Samples tables into votes, and votes to disk and back."""

import contextlib
import itertools
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slmmux.errors import InputError
from slmmux.samples.tabulate import COLUMNS, votes_from_samples
from slmmux.votes.archive import load_votes, save_votes


def table(rows, **columns):
    """rows: (question_id, model, sample, answer, correct)."""
    frame = pd.DataFrame(rows, columns=["question_id", "model", "sample", "answer", "correct"])
    return frame.assign(**{"benchmark": "toy", "split": "test", "prompt_tokens": 5, "completion_tokens": 7} | columns)


ROWS = [
    ("q2", "b", 0, "x", False),
    ("q2", "b", 1, "y", True),
    ("q1", "b", 1, None, False),
    ("q1", "b", 0, "y", True),
    ("q1", "a", 0, "x", False),
    ("q2", "a", 0, "y", True),
]


@pytest.mark.parametrize("kind", [pd.DataFrame, pa.Table.from_pandas])
def test_by_hand(kind):
    votes = votes_from_samples(kind(table(ROWS, completion_tokens=[1, 3, 10, 20, 5, 6])), "test")
    assert votes.benchmark == "toy" and votes.split == "test"
    assert votes.question_ids == ("q2", "q1") and votes.models == ("b", "a")
    assert votes.pool.tolist() == [2, 1]
    # Classes count up in the order of models and samples within a question.
    assert votes.classes.tolist() == [[[0, 1], [1, -1]], [[0, -1], [1, -1]]]
    assert votes.right.tolist() == [[False, True], [True, False]]
    assert votes.prompt_tokens.tolist() == [[5, 5], [5, 5]]
    assert votes.completion_tokens.tolist() == [[2, 6], [15, 5]]


def test_order_of_samples_does_not_matter():
    first = votes_from_samples(table(ROWS), "test")
    moved = votes_from_samples(table([ROWS[1], ROWS[0], *ROWS[2:]]), "test")
    assert np.array_equal(first.classes, moved.classes)


def test_other_splits_are_left_alone():
    rows = [*ROWS, ("q9", "z", 0, "x", True)]
    votes = votes_from_samples(table(rows, split=["test"] * 6 + ["validation"]), "test")
    assert votes.models == ("b", "a")


def test_nobody_answers():
    votes = votes_from_samples(table([("q", "a", 0, None, False)]), "test")
    assert votes.classes.tolist() == [[[-1]]] and not votes.correct.any()


def test_several_right_answers_and_no_tokens():
    rows = [("q", "a", 0, "x", True), ("q", "a", 1, "y", True), ("q", "a", 2, "z", False)]
    votes = votes_from_samples(table(rows, prompt_tokens=None, completion_tokens=[1, None, 3]), "test")
    assert votes.right.tolist() == [[True, True, False]]
    assert np.isnan(votes.prompt_tokens).all() and np.isnan(votes.completion_tokens).all()


@pytest.mark.parametrize(
    ("rows", "columns", "words"),
    [
        (ROWS[:4] + ROWS[5:], {}, "a has no samples of question 'q1'"),
        ([*ROWS, ("q1", "b", 2, "x", False)], {}, "b has 3 samples of question 'q1' and 2 of 'q2'"),
        ([*ROWS, ROWS[0]], {}, "b has sample 0 of question 'q2' twice"),
        ([*ROWS[:5], ("q2", "a", 0, "y", False)], {}, "'q2' has one answer graded both right and wrong"),
        ([*ROWS[:2], ("q1", "b", 1, None, True), *ROWS[3:]], {}, "'q1' has no answer but is marked correct"),
        (ROWS, {"benchmark": ["g", "h", "g", "g", "g", "g"]}, "benchmarks g and h"),
        (ROWS, {"split": "train"}, "no rows of split 'test'; there are train"),
        (ROWS, {"sample": 0.5}, "whole numbers"),
        (ROWS, {"sample": "first"}, "must hold numbers"),
        (ROWS, {"correct": 1}, "true or false"),
        (ROWS, {"correct": None}, "true or false"),
        (ROWS, {"answer": 3}, "'answer' must hold strings, found '3'"),
        (ROWS, {"model": None}, "'model' must hold strings"),
        ([], {}, "no rows at all"),
    ],
)
def test_refusals(rows, columns, words):
    with pytest.raises(InputError, match=words):
        votes_from_samples(table(rows, **columns), "test")


def test_missing_column():
    with pytest.raises(InputError, match="no column 'answer'"):
        votes_from_samples(table(ROWS).drop(columns="answer"), "test")


cell = st.one_of(st.none(), st.booleans(), st.integers(-2, 3), st.floats(), st.text(max_size=2), st.just([1]))


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_any_other_table_is_an_input_error(data):
    columns = {name: data.draw(st.lists(cell, min_size=3, max_size=3)) for name in COLUMNS}
    kept = data.draw(st.sets(st.sampled_from(COLUMNS)))
    good = table(ROWS[:3])
    frame = pd.DataFrame({c: pd.Series(columns[c] if c in kept else good[c], dtype=object) for c in COLUMNS})
    with contextlib.suppress(InputError):
        votes_from_samples(frame, "test")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(["x", "y", "", "z", None]), min_size=12, max_size=12))
def test_classes_are_equal_exactly_when_answers_are(answers):
    keys = list(itertools.product(["q1", "q2"], ["a", "b"], range(3)))
    rows = [(*key, answer, answer == "x") for key, answer in zip(keys, answers)]
    votes = votes_from_samples(table(rows), "test")
    by_question = np.array(answers, dtype=object).reshape(2, 6)
    flat = votes.classes.reshape(2, 6)
    for given_answers, classes, right in zip(by_question, flat, votes.right):
        for (one, c), (other, d) in itertools.combinations(zip(given_answers, classes), 2):
            assert (c == d and c >= 0) == (one == other and one is not None)
        assert [bool(c >= 0 and right[c]) for c in classes] == [answer == "x" for answer in given_answers]


def test_saved_votes_come_back_with_the_same_bytes(tmp_path):
    votes = votes_from_samples(table([(q + "\0é", *rest) for q, *rest in ROWS], prompt_tokens=None), "test")
    save_votes(tmp_path / "deep" / "one.npz", votes)
    loaded = load_votes(tmp_path / "deep" / "one.npz")
    assert loaded.question_ids == votes.question_ids and loaded.models == votes.models
    for name in ("classes", "right", "pool", "prompt_tokens", "completion_tokens"):
        assert np.array_equal(getattr(loaded, name), getattr(votes, name), equal_nan=name.endswith("tokens"))
    # Zip files count time in steps of two seconds.
    time.sleep(2.1)
    save_votes(tmp_path / "two.npz", loaded)
    assert (tmp_path / "deep" / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["deep", "two.npz"]


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_damaged_votes_file_is_an_input_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("votes") / "v.npz"
    save_votes(path, votes_from_samples(table(ROWS), "test"))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    kept = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    path.write_bytes(content[:kept])
    with contextlib.suppress(InputError):
        load_votes(path)


def test_no_votes_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_votes(tmp_path / "none.npz")
