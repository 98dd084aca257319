"""A malformed configuration, record or published log is refused in one line, or read whole: never a traceback."""

import json
import random

import pytest
from malformed import DEEP, TOKENS, damaged_bytes, damaged_data, fuzz
from small_study import small_params

from slmmux.config import parse_config
from slmmux.published import boinf, crux_eval
from slmmux.published.samples import votes_of
from slmmux.serving.configuration import parse_registered
from slmmux.tracking.record import read_record
from slmmux.yaml_file import parse_yaml

YAML = b"""models:
  - {name: a, samples: 2}
  - name: "b"
    samples: 0x10
date: 2020-01-01
text: |
  two
  lines
anchor: &a [1, .inf, ~, yes]
again: *a
"""
YAML_TOKENS = (b"!!python/name:os.system", b"&a", b"*a", b"<<: *a", b"[" * 800, b"- " * 300, b"? ", b"2020-99-99",
               b"%", b"\t", b"!!binary x", b"!!set {a}", b"!!timestamp x", b"!!int x", b"1:60:70", b"---\n", b"...",
               b"{a: 1, a: 2}", b"0b2", b"!!omap [1]", b"\xe2\x80\xa8", b"9" * 5000, b"!!bool x",
               b"'", b'"\\x', b": ", b"#")  # fmt: skip


def test_yaml():
    def draw(rng: random.Random) -> str:
        return damaged_bytes(rng, YAML, YAML_TOKENS).decode("utf-8", "replace")

    assert fuzz("yaml", draw, lambda text: parse_yaml(text, "file.yaml")) > 0


def test_configurations():
    good = small_params("http://127.0.0.1:1/v1")

    def parse(data) -> None:
        config = parse_config(data, "params.yaml")
        for name in config.benchmark_names:
            config.models_of(name)

    assert fuzz("configuration", lambda rng: damaged_data(rng, good), parse) > 0


def test_registered_configurations():
    served = {
        "name": "mux", "reader": "gsm8k", "system_prompt": None, "max_tokens": 9, "policy": "sequential",
        "on_failure": "refuse", "concurrency": 3, "max_retries": 2, "timeout_seconds": 20,
        "sampling": {"temperature": 0.5, "top_p": 1.0, "seed": 7},
        "models": [
            {"name": "m", "prompt": "chat", "samples": 2, "validation_accuracy": 0.5, "base_url": "http://h:1/v1"},
            {"name": "n", "prompt": "chat", "samples": 1, "validation_accuracy": 1, "base_url": None},
        ],
    }  # fmt: skip
    good = {"choice": "direct", "served": served, "weights": {}, "engine": None}
    parse_registered(good)
    assert fuzz("registered", lambda rng: damaged_data(rng, good), parse_registered) > 0


def test_records(tmp_path):
    path = tmp_path / "record.json"
    good = {
        "stage": "votes@b", "params": {"k": 1}, "metrics": {"a": 0.5}, "curves": {"c": {"1": 0.5}}, "engine": [],
        "inputs": [{"name": "n", "path": "p", "sha256": "0"}], "outputs": [{"path": "p", "sha256": "0"}],
        "artifacts": ["p"], "versions": {},
    }  # fmt: skip

    def draw(rng: random.Random) -> bytes:
        if rng.random() < 0.5:
            return damaged_bytes(rng, json.dumps(good).encode(), TOKENS)
        return json.dumps(damaged_data(rng, good)).encode()

    def parse(content: bytes) -> None:
        path.write_bytes(content)
        record = read_record(path)
        assert isinstance(record["stage"], str) and isinstance(record["artifacts"], list)
        assert all(isinstance(value, int | float) for value in record["metrics"].values())
        assert all(isinstance(entry["path"], str) for entry in (*record["inputs"], *record["outputs"]))

    assert fuzz("records", draw, parse) > 0


LOG = [{"problem_num": n, "gold_answer": "2", "all_answers": [["2", 10], ["3", 5.5]]} for n in range(2)]
CRUX = {
    "raw_generations": {"sample_0": ["[1, 2]", "(1, 2)"], "sample_1": ["'a'", "b"]},
    "raw_scored_generations": {"sample_0": [True, False], "sample_1": [False, False]},
}


@pytest.mark.parametrize("reader", ["integers", "letters"])
def test_published_logs(reader):
    read = {"integers": boinf.read_integers, "letters": boinf.read_letters}[reader]

    def draw(rng: random.Random) -> bytes:
        if rng.random() < 0.5:
            return damaged_bytes(rng, "\n".join(map(json.dumps, LOG)).encode(), TOKENS)
        data = damaged_data(rng, LOG)
        return "\n".join(map(json.dumps, data if isinstance(data, list) and data is not DEEP else [data])).encode()

    assert fuzz(reader, draw, lambda content: votes_of("b", "test", read({"m": content}), ["m"])) > 0


def test_published_result_files():
    def draw(rng: random.Random) -> bytes:
        if rng.random() < 0.5:
            return damaged_bytes(rng, json.dumps(CRUX).encode(), TOKENS)
        return json.dumps(damaged_data(rng, CRUX)).encode()

    assert fuzz("crux", draw, lambda content: votes_of("b", "test", crux_eval.read({"m": content}), ["m"])) > 0
