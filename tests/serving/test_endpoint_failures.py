"""`slmmux serve` under load, when models' servers fail, and when nobody waits for an answer any more."""

import asyncio

import openai
import pytest
from endpoint_servers import Backend, ask, running, served, serving, settled
from fastapi.responses import JSONResponse, Response
from processes import free_port

from slmmux.serving.configuration import ServedConfiguration
from slmmux.serving.endpoint import application


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


KEY = "sk-very-secret-0123456789"
HTML = b"<html>\x1b[31mlog in</html>"
REPLIES = {
    "a wrong key": (JSONResponse({"error": {"message": f"Incorrect API key: {KEY}"}}, 401), 503, "refuses the key"),
    "a key without rights": (JSONResponse({"error": {"message": KEY}}, 403), 503, "refuses the key"),
    "no such model": (JSONResponse({"error": {"message": "no model x"}}, 404), 503, "no model x"),
    "another server": (Response(HTML, 404, media_type="text/html"), 503, "404"),
    "too many requests": (JSONResponse({"error": {"message": f"slow down, {KEY}"}}, 429), 503, "slow down"),
    "too long": (Response(HTML, 413, media_type="text/html"), 400, "413"),
    "a proxy without its server": (Response(HTML, 502, media_type="text/html"), 503, "502"),
    "overloaded": (JSONResponse({"error": "loading"}, 529), 503, "529"),
    "a page": (Response(HTML, media_type="text/html"), 503, "not JSON"),
    "nothing": (Response(b"", media_type="application/json"), 503, "not JSON"),
    "an error that calls itself a success": (JSONResponse({"error": {"message": KEY}}), 503, "without choices"),
    "a redirect": (Response(b"", 307, {"location": "http://me:hunter2@127.0.0.1:1/"}), 503, "not reachable"),
    "a connection that ends": (Response(b"{", headers={"content-length": "99"}), 503, "not reachable"),
}


def test_what_backends_answer_reaches_clients_as_openais_errors(monkeypatch, caplog):
    """With the status that says whether to try again; no key, no traceback and no control character."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    backend = Backend(lambda model, asked, seed: "4")
    with serving(backend) as client:
        for name, (reply, status, said) in REPLIES.items():
            backend.raw = reply
            for stream in (False, True):
                with pytest.raises(openai.APIStatusError) as caught:
                    ask(client, stream=stream)
                error = caught.value
                assert (error.status_code, error.code) == (
                    status,
                    {503: "model_unavailable", 400: "model_refused"}[status],
                )
                assert said in error.message and "model first: " in error.message, name
                assert not [
                    bad for bad in (KEY, "hunter2", "\x1b", "Traceback") if bad in f"{error.message} {error.body}"
                ]
        backend.raw = None
        assert ask(client).slm_mux["answer"] == "4"
    told = "".join(record.getMessage() for record in caplog.records if record.name.startswith("slmmux"))
    assert KEY not in caplog.text and "hunter2" not in caplog.text and "\x1b" not in told
