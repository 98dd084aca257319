"""`slmmux serve` as an application in a thread, and a stand-in for the servers of its models."""

import asyncio
import threading
from contextlib import contextmanager

import openai
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from processes import free_port

from slmmux.serving.configuration import ServedConfiguration
from slmmux.serving.endpoint import application


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

    It answers with status `fail` where that is set, or with `raw` as it is; a request that it never answers waits for
    `hold`.
    """

    def __init__(self, say):
        self.say, self.fail, self.requests, self.headers = say, {}, [], []
        self.at_once = self.most_at_once = self.gone = 0
        self.hold = self.raw = None
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
            if self.raw is not None:
                return self.raw
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


def settled(condition):
    """Wait for what another thread does; a test that waits for good fails by its time limit."""
    pause = threading.Event()
    for _ in range(6000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it does not happen")
