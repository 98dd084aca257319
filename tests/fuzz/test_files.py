"""A malformed file of samples or votes is refused in one line, or read as something whole: never a traceback."""

import json
import random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from drawn_votes import random_votes
from malformed import DEEP, TOKENS, damaged_bytes, damaged_data, fuzz

from slmmux.errors import InputError
from slmmux.samples.lm_eval_logs import LogChoices
from slmmux.samples.read import read_samples
from slmmux.samples.tabulate import votes_from_samples
from slmmux.tables import SAMPLES, read_table, table_of
from slmmux.votes.archive import NAMES, load_votes, save_votes
from slmmux.votes.votes import Votes

ROWS = [
    {
        "benchmark": "b", "split": "test", "question_id": f"q{q}", "model": "m", "sample": j,
        "response": f"text {j}", "answer": str(j), "correct": j == 1,
        "prompt_tokens": 5, "completion_tokens": 7, "finish_reason": "stop",
    }
    for q in range(2)
    for j in range(2)
]  # fmt: skip
COLLECTED = {
    "responses": [
        {
            "problem": "1 + 1?",
            "reference_answer": "2",
            "samples": [
                {"extracted_answer": "2", "is_correct": True, "token_usage": {"prompt_tokens": 3}},
                {"extracted_answer": None},
            ],
        }
    ]
}
ORCHESTRATED = {
    "results": [
        {
            "question": "1 + 1?",
            "correct_answer": "2",
            "model_records": [{"model_name": "m", "calls": [{"extracted_answer": "2", "token_usage": {}}]}],
        }
    ]
}
LINES = [
    {
        "doc_id": n, "target": "#### 2", "filter": "none", "resps": [["is 2", "is 3"]],
        "filtered_resps": ["2", "3"], "metrics": ["exact_match"], "exact_match": 1.0,
    }
    for n in range(2)
]  # fmt: skip


def as_votes(source: str, choices: LogChoices = LogChoices()) -> None:  # noqa: B008, frozen
    try:
        votes = votes_from_samples(read_samples([source], "test", choices), "test")
    except InputError as error:
        assert "\n" not in str(error)
        raise
    assert 0 <= votes.accuracy_per_question().mean() <= 1


def test_samples_of_the_released_code(tmp_path):
    path = tmp_path / "m.json"

    def draw(rng: random.Random) -> str | bytes:
        good = rng.choice((COLLECTED, ORCHESTRATED, LINES))
        if rng.random() < 0.5:
            return damaged_bytes(rng, json.dumps(good).encode(), TOKENS)
        return json.dumps(damaged_data(rng, good)).encode()

    def parse(content: bytes) -> None:
        path.write_bytes(content)
        as_votes(str(path))

    assert fuzz("json", draw, parse) > 0


def test_logs_of_the_evaluation_harness(tmp_path):
    path = tmp_path / "samples_gsm8k_2025-01-01T00.jsonl"
    choices = (LogChoices(), LogChoices(read_as="gsm8k"), LogChoices(metric="exact_match"), LogChoices(filter="none"))

    def draw(rng: random.Random):
        lines = "\n".join(json.dumps(line) for line in LINES).encode()
        if rng.random() < 0.5:
            return damaged_bytes(rng, lines, TOKENS), rng.choice(choices)
        data = damaged_data(rng, LINES)
        listed = data if isinstance(data, list) and data is not DEEP else [data]
        return "\n".join(json.dumps(line) for line in listed).encode(), rng.choice(choices)

    def parse(given) -> None:
        path.write_bytes(given[0])
        as_votes(str(path), given[1])

    assert fuzz("jsonl", draw, parse) > 0


def test_damaged_parquet(tmp_path):
    path = tmp_path / "m.parquet"
    # With the checksum of the whole file nearly all damage would be refused before anything is parsed.
    pq.write_table(table_of(ROWS, SAMPLES).replace_schema_metadata({"slmmux": '{"settings": {}}'}), path)
    good = path.read_bytes()

    def parse(content: bytes) -> None:
        path.write_bytes(content)
        try:
            table, _ = read_table(path, SAMPLES)
        except InputError:
            with pytest.raises(InputError):
                as_votes(str(path))
                raise InputError("read as samples, though the pipeline refuses it") from None
            raise
        table.to_pylist()
        as_votes(str(path))

    assert fuzz("parquet", lambda rng: damaged_bytes(rng, good), parse) > 0


