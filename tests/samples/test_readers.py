"""Samples files of every kind, well formed and not."""

import contextlib
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slmmux.errors import InputError
from slmmux.samples.read import read_samples
from slmmux.samples.tabulate import COLUMNS, votes_from_samples

# The shapes below are those of the files the paper's released code writes.
MATH = {
    "model": "org/one",
    "accuracy": 0.5,
    "responses": [
        {
            "problem": "1 + 1",
            "reference_answer": "2",
            "samples": [
                {
                    "round": 1,
                    "extracted_answer": "2",
                    "is_correct": True,
                    "token_usage": {"prompt_tokens": 9},
                },
                {"round": 2, "extracted_answer": "", "is_correct": False},
                {"round": 3, "extracted_answer": None},
            ],
        },
        {
            "problem": "2 + 2",
            "reference_answer": "4",
            "samples": [{"extracted_answer": a} for a in ("5", " 4 ", "5")],
        },
    ],
}
GPQA = {
    "responses": [
        {"question": "2 + 2", "correct_answer": "4", "extracted_answer": "4"},
        {"question": "1 + 1", "correct_answer": "2", "extracted_answer": "3"},
    ]
}


def line(doc_id, answers, target, *, raw=None, metric=None, filter="strict-match"):
    """One line of lm-evaluation-harness's log of a generation task."""
    entry = {"doc_id": doc_id, "doc": {"question": "?"}, "target": target, "arguments": [["?", {}]]}
    entry |= {"resps": [raw or answers], "filtered_resps": [answers if len(answers) > 1 else answers[0]]}
    return entry | {"filter": filter, "metrics": ["exact_match"], "exact_match": metric, "doc_hash": "0"}


def write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(entry) + "\n" for entry in lines))
    return str(path)


def test_files_of_the_released_code(tmp_path):
    (tmp_path / "one.json").write_text(json.dumps(MATH))
    (tmp_path / "two.json").write_text(json.dumps(GPQA))
    frame = read_samples([str(tmp_path / "one.json"), f"second={tmp_path / 'two.json'}"], "test")
    assert list(frame.columns) == list(COLUMNS)
    votes = votes_from_samples(frame, "test")
    assert votes.models == ("one", "second") and votes.pool.tolist() == [3, 1]
    # The second file keeps the questions in another order.
    assert votes.classes.tolist() == [[[0, -1, -1], [1, -1, -1]], [[0, 1, 0], [1, -1, -1]]]
    assert votes.right.tolist() == [[True, False], [False, True]]
    assert np.isnan(votes.completion_tokens).all()


def test_logs_of_lm_evaluation_harness_with_repeats(tmp_path):
    name = "samples_gsm8k_2025-01-02T03-04-05.678901.jsonl"
    lines = [
        line(0, ["72", "[invalid]", "$1,072."], "so\n#### 1,072"),
        line(0, ["72"], "so\n#### 1,072", raw=["a", "b", "c"], filter="take-first", metric=0.0),
        line(1, ["5", " 5 ", None], "#### 5"),
        line(1, ["5"], "#### 5", raw=["a", "b", "c"], filter="take-first", metric=1.0),
    ]
    frame = read_samples([write(tmp_path / "org__m" / name, lines)], "test")
    assert set(frame["benchmark"]) == {"gsm8k"} and set(frame["model"]) == {"org__m"}
    votes = votes_from_samples(frame, "test")
    assert votes.question_ids == ("0", "1")
    assert votes.classes.tolist() == [[[0, -1, 1]], [[0, 0, -1]]]
    assert votes.right.tolist() == [[False, True], [True, False]]


def test_one_response_is_graded_by_the_logged_metric(tmp_path):
    lines = [line("x", ["(B)"], "B", metric=1.0), line("y", ["(C)"], "B", metric=0.0)]
    frame = read_samples([f"m={write(tmp_path / 'log.jsonl', lines)}"], "dev")
    assert frame["correct"].tolist() == [True, False] and set(frame["split"]) == {"dev"}
    assert set(frame["benchmark"]) == {"log"}


def test_a_filter_that_keeps_one_of_many(tmp_path, caplog):
    raw = ["so 12 and 1,300.", "no idea", "it is $1300"]
    numbers = [line(0, ["12"], "#### 1300", raw=raw, metric=0.0)]
    frame = read_samples([write(tmp_path / "a" / "log.jsonl", numbers)], "test")
    assert frame["answer"].tolist() == ["1300", None, "1300"] and frame["correct"].tolist() == [
        True,
        False,
        True,
    ]
    assert "reading the responses as gsm8k does" in caplog.text
    letters = [line(0, ["A"], "A", raw=["A", "B"], metric=1.0)]
    with pytest.raises(InputError, match="--read-as BENCHMARK"):
        read_samples([write(tmp_path / "b" / "log.jsonl", letters)], "test")


