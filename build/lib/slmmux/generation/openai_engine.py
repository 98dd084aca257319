"""Any server that speaks the OpenAI API: `vllm serve`, llama.cpp's server, or a hosted one."""

import asyncio
import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from queue import Empty, Queue
from threading import Thread
from typing import Any

from openai import APIConnectionError, APIError, APIStatusError, AsyncOpenAI, AuthenticationError, NotFoundError

from slmmux.errors import InputError
from slmmux.generation.engine import Completion, Refused, Request, Sample
from slmmux.generation.openai_reply import BrokenReply, read_reply
from slmmux.generation.openai_server import API_KEY, one_line, open_client, post
from slmmux.generation_settings import ModelSpec, OpenAISettings, Sampling

# Seconds that the client library waits at most before it tries again.
_LONGEST_PAUSE = 60.0

log = logging.getLogger(__name__)


class OpenAIEngine:
    """One HTTP request a sample, or `samples_per_request` of them; the server's prefix cache shares the prefill.

    The client library retries with exponential backoff. A request without a usable reply is refused, and the
    others go on; the engine gives up where the server can't be reached or refuses the key, knows no such model, or
    refuses `give_up_after` requests in a row.
    """

    def __init__(self, settings: OpenAISettings, model_name: str, spec: ModelSpec, sampling: Sampling) -> None:
        self._settings, self._sampling = settings, sampling
        self._url, self._model = settings.url_of(model_name), settings.served_names.get(model_name, model_name)
        self._key = os.environ.get(API_KEY) or "none"
        renamed = settings.parameters | settings.model_parameters.get(model_name, {})
        self._renamed: dict[str, str | None] = {str(name): other for name, other in renamed.items()}
        # The client's own limit is for each piece of a reply: one that trickles in would never reach it.
        self._limit = settings.timeout_seconds * (1 + settings.max_retries) + _LONGEST_PAUSE * settings.max_retries
        self._began: dict[int, float] = {}
        self._failed_in_a_row = 0
        self.versions = {"engine": "openai", "openai": version("openai"), "server": self._url}

    def generate(self, requests: Sequence[Request]) -> Iterator[tuple[int, list[Sample]]]:
        done: Queue = Queue()
        loop = asyncio.new_event_loop()
        task = loop.create_task(self._all(requests, done))

        def run() -> None:
            try:
                loop.run_until_complete(task)
                done.put(None)
            except BaseException as error:
                done.put(error)
            finally:
                loop.close()

        thread = Thread(target=run, name="slmmux-openai", daemon=True)
        thread.start()
        try:
            while (item := self._next(done)) is not None:
                if isinstance(item, BaseException):
                    raise self._readable(item) from None
                yield item
        finally:
            if thread.is_alive() and not loop.is_closed():
                loop.call_soon_threadsafe(task.cancel)

    def _next(self, done: Queue) -> Any:
        """What is finished next. While nothing is, a line says so every `notice_seconds`."""
        notice = self._settings.notice_seconds
        while True:
            try:
                return done.get(timeout=notice)
            except Empty:
                began = list(self._began.values())
                oldest = time.monotonic() - min(began, default=time.monotonic())
                log.warning(
                    "server %s, model %s: nothing finished for %g s; waiting for %d requests, the longest for %.0f s. "
                    "One attempt ends after %g s",
                    *(self._url, self._model, notice, len(began), oldest, self._settings.timeout_seconds),
                )

    async def _all(self, requests: Sequence[Request], done: Queue) -> None:
        async with open_client(self._url, self._settings.max_retries, self._settings.timeout_seconds) as client:
            # Questions are begun in their order, so that the first ones are finished early; requests wait in line.
            begun, gate = (asyncio.Semaphore(self._settings.concurrency) for _ in range(2))

            async def ask(request: Request, first: int) -> list[Sample]:
                async with gate:
                    return await self._ask(client, request, first)

            async def question(index: int, request: Request) -> None:
                async with begun:
                    # The first alone: once its prompt is in the server's cache, the others share it.
                    firsts = range(0, request.samples, self._settings.samples_per_request)
                    parts = [await ask(request, 0)]
                    parts += await asyncio.gather(*(ask(request, first) for first in firsts[1:]))
                    done.put((index, [sample for part in parts for sample in part]))

            async with asyncio.TaskGroup() as group:
                for index, request in enumerate(requests):
                    group.create_task(question(index, request))

    async def _ask(self, client: AsyncOpenAI, request: Request, first: int) -> list[Sample]:
        """Samples from number `first` on. Raises what ends the run."""
        count = min(self._settings.samples_per_request, request.samples - first)
        started = time.monotonic()
        self._began[id(asyncio.current_task())] = started
        try:
            async with asyncio.timeout(self._limit):
                body = await self._post(client, request, first, count)
            samples = read_reply(body, count)
            self._failed_in_a_row = 0
            seconds = time.monotonic() - started
            return [self._without_key(replace(sample, seconds=seconds)) for sample in samples]
        except BrokenReply as error:
            reason = str(error)
        except TimeoutError:
            reason = f"no whole reply within {self._limit:g} s"
        except (AuthenticationError, NotFoundError):
            raise
        except APIStatusError as error:
            reason = f"status {error.status_code}: {' '.join(str(error.message).split())}"
        except APIConnectionError as error:
            if type(error.__cause__).__name__ in ("ConnectError", "ConnectTimeout"):
                raise
            reason = f"no whole reply: {type(error.__cause__ or error).__name__}"
        finally:
            del self._began[id(asyncio.current_task())]
        self._failed_in_a_row += 1
        reason = f"{self._where()}: {self._line(reason)}"
        if self._failed_in_a_row >= self._settings.give_up_after:
            raise InputError(f"{reason} ({self._failed_in_a_row} refused requests in a row)")
        return [Refused(reason)] * count

    async def _post(self, client: AsyncOpenAI, request: Request, first: int, count: int) -> str:
        chat = not isinstance(request.prompt, str)
        parameters = {
            "temperature": request.temperature,
            "top_p": self._sampling.top_p,
            "max_tokens": request.max_tokens,
            # Servers read the seed as 32 bits.
            "seed": (request.seed + first) % 2**31,
            "stop": list(request.stop) or None,
            "n": count if count > 1 else None,
            "logprobs": True if chat else 1,
        }
        sent: dict[str, Any] = {}
        for name, value in parameters.items():
            name_there = self._renamed.get(name, name)
            if value is not None and name_there is not None:
                sent[name_there] = value
        return await post(client, self._model, request.prompt, sent)

    def _without_key(self, sample: Completion) -> Completion:
        """Some servers echo what they were sent."""
        if self._key == "none":
            return sample
        reasoning = sample.reasoning and sample.reasoning.replace(self._key, "***")
        return replace(sample, text=sample.text.replace(self._key, "***"), reasoning=reasoning)

    def _line(self, text: str) -> str:
        text = " ".join(text.split())
        return (text if self._key == "none" else text.replace(self._key, "***"))[:200]

    def _where(self) -> str:
        return f"server {self._url}, model {self._model}"

    def _readable(self, error: BaseException) -> BaseException:
        """The first cause as one line that names the server."""
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if not isinstance(error, APIError):
            return error
        said = one_line(error, self._url, self._model, self._settings.max_retries)
        if isinstance(error, APIConnectionError):
            said += " Finished samples are kept: the same command goes on from there"
        return InputError(said)

    def close(self) -> None:
        pass
