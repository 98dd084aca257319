"""`slmmux serve` with the `openai` client against stand-ins for the models' servers: what it answers."""

import openai
import pytest
import requests
from endpoint_servers import Backend, ask, constant, running, served, serving

from slmmux.generation.engine import request_seed
from slmmux.serving.endpoint import application
from slmmux.serving.question import free_question


def test_a_unanimous_first_model_answers_and_no_other_is_asked():
    backend = Backend(constant(first="4", second="5", third="5"))
    with serving(backend) as client:
        found = ask(client)
        assert found.choices[0].message.content == "The answer is 4."
        assert (found.choices[0].finish_reason, found.model, found.object) == ("stop", "mux", "chat.completion")
        assert (found.usage.prompt_tokens, found.usage.completion_tokens, found.usage.total_tokens) == (30, 6, 36)
        mux = found.slm_mux
        assert (mux["answer"], mux["model"], mux["confidence"]) == ("4", "first", 1.0)
        assert mux["saved"] == {"samples": 6, "tokens": None}
        assert [votes["model"] for votes in mux["votes"]] == ["first", "second", "third"]
        assert [votes["answers"] for votes in mux["votes"]] == [{"4": 3}, {}, {}]
    assert {body["model"] for body in backend.requests} == {"first"} and len(backend.requests) == 3


@pytest.mark.parametrize("policy", ["sequential", "parallel"])
def test_the_most_consistent_model_answers_and_what_was_spent_is_told(policy):
    says = {"first": ["1", "2", "3"], "second": ["8", "8", "8"], "third": ["9", "9", "7"]}
    first = request_seed(7, free_question("generic", "What?", {}).id, 0)
    backend = Backend(lambda model, asked, seed: f"The answer is {says[model][(seed - first) % 2**31]}.")
    with serving(backend, policy=policy) as client:
        found = ask(client)
        assert found.choices[0].message.content == "The answer is 8."
        assert found.slm_mux["model"] == "second"
        finished = sum(votes["finished"] for votes in found.slm_mux["votes"])
        assert found.usage.total_tokens == 12 * finished
        if policy == "sequential":
            assert finished == 6 and found.slm_mux["saved"]["samples"] == 3


def test_streaming_follows_the_decision():
    backend = Backend(constant(first="4", second="5", third="5"))
    with serving(backend) as client:
        chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
        assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "The answer is 4."
        assert chunks[-2].choices[0].finish_reason == "stop" and chunks[-2].slm_mux["answer"] == "4"
        assert chunks[-1].usage.total_tokens == 36
        assert len(list(ask(client, stream=True))) == 2


def test_the_one_model_is_listed():
    with serving(Backend(constant())) as client:
        assert [model.id for model in client.models.list()] == ["mux"]
        assert client.models.retrieve("mux").owned_by == "slmmux"
        with pytest.raises(openai.NotFoundError, match="does not exist"):
            client.models.retrieve("other")


@pytest.mark.parametrize(
    ("request_", "error", "param", "code", "said"),
    [
        ({"model": "other"}, openai.NotFoundError, "model", "model_not_found", "'other' does not exist"),
        ({"n": 2}, openai.BadRequestError, "n", "invalid_value", "n: "),
        ({"tools": [{"type": "function"}]}, openai.BadRequestError, "tools", "unsupported_parameter", "not supported"),
        ({"seed": 10**30}, openai.BadRequestError, "seed", "invalid_value", "less than"),
        ({"max_tokens": 10**30}, openai.BadRequestError, "max_tokens", "invalid_value", "less than or equal to"),
        ({"temperature": 9}, openai.BadRequestError, "temperature", "invalid_value", "less than or equal to 2"),
        ({"messages": []}, openai.BadRequestError, "messages", "invalid_value", "at least 1 item"),
        ({"messages": [{"role": "user", "content": " "}]}, openai.BadRequestError, "messages", None, "empty"),
        ({"messages": [{"role": "assistant", "content": "a"}]}, openai.BadRequestError, "messages", None, "the user's"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            openai.BadRequestError,
            "messages",
            "invalid_value",
            "messages.0.content",
        ),
    ],
)
def test_wrong_requests_are_refused_as_openai_refuses_them(request_, error, param, code, said):
    backend = Backend(constant())
    asked = {"model": "mux", "messages": [{"role": "user", "content": "What?"}]} | request_
    with serving(backend) as client, pytest.raises(error, match=said) as raised:
        client.chat.completions.create(**asked)
    assert (raised.value.param, raised.value.code, raised.value.type) == (param, code, "invalid_request_error")
    assert backend.requests == []


def test_other_pages_and_broken_bodies_get_an_error_object_too():
    with serving(Backend(constant())) as client:
        address = str(client.base_url)
        for answer, status in (
            (requests.get(f"{address}nothing"), 404),
            (requests.get(f"{address}chat/completions"), 405),
            (requests.post(f"{address}chat/completions", data=b"{"), 400),
            (requests.post(f"{address}chat/completions", json=[]), 400),
        ):
            assert answer.status_code == status and answer.json()["error"]["type"] == "invalid_request_error"


def test_a_request_says_how_samples_are_drawn():
    backend = Backend(constant(first="4", second="4", third="4"))
    with serving(backend, system_prompt="Be short.") as client:
        messages = [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "One?"},
            {"role": "assistant", "content": "1"},
            {"role": "user", "content": [{"type": "text", "text": "Two?"}]},
        ]
        client.chat.completions.create(
            model="mux", messages=messages, temperature=0.1, seed=5, stop=["!"], max_tokens=4, user="u", logprobs=None
        )
    body = backend.requests[0]
    assert body["messages"] == [
        {"role": "system", "content": "Be short.\n\nBe kind."},
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "1"},
        {"role": "user", "content": "Two?"},
    ]
    assert (body["temperature"], body["top_p"], body["max_tokens"], body["stop"]) == (0.1, 0.9, 4, ["!"])
    assert len({request["seed"] for request in backend.requests}) == 3


def test_a_base_model_gets_one_text():
    backend = Backend(constant(base="4"))
    with running(backend.app) as models:
        one = {"name": "base", "base_url": models, "prompt": "few_shot", "samples": 1, "validation_accuracy": 0.5}
        with running(application(served(models, models=[one], system_prompt="Short."))) as address:
            ask(openai.OpenAI(base_url=address, api_key="any"), "Two?")
    assert backend.requests[0]["prompt"] == "Short.\n\nQuestion: Two?\nAnswer:"