def test_parquet(tmp_path):
    frame = pd.DataFrame([("g", "test", "q", "m", 0, "x", True, 1, 2)], columns=list(COLUMNS))
    path = tmp_path / "a=b.parquet"
    frame.assign(response="long").to_parquet(path)
    assert read_samples([str(path)], "test").iloc[0].tolist() == frame.iloc[0].tolist()
    with pytest.raises(InputError, match="names its models itself"):
        read_samples([f"m={path}"], "test")
    frame.drop(columns="answer").to_parquet(tmp_path / "c.parquet")
    with pytest.raises(InputError, match="no column 'answer'"):
        read_samples([str(tmp_path / "c.parquet")], "test")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", "[]", 'list "responses"'),
        ("a.json", "{", "cannot be read"),
        ("a.json", b"\xff", "cannot be read"),
        ("a.json", "[" * 100_000, "cannot be read"),
        ("a.json", {"responses": [3]}, "response 0: expected an object"),
        ("a.json", {"responses": [{"samples": []}]}, '"question" is a string'),
        ("a.json", {"responses": [{"question": "q", "samples": []}]}, '"samples" is not a list with entries'),
        ("a.json", {"responses": [{"question": "q", "samples": [{}]}]}, 'sample 0: no "extracted_answer"'),
        ("a.json", {"responses": [{"question": "q", "extracted_answer": [3]}]}, "neither a string nor null"),
        ("a.json", {"responses": [{"question": "q", "extracted_answer": "3"}]}, 'no "reference_answer"'),
        ("a.jsonl", "", "no lines"),
        ("a.jsonl", "{}", "line 1 has no doc_id"),
        ("a.jsonl", {"doc_id": 1, "filtered_resps": [[-3.0, False], [-4.0, True]]}, "log-likelihood"),
        ("a.jsonl", {"doc_id": 1, "filtered_resps": ["x"]}, "neither a target nor a metric"),
        ("a.parquet", "PAR1", "cannot be read"),
        ("a.csv", "", "unknown kind"),
    ],
)
def test_refusals(tmp_path, name, content, words):
    path = tmp_path / name
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=words) as caught:
        read_samples([str(path)], "test")
    assert "\n" not in str(caught.value) and name in str(caught.value)


@pytest.mark.parametrize("source", ["none.parquet", "none.json", "m=none.jsonl", "x" * 5000 + ".json", "a\0.json"])
def test_no_such_file(source):
    with pytest.raises(InputError):
        read_samples([source], "test")


def test_no_source():
    with pytest.raises(InputError, match="NAME=PATH"):
        read_samples(["=x"], "test")
    with pytest.raises(InputError, match="no samples file"):
        read_samples([], "test")


KEYS = ["responses", "samples", "question", "problem", "extracted_answer", "reference_answer", "is_correct"]
KEYS += [
    "token_usage",
    "prompt_tokens",
    "doc_id",
    "resps",
    "filtered_resps",
    "target",
    "metrics",
    "exact_match",
]
leaf = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.text(max_size=3),
    st.just("\ud800"),
)
anything = st.recursive(
    leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=20,
)
sample = st.fixed_dictionaries(
    {"extracted_answer": leaf}, optional={"is_correct": leaf, "token_usage": anything, "is_right": leaf}
)
response = st.fixed_dictionaries(
    {"question": leaf, "reference_answer": leaf}, optional={"samples": st.lists(sample, max_size=3) | leaf}
)
collected = st.fixed_dictionaries({"responses": st.lists(response | anything, max_size=3)})
texts = st.lists(leaf, max_size=3)
entry = st.fixed_dictionaries(
    {"doc_id": leaf, "filtered_resps": texts | st.lists(texts, max_size=2), "target": anything},
    optional={"resps": st.lists(texts, max_size=2), "filter": leaf, "metrics": anything, "exact_match": leaf},
)


@settings(deadline=None, max_examples=250)
@given(data=anything | collected | entry, suffix=st.sampled_from(["json", "jsonl"]))
def test_any_json_is_read_or_is_an_input_error(tmp_path_factory, data, suffix):
    path = tmp_path_factory.mktemp("any") / f"m.{suffix}"
    path.write_text(json.dumps(data))
    with contextlib.suppress(InputError):
        votes_from_samples(read_samples([str(path)], "test"), "test")


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_any_bytes_are_read_or_are_an_input_error(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("bytes")
    frame = pd.DataFrame([("g", "test", "q", "m", 0, "x", True, 1, 2)] * 2, columns=list(COLUMNS))
    frame.to_parquet(folder / "good.parquet")
    good = data.draw(
        st.sampled_from([(folder / "good.parquet").read_bytes(), json.dumps(MATH).encode(), b'{"doc_id": 1}\n'])
    )
    content = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = folder / f"m.{data.draw(st.sampled_from(['parquet', 'json', 'jsonl']))}"
    path.write_bytes(content[: data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))])
    with contextlib.suppress(InputError):
        votes_from_samples(read_samples([str(path)], "test"), "test")
