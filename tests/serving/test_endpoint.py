"""`slmmux serve` with the `openai` client against stand-ins for the models' servers."""

import asyncio
import threading
from contextlib import contextmanager

import openai
import pytest
import requests
import uvicorn
import yaml
from conftest import ROOT, say
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from processes import free_port

from slmmux.errors import InputError
from slmmux.generation.engine import request_seed
from slmmux.serving.configuration import ServedConfiguration, load_serving
from slmmux.serving.endpoint import application
from slmmux.serving.question import free_question


@contextmanager
def running(app):
    """An application on a free port of this machine, in a thread; its address."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.should_exit = True
        thread.join()


class Backend:
    """Plays the servers of all models: `say(model, question, number of the sample)` is what a model says.

    It answers with status `fail` where that is set; a request that it never answers waits for `hold`.
    """

    def __init__(self, say):
        self.say, self.fail, self.requests, self.headers = say, {}, [], []
        self.at_once = self.most_at_once = self.gone = 0
        self.hold = None
        self.app = FastAPI()
        self.app.post("/v1/chat/completions")(self.chat)
        self.app.post("/v1/completions")(self.text)

    async def chat(self, request: Request):
        body = await request.json()
        return await self.reply(request, body, body["messages"][-1]["content"], "message")

    async def text(self, request: Request):
        body = await request.json()
        return await self.reply(request, body, body["prompt"], "text")

    async def reply(self, request, body, asked, kind):
        self.requests.append(body)
        self.headers.append(dict(request.headers))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            said = self.say(body["model"], asked, body["seed"])
            await asyncio.sleep(0.002)
            while self.hold and self.hold(body):
                if await request.is_disconnected():
                    self.gone += 1
                    return JSONResponse({})
                await asyncio.sleep(0.005)
            if status := self.fail.get(body["model"]):
                return JSONResponse({"error": {"message": "bad luck", "type": "t"}}, status)
            choice = {"index": 0, "finish_reason": "stop"}
            choice |= {"message": {"role": "assistant", "content": said}} if kind == "message" else {"text": said}
            usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
            head = {"id": "x", "object": "chat.completion", "created": 0, "model": body["model"]}
            return {**head, "choices": [choice], "usage": usage}
        finally:
            self.at_once -= 1


def served(address, **changed) -> ServedConfiguration:
    """Three models, the most accurate last in the list."""
    models = [
        {"name": name, "base_url": address, "prompt": "chat", "samples": 3, "validation_accuracy": accuracy}
        for name, accuracy in (("third", 0.2), ("second", 0.3), ("first", 0.4))
    ]
    values = {
        "name": "mux",
        "reader": "generic",
        "system_prompt": None,
        "policy": "sequential",
        "on_failure": "refuse",
        "max_tokens": 9,
        "sampling": {"temperature": 0.5, "top_p": 0.9, "seed": 7},
        "concurrency": 50,
        "max_retries": 0,
        "timeout_seconds": 20,
        "models": models,
    }
    return ServedConfiguration.model_validate(values | changed)


@contextmanager
def serving(backend, **changed):
    """A client of the endpoint, without retries of its own."""
    with running(backend.app) as models, running(application(served(models, **changed))) as address:
        yield openai.OpenAI(base_url=address, api_key="any", max_retries=0)


def ask(client, text="What?", **more):
    return client.chat.completions.create(model="mux", messages=[{"role": "user", "content": text}], **more)


def constant(**answers):
    return lambda model, asked, seed: f"The answer is {answers[model]}."


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


def test_many_requests_at_a_time_are_answered_at_a_time():
    """200 requests, 20 at a time; every one gets its own question's answer."""
    backend = Backend(lambda model, asked, seed: f"The answer is {asked}.")
    with serving(backend, concurrency=40) as client:

        async def all_of_them():
            async with openai.AsyncOpenAI(base_url=client.base_url, api_key="any", max_retries=0) as many:
                gate = asyncio.Semaphore(20)

                async def one(n):
                    async with gate:
                        return await many.chat.completions.create(
                            model="mux", messages=[{"role": "user", "content": str(n)}]
                        )

                return await asyncio.gather(*(one(n) for n in range(200)))

        found = asyncio.run(all_of_them())
    assert [answer.slm_mux["answer"] for answer in found] == [str(n) for n in range(200)]
    assert len(backend.requests) == 600 and 20 < backend.most_at_once <= 40


@pytest.mark.parametrize("on_failure", ["refuse", "leave_out"])
def test_a_backend_that_dies_in_the_middle(on_failure):
    """100 requests at 20 a time; after 40, the first model's server fails for good."""
    backend = Backend(lambda model, asked, seed: f"The answer is {model}.")
    with serving(backend, on_failure=on_failure) as client:

        async def all_of_them():
            async with openai.AsyncOpenAI(base_url=client.base_url, api_key="any", max_retries=0) as many:
                gate = asyncio.Semaphore(20)

                async def one(n):
                    async with gate:
                        if n == 40:
                            backend.fail["first"] = 500
                        messages = [{"role": "user", "content": str(n)}]
                        try:
                            return await many.chat.completions.create(model="mux", messages=messages)
                        except openai.APIStatusError as error:
                            return error

                return await asyncio.gather(*(one(n) for n in range(100)))

        found = asyncio.run(all_of_them())
        early, late = found[:20], found[60:]
        assert {answer.slm_mux["answer"] for answer in early} == {"first"}
        if on_failure == "refuse":
            for error in late:
                assert isinstance(error, openai.InternalServerError) and error.status_code == 503
                assert error.code == "model_unavailable" and "model first: " in error.message
        else:
            assert {answer.slm_mux["answer"] for answer in late} == {"second"}
            assert [votes["failed"] for votes in late[0].slm_mux["votes"]] == [True, False, False]
        backend.fail.clear()
        assert ask(client, "again").slm_mux["answer"] == "first"