def columns(rng: random.Random) -> pa.Table:
    """A table of samples, one to three of whose columns hold something else, lack, or are there twice."""
    table = table_of(ROWS, SAMPLES).drop_columns(["mean_logprob", "min_logprob", "seconds", "reasoning"])
    benchmarks = pa.array(["b_x", "b_x", "b_y", "b_y"])
    if rng.random() < 0.4:
        table = table.set_column(0, "benchmark", rng.choice((benchmarks, benchmarks.dictionary_encode())))
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(table.num_columns)
        name, kind = table.column_names[place], rng.randrange(8)
        if kind == 0 and table.num_columns > 3:
            table = table.remove_column(place)
        elif kind == 1:
            table = table.append_column(name, table.column(place))
        elif kind == 2:
            table = table.slice(0, rng.randrange(4))
        else:
            table = table.set_column(place, name, rng.choice(ARRAYS).slice(0, table.num_rows))
    return table


ARRAYS = [
    pa.nulls(4),
    pa.array([1, None, 3, 4]),
    pa.array([0.5, float("nan"), float("inf"), -1.0]),
    pa.array([True, None, False, True]),
    pa.array(["x", None, "\x1b[2J", ""]),
    pa.array(["x", "y", "x", None]).dictionary_encode(),
    pa.array([b"\xff", b"", b"a", None]),
    pa.array([["x"], [], None, ["y"]]),
    pa.array([{"a": 1}, None, {"a": 2}, {"a": 3}]),
    pa.array([10**11, -(10**11), 0, 1], pa.timestamp("s")),
    pa.array([1, 2, 3, None], pa.date32()),
    pa.array([1, 2, 3, 4], pa.duration("ns")),
    pa.array([2**63, 2**64 - 1, 0, 1], pa.uint64()),
    pa.array(["1.5", "2.5", None, "0"]).cast(pa.decimal128(20, 5)),
    pa.array(["x", "y", "z", "w"], pa.large_string()),
    pa.array([0, 0, 1, 1], pa.int8()),
]


def test_parquet_with_other_columns(tmp_path):
    path = tmp_path / "m.parquet"

    def parse(table: pa.Table) -> None:
        pq.write_table(table, path)
        as_votes(str(path))

    assert fuzz("columns", columns, parse) > 0


def test_votes_files(tmp_path):
    path = tmp_path / "votes.npz"
    save_votes(path, random_votes(np.random.default_rng(1), questions=2, models=2, samples=2))
    good = path.read_bytes()
    with np.load(path) as stored:
        arrays = dict(stored)
    odd = [
        np.array(5), np.zeros(0), np.array(["x"]), np.zeros((2, 2, 2), complex), np.full((2, 2, 2), 9),
        np.array([1, 0]), np.array([1, 2]),
        np.array(["2020-01-01"], "datetime64[D]"), np.frombuffer(b"[" * 9999, np.uint8), np.full((2, 2), np.nan),
        *(np.frombuffer(json.dumps(dict(zip(NAMES, values))).encode(), np.uint8)
          for values in ((1, 2, 3, 4), ("b", "t", ["q", "q"], ["m", "n"]), ("b", "t", [1, 2], [[], {}]),
                         ("b", "t", "qr", "mn"), ("b", None, ["q", "r"], ["m", 5]))),
    ]  # fmt: skip

    def draw(rng: random.Random) -> bytes | dict:
        if rng.random() < 0.6:
            return damaged_bytes(rng, good)
        changed = dict(arrays)
        for name in rng.sample(list(arrays), rng.randint(1, 2)):
            changed[name] = rng.choice(odd)
        if rng.random() < 0.1:
            del changed[rng.choice(list(changed))]
        return changed

    def parse(given) -> None:
        if isinstance(given, bytes):
            path.write_bytes(given)
        else:
            with path.open("wb") as file:
                np.savez_compressed(file, **given)
        votes = load_votes(path)
        assert isinstance(votes, Votes)
        assert all(isinstance(name, str) for name in (votes.benchmark, votes.split, *votes.models, *votes.question_ids))
        accuracy = votes.accuracy_per_question()
        assert accuracy.size == 0 or (accuracy.min() >= 0 and accuracy.max() <= 1)

    assert fuzz("npz", draw, parse) > 0
