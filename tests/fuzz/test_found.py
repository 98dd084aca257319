"""What malformed inputs once broke, each as it was found, as small as it can be."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from drawn_votes import votes_of

from slmmux.benchmarks.program_inputs import program_inputs
from slmmux.errors import InputError
from slmmux.generation.openai_reply import BrokenReply, read_reply
from slmmux.published import boinf, crux_eval
from slmmux.samples.read import read_samples
from slmmux.samples.tabulate import votes_from_samples
from slmmux.serving.question import conversation
from slmmux.serving.searched import choices_file, read_choices
from slmmux.tables import SAMPLES, read_table, table_of, write_table
from slmmux.tracking.record import read_record
from slmmux.votes.archive import load_votes, save_votes
from slmmux.yaml_file import parse_yaml

DEEP = "[" * 3000


@pytest.mark.parametrize("text", ["!!timestamp x", "!!bool x", "!!int ''", "a: !!float x", DEEP])
def test_yaml_tags_that_do_not_fit(text):
    with pytest.raises(InputError, match=r"file\.yaml"):
        parse_yaml(text, "file.yaml")


@pytest.mark.parametrize(
    "line", [b"\xff", b'{"problem_num": 1e999, "gold_answer": 1, "all_answers": []}', DEEP.encode()]
)
def test_a_published_line_that_is_none(line):
    with pytest.raises(InputError, match=r"^m"):
        boinf.read_integers({"m": line})


def test_a_published_right_answer_that_is_no_integer():
    line = json.dumps({"problem_num": 1, "gold_answer": "one", "all_answers": [["1", 2]]}).encode()
    with pytest.raises(InputError, match="question_001: the right answer 'one' is no integer"):
        boinf.read_integers({"m": line})


def test_a_line_separator_in_a_published_answer_ends_no_line():
    row = {"problem_num": 1, "gold_answer": "1", "all_answers": [["1\u2028", 2]]}
    found = boinf.read_integers({"m": (json.dumps(row, ensure_ascii=False) + "\n").encode()})
    assert found["question_001"]["m"][0].right


def test_a_result_file_that_is_nested_too_deeply():
    with pytest.raises(InputError, match=r"^m: not a result file"):
        crux_eval.read({"m": DEEP.encode()})


def test_a_result_file_of_lists():
    content = {"raw_generations": [2**64], "raw_scored_generations": [[True]]}
    with pytest.raises(InputError, match=r"^m: not a result file"):
        crux_eval.read({"m": json.dumps(content).encode()})


@pytest.mark.parametrize("usage, logprob", [(10**12, -1.0), (3, -(10**400))])
def test_numbers_of_a_reply_that_no_file_holds(usage, logprob):
    choice = {"text": "2", "logprobs": {"token_logprobs": [logprob, True]}}
    body = json.dumps({"choices": [choice], "usage": {"prompt_tokens": 1, "completion_tokens": usage}})
    if usage > 2**31:
        with pytest.raises(BrokenReply, match="token counts"):
            read_reply(body, 1)
    else:
        assert read_reply(body, 1)[0].min_logprob == 1.0


def test_half_a_character_in_a_request():
    with pytest.raises(InputError, match="half a character"):
        conversation("gsm8k", "1 + 1?", {}, earlier=(("\ud800", "yes"),))


@pytest.mark.parametrize("text", ["def f(", "if x:\n    pass\ndef f(x)", "x = 1\ndef f(x): return 1 +"])
def test_a_served_function_that_is_no_python(text):
    with pytest.raises(InputError, match="not the beginning of the Python function f"):
        conversation("humaneval", text, {})


@pytest.mark.parametrize("example", ["f([1e999, 2])", "x =٣ return", "f(1e999)", 'x = " "'])
def test_inputs_from_odd_examples(example):
    assert program_inputs(f'def f(x: int):\n    """For {example} return 3"""\n', "f", 4, 1)


def test_choices_that_are_no_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = choices_file("b")
    path.parent.mkdir(parents=True)
    header = b"choice,a,validation_accuracy,accuracy,accuracy_se,tokens_per_question\n"
    for rows in (
        b"\xff",
        b'"' + b"x" * 200_000,
        b"direct,-1,0.5,0.4,0.1,9",
        b"direct,0,0.5,0.4,0.1,9",
        b"direct,1,7,0.4,0.1,9",
    ):
        path.write_bytes(header + rows)
        with pytest.raises(InputError, match=r"choices\.csv"):
            read_choices("b", ("a",))


@pytest.mark.parametrize(
    "change", [{"inputs": ["x"]}, {"metrics": {"a": "x"}}, {"artifacts": 5}, {"curves": {"c": {"x": 1}}}]
)
def test_a_record_of_other_types(tmp_path, change):
    good = {"stage": "s", "params": {}, "metrics": {"a": 1}, "inputs": [], "outputs": [], "artifacts": []}
    path = tmp_path / "s.json"
    path.write_text(json.dumps(good))
    assert read_record(path) == good
    path.write_text(json.dumps(good | change))
    with pytest.raises(InputError, match="not the record"):
        read_record(path)


def test_votes_with_names_that_are_no_texts(tmp_path):
    votes = votes_of([[[0, 1]]], [[True, False]])
    path = tmp_path / "v.npz"
    for models in ([5], "m"):
        object.__setattr__(votes, "models", models)
        save_votes(path, votes)
        with pytest.raises(InputError, match="not a votes file"):
            load_votes(path)


def test_votes_past_the_end_of_a_pool(tmp_path):
    """They would count as right answers of samples that are not there."""
    path = tmp_path / "v.npz"
    save_votes(path, votes_of([[[0, 0]]], [[True]], pool=[1]))
    with pytest.raises(InputError, match="not a votes file"):
        load_votes(path)


def samples(question_ids) -> pa.Table:
    rows = [
        {
            "benchmark": f"b_{n}", "split": "test", "question_id": "q", "model": "m", "sample": 0, "response": "r",
            "answer": "1", "correct": True, "prompt_tokens": 1, "completion_tokens": 1, "finish_reason": "stop",
        }
        for n in range(2)
    ]  # fmt: skip
    return table_of(rows, SAMPLES).set_column(2, "question_id", question_ids)


@pytest.mark.parametrize("ids", [pa.array(["q", "r"]).dictionary_encode(), pa.array([1, 2])])
def test_two_tasks_whose_questions_are_no_plain_strings(tmp_path, ids):
    path = tmp_path / "m.parquet"
    pa.parquet.write_table(samples(ids), path)
    votes = votes_from_samples(read_samples([str(path)], "test"), "test")
    assert votes.benchmark == "b" and np.shape(votes.classes) == (2, 1, 1)


def test_half_a_character_as_a_question_id(tmp_path):
    path = tmp_path / "m.jsonl"
    line = {"doc_id": "\ud800", "target": "2", "filter": "none", "resps": [["2", "3"]], "filtered_resps": ["2", "3"]}
    path.write_text(json.dumps(line))
    assert votes_from_samples(read_samples([str(path)], "test"), "test").question_ids == ("\ud800",)


def test_a_doubled_column_in_the_pipelines_own_files(tmp_path):
    path, table = tmp_path / "m.parquet", samples(pa.array(["q", "r"]))
    write_table(path, table.append_column("answer", table["answer"]), {})
    with pytest.raises(InputError, match="more than one column 'answer'"):
        read_table(path, SAMPLES)


def test_a_name_with_a_line_break_in_a_message():
    assert str(InputError("model a\nb\x1b[0m: wrong")) == r"model a b\x1b[0m: wrong"