def test_a_failure_that_cannot_change_the_answer_is_none():
    """All models at once; the last one fails after the first is unanimous, or before: the answer is the same."""
    backend = Backend(lambda model, asked, seed: "The answer is 4.")
    backend.fail["third"] = 500
    with serving(backend, policy="parallel") as client:
        assert ask(client).slm_mux["answer"] == "4"


def test_nobody_there_is_503_and_names_the_server():
    nobody = f"http://127.0.0.1:{free_port()}/v1"
    with running(application(served(nobody))) as address:
        client = openai.OpenAI(base_url=address, api_key="any", max_retries=0)
        with pytest.raises(openai.InternalServerError, match=f"server {nobody}, model first: not reachable"):
            ask(client)


def test_what_all_models_refuse_is_refused():
    backend = Backend(lambda model, asked, seed: "4")
    backend.fail = dict.fromkeys(("first", "second", "third"), 400)
    with serving(backend, on_failure="leave_out") as client, pytest.raises(openai.BadRequestError, match="bad luck"):
        ask(client)


def test_samples_that_are_not_needed_are_cancelled():
    """All models at once: the last two never answer, the first is unanimous."""
    backend = Backend(lambda model, asked, seed: "The answer is 4.")
    backend.hold = lambda body: body["model"] != "first"
    with serving(backend, policy="parallel") as client:
        votes = ask(client).slm_mux["votes"]
        assert [v["finished"] for v in votes] == [3, 0, 0] and [v["cancelled"] for v in votes] == [0, 3, 3]
        settled(lambda: backend.gone == 6 and backend.at_once == 0)


def test_a_client_that_leaves_cancels_what_was_asked_for_it():
    backend = Backend(lambda model, asked, seed: "4")
    backend.hold = lambda body: True
    with serving(backend) as client:
        with pytest.raises(openai.APITimeoutError):
            ask(client, timeout=0.5)
        settled(lambda: backend.gone == 3 and backend.at_once == 0)


def settled(condition):
    """Wait for what another thread does; a test that waits for good fails by its time limit."""
    pause = threading.Event()
    for _ in range(6000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it does not happen")


def test_keys_go_to_their_servers_and_into_no_message(monkeypatch):
    monkeypatch.setenv("FIRST_KEY", "very-secret")
    backend = Backend(lambda model, asked, seed: "4")
    with running(backend.app) as models:
        changed = served(models).model_dump()
        changed["models"][2]["api_key_env"] = "FIRST_KEY"
        with running(application(ServedConfiguration.model_validate(changed))) as address:
            client = openai.OpenAI(base_url=address, api_key="any", max_retries=0)
            ask(client)
            assert backend.headers[0]["authorization"] == "Bearer very-secret"
            backend.fail["first"] = 401
            with pytest.raises(openai.InternalServerError, match="refuses the key in FIRST_KEY") as raised:
                ask(client)
            assert "secret" not in str(raised.value)


# CONFIG


def test_the_example_is_a_configuration():
    found = load_serving(ROOT / "experiments" / "serving" / "example.yaml")
    assert found.in_order()[0].name == "Qwen/Qwen2.5-1.5B-Instruct"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nonsense": 1}, "nonsense: Extra inputs are not permitted"),
        ({"policy": "fast"}, "policy: Input should be 'sequential' or 'parallel'"),
        ({"reader": "nobody"}, "no such reader; there are: generic, short_answers"),
        ({"models": []}, "models: List should have at least 1 item"),
    ],
)
def test_a_wrong_configuration_is_one_line(tmp_path, capsys, change, said):
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(served("http://127.0.0.1:1/v1").model_dump() | change))
    (line,) = say(capsys, "serve", str(path), expect=2)
    assert line.startswith("slmmux serve: ") and said in line


@pytest.mark.parametrize("url", ["http://me:hunter2@host/v1", "https://host/v1?key=hunter2", "host/hunter2"])
def test_an_address_holds_no_secret_and_the_message_does_not_repeat_it(tmp_path, capsys, url):
    path = tmp_path / "config.yaml"
    values = served("http://127.0.0.1:1/v1").model_dump()
    values["models"][1]["base_url"] = url
    path.write_text(yaml.safe_dump(values))
    (line,) = say(capsys, "serve", str(path), expect=2)
    assert "models.1.base_url" in line and "hunter2" not in line
    path.write_text(f"models: [{{base_url: {url}, ]: x\n\tname")
    with pytest.raises(InputError, match="not plain YAML") as raised:
        load_serving(path)
    assert "hunter2" not in str(raised.value)


def test_a_port_in_use_is_one_line(tmp_path, capsys):
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(served("http://127.0.0.1:1/v1").model_dump()))
    with running(FastAPI()) as address:
        port = address.removesuffix("/v1").rpartition(":")[2]
        (line,) = say(capsys, "serve", str(path), "--port", port, expect=2)
    assert f"127.0.0.1:{port}: " in line and "in use" in line
