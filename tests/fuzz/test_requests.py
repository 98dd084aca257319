"""What servers answer, what clients ask, and the tables that configurations are made from."""

import json
import random

import pytest
from malformed import damaged_bytes, damaged_data, fuzz

from slmmux.benchmarks.program_inputs import program_inputs
from slmmux.generation.openai_reply import MOST_TOKENS, BrokenReply, read_reply
from slmmux.serving.chat_request import parse_chat
from slmmux.serving.configuration import ServedConfiguration
from slmmux.serving.question import free_question
from slmmux.serving.searched import choices_file, read_choices

CHOICE = {
    "index": 0, "finish_reason": "stop",
    "message": {"role": "assistant", "content": [{"type": "text", "text": "is 2"}], "reasoning": "1 + 1"},
    "logprobs": {"content": [{"token": "2", "logprob": -0.5}, {"token": ".", "logprob": -0.25}]},
}  # fmt: skip
REPLIES = (
    {"choices": [CHOICE, CHOICE], "usage": {"prompt_tokens": 5, "completion_tokens": 4}},
    {
        "choices": [{"text": "2", "logprobs": {"token_logprobs": [-1, None]}}, {"text": "3"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 3},
    },
    {"error": {"message": "too many requests", "code": 429}, "detail": ["x"]},
)
TOKENS = (b"null", b"true", b"1e999", b"-1", b'"\\ud800"', b"[" * 3000, b'{"a":' * 1500, b"[]", b"{}", b'""')


def as_json(rng: random.Random, good) -> str:
    if rng.random() < 0.4:
        return damaged_bytes(rng, json.dumps(good).encode(), TOKENS).decode("utf-8", "replace")
    return json.dumps(damaged_data(rng, good))


def test_replies_of_servers():
    def read(body: str) -> None:
        for sample in read_reply(body, 2):
            for text in (sample.text, sample.finish_reason, sample.reasoning or ""):
                text.encode("utf-8")  # a samples file holds nothing else
            assert 0 <= sample.prompt_tokens <= MOST_TOKENS and 0 <= sample.completion_tokens <= MOST_TOKENS
            assert sample.mean_logprob is None or sample.min_logprob <= sample.mean_logprob + 1e-9

    assert fuzz("replies", lambda rng: as_json(rng, rng.choice(REPLIES)), read, refused=BrokenReply) > 0


def served(reader: str) -> ServedConfiguration:
    model = {"name": "m", "prompt": "chat", "samples": 2, "validation_accuracy": 0.5, "base_url": "http://h:1/v1"}
    return ServedConfiguration.model_validate(
        {
            "name": "mux", "reader": reader, "system_prompt": None, "max_tokens": 9, "policy": "sequential",
            "on_failure": "refuse", "concurrency": 3, "max_retries": 2, "timeout_seconds": 20,
            "sampling": {"temperature": 0.5, "top_p": 1.0, "seed": 7}, "models": [model],
        }
    )  # fmt: skip


@pytest.mark.parametrize("reader, asked", [("gsm8k", "1 + 1?"), ("humaneval", 'def f(x: int):\n    """Add 1."""')])
def test_requests_of_clients(reader, asked):
    configuration = served(reader)
    good = {
        "model": "mux", "temperature": 0.5, "stop": ["x"], "n": 1, "seed": 1, "stream": True, "user": "u",
        "stream_options": {"include_usage": True}, "max_tokens": 5,
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": "yes?"},
            {"role": "user", "content": [{"type": "text", "text": asked}]},
        ],
    }  # fmt: skip
    parse_chat(configuration, good)

    def parse(data) -> None:
        chat = parse_chat(configuration, data)
        assert chat.asked.question.text.strip()

    assert fuzz(f"requests of {reader}", lambda rng: damaged_data(rng, good), parse) > 0


def test_functions_that_clients_ask_for():
    """A function that is taken can be asked for and graded: its beginning is Python."""
    good = b'import math\n\ndef f(x: int, y=[1]) -> int:\n    """Add.\n    >>> f(1, [2])\n    3\n    """\n'
    tokens = (b"def ", b"async def g():", b"class A:\n", b"\n", b"    ", b'"""', b"(", b")", b":", b"\t", b"*")

    def parse(content: bytes) -> None:
        text = content.decode("utf-8", "replace")
        question = free_question("humaneval", text, {})
        assert len(program_inputs(question.text, question.entry_point, 3, 1)) <= 3

    assert fuzz("functions", lambda rng: damaged_bytes(rng, good, tokens), parse) > 0


def test_choices_of_the_search(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = choices_file("b")
    path.parent.mkdir(parents=True)
    good = b"choice,a,b,validation_accuracy,accuracy,accuracy_se,tokens_per_question\ndirect,1,2,0.5,0.4,0.1,100\n"
    tokens = (b",", b'"', b"\n", b"nan", b"inf", b"-1", b"1e999", b"choice", b"9" * 5000, b'"' + b"x" * 200_000)

    def parse(content: bytes) -> None:
        path.write_bytes(content)
        for choice in read_choices("b", ("a", "b")).values():
            assert choice.budget and all(samples > 0 for samples in choice.budget.values())
            assert 0 <= choice.accuracy <= 1

    assert fuzz("choices", lambda rng: damaged_bytes(rng, good, tokens), parse) > 0
