"""Asking a server with the OpenAI API, and its errors in one line, in which no key stands."""

import os
from typing import Any

from openai import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AsyncOpenAI,
    AuthenticationError,
    PermissionDeniedError,
)

from slmmux.benchmarks.render import Messages
from slmmux.errors import InputError
from slmmux.generation.engine import Completion, Request
from slmmux.generation.openai_reply import BrokenReply, read_reply

API_KEY = "OPENAI_API_KEY"


def open_client(base_url: str, max_retries: int, timeout_seconds: float, api_key_env: str = API_KEY) -> AsyncOpenAI:
    """A client, to be closed in the event loop that uses it. Without a key in the environment it sends "none"."""
    return AsyncOpenAI(
        base_url=base_url,
        api_key=os.environ.get(api_key_env) or "none",
        max_retries=max_retries,
        timeout=timeout_seconds,
    )


async def post(client: AsyncOpenAI, model: str, prompt: Messages | str, parameters: dict[str, Any]) -> str:
    """The body of the server's reply, unread: messages go to chat completions, text to completions.

    parameters: as the server knows them. Raises the library's errors, after its retries.
    """
    if isinstance(prompt, str):
        text = await client.completions.with_raw_response.create(model=model, prompt=prompt, extra_body=parameters)
        return text.http_response.text
    create = client.chat.completions.with_raw_response.create
    # As part of the extra body: the library takes milliseconds to compare every message with every type of message.
    sent = {"messages": prompt, **parameters}
    return (await create(model=model, messages=[], extra_body=sent)).http_response.text


async def complete(
    client: AsyncOpenAI, model: str, request: Request, number: int, top_p: float, **more: Any
) -> Completion:
    """Sample `number` of the request. `more` goes to the server as it is.

    Raises the library's errors, and InputError where the reply is no answer with token counts.
    """
    parameters = {
        "temperature": request.temperature,
        "top_p": top_p,
        "max_tokens": request.max_tokens,
        # Servers read the seed as 32 bits.
        "seed": (request.seed + number) % 2**31,
        **({"stop": list(request.stop)} if request.stop else {}),
        **more,
    }
    try:
        (sample,) = read_reply(await post(client, model, request.prompt, parameters), 1)
    except BrokenReply as error:
        raise InputError(f"server {client.base_url}, model {model}: {error}") from None
    return sample


def one_line(error: APIError, base_url: str, model: str, max_retries: int, api_key_env: str = API_KEY) -> str:
    """What went wrong, and with which server and model. It holds no key, whatever the server wrote back."""
    where = f"server {base_url}, model {model}"
    if isinstance(error, AuthenticationError | PermissionDeniedError):
        return f"{where}: the server refuses the key in {api_key_env}"
    if isinstance(error, APITimeoutError):
        return f"{where}: no answer in time, after {max_retries} retries"
    if isinstance(error, APIConnectionError):
        return f"{where}: not reachable after {max_retries} retries; is it running?"
    said, key = " ".join(str(error).split()), os.environ.get(api_key_env)
    return f"{where}: {(said.replace(key, '***') if key else said)[:200]}"
