"""SLM-MUX behind the OpenAI API: /v1/chat/completions and /v1/models, as a FastAPI application."""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from openai.types import CompletionUsage, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from starlette.exceptions import HTTPException

from slmmux.errors import InputError
from slmmux.sandbox import accept_mode
from slmmux.serving.answer import Answer, answer
from slmmux.serving.chat_request import Chat, RequestError, parse_chat
from slmmux.serving.configuration import ServedConfiguration
from slmmux.serving.models import ModelFailed, Models
from slmmux.serving.traces import trace_answer

log = logging.getLogger(__name__)
OWNER = "slmmux"
# What nginx writes for a client that closed the connection; nobody reads it.
CLIENT_GONE = 499


def application(configuration: ServedConfiguration) -> FastAPI:
    """The application of one configuration. Its connections to the models close when it ends."""
    accept_mode(configuration.sandbox)
    models, began = Models(configuration), int(time.time())

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        await models.close()

    app = FastAPI(title=configuration.name, lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    itself = Model(id=configuration.name, object="model", created=began, owned_by=OWNER).model_dump()

    @app.get("/health")
    async def health() -> Response:
        return Response()

    @app.get("/v1/models")
    async def list_models() -> dict[str, Any]:
        return {"object": "list", "data": [itself]}

    @app.get("/v1/models/{name:path}")
    async def one_model(name: str) -> dict[str, Any]:
        if name != configuration.name:
            raise RequestError(f"The model {name!r} does not exist", "model", "model_not_found", 404)
        return itself

    @app.post("/v1/chat/completions")
    async def chat_completions(request: Request) -> Response:
        try:
            data = await request.json()
        except (ValueError, RecursionError):
            raise RequestError("the request's body is not JSON") from None
        chat = parse_chat(configuration, data)
        asked_at = time.time_ns()
        found = await _unless_gone(request, answer(configuration, models, chat.asked, chat.settings))
        if found is None:
            return Response(status_code=CLIENT_GONE)
        await asyncio.to_thread(trace_answer, configuration.name, chat.asked, found, asked_at)
        if chat.stream:
            return StreamingResponse(_events(configuration.name, found, chat), media_type="text/event-stream")
        return JSONResponse(completion(configuration.name, found).model_dump(exclude_unset=True))

    @app.exception_handler(RequestError)
    async def refused(_: Request, error: RequestError) -> JSONResponse:
        return error_reply(error.status, str(error), error.param, error.code)

    @app.exception_handler(ModelFailed)
    async def failed(_: Request, error: ModelFailed) -> JSONResponse:
        log.warning("%s", error)
        if error.refused:
            return error_reply(400, str(error), None, "model_refused")
        return error_reply(503, str(error), None, "model_unavailable")

    @app.exception_handler(InputError)
    async def cannot_read(_: Request, error: InputError) -> JSONResponse:
        log.error("%s", error)
        return error_reply(500, str(error), None, None)

    @app.exception_handler(HTTPException)
    async def no_such_page(request: Request, error: HTTPException) -> JSONResponse:
        return error_reply(error.status_code, f"{request.method} {request.url.path}: {error.detail}", None, None)

    @app.exception_handler(Exception)
    async def bug(_: Request, error: Exception) -> JSONResponse:
        return error_reply(500, "internal error; the server's log has it", None, None)

    return app


def error_reply(status: int, message: str, param: str | None, code: str | None) -> JSONResponse:
    """OpenAI's error object. Its clients try again on status 500 and above."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return JSONResponse({"error": {"message": message, "type": kind, "param": param, "code": code}}, status)


async def _unless_gone(request: Request, work) -> Answer | None:
    """The work's result; None, and the work cancelled, where the client closes the connection before."""
    task = asyncio.ensure_future(work)

    async def gone() -> None:
        # The body is read, so the next message says that the client is gone.
        while (await request.receive())["type"] != "http.disconnect":
            pass

    watch = asyncio.ensure_future(gone())
    try:
        await asyncio.wait([task, watch], return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        watch.cancel()
        task.cancel()
        await asyncio.gather(task, watch, return_exceptions=True)


def report(found: Answer) -> dict[str, Any]:
    """The field `slm_mux` of a reply: who answered, all votes, and what stopping saved."""
    return {
        "answer": found.answer,
        "model": found.model,
        "confidence": found.confidence,
        "votes": [asdict(votes) for votes in found.votes],
        "saved": {
            "samples": found.saved_samples,
            "tokens": None if found.saved_tokens is None else round(found.saved_tokens),
        },
    }


def completion(name: str, found: Answer) -> ChatCompletion:
    """OpenAI's object, with `slm_mux` beside its own fields."""
    message = {"role": "assistant", "content": found.response}
    return ChatCompletion.model_validate(
        {
            **_head(name, "chat.completion"),
            "choices": [{"index": 0, "message": message, "finish_reason": found.finish_reason, "logprobs": None}],
            "usage": usage(found),
            "slm_mux": report(found),
        }
    )


def usage(found: Answer) -> CompletionUsage:
    """Summed over all finished samples of all models."""
    total = found.prompt_tokens + found.completion_tokens
    return CompletionUsage(
        prompt_tokens=found.prompt_tokens, completion_tokens=found.completion_tokens, total_tokens=total
    )


async def _events(name: str, found: Answer, chat: Chat) -> AsyncIterator[str]:
    """The reply as server-sent events: the text, then why it ended and `slm_mux`, then the usage if asked for."""
    head = _head(name, "chat.completion.chunk")
    said = {"role": "assistant", "content": found.response}
    chunks = [
        {**head, "choices": [{"index": 0, "delta": said, "finish_reason": None}]},
        {
            **head,
            "choices": [{"index": 0, "delta": {}, "finish_reason": found.finish_reason}],
            "slm_mux": report(found),
        },
    ]
    if chat.include_usage:
        chunks.append({**head, "choices": [], "usage": usage(found)})
    for chunk in chunks:
        yield f"data: {ChatCompletionChunk.model_validate(chunk).model_dump_json(exclude_unset=True)}\n\n"
    yield "data: [DONE]\n\n"


def _head(name: str, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": name}
