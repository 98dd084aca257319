"""Any server that speaks the OpenAI API: `vllm serve`, llama.cpp's server, or a hosted one."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from queue import Queue
from threading import Thread

from slmmux.config import ModelSpec, OpenAISettings, Sampling
from slmmux.errors import InputError
from slmmux.generation.engine import Completion, Request


class OpenAIEngine:
    """One HTTP request a sample (servers differ in what they make of `n`); the server's prefix cache shares
    the prefill. The client library retries with exponential backoff; concurrency is bounded here."""

    def __init__(self, settings: OpenAISettings, model_name: str, spec: ModelSpec, sampling: Sampling) -> None:
        self._settings, self._model, self._sampling = settings, model_name, sampling
        self.versions = {"engine": "openai", "openai": version("openai"), "server": settings.base_url}

    def generate(self, requests: Sequence[Request]) -> Iterator[tuple[int, list[Completion]]]:
        done: Queue = Queue()

        def run() -> None:
            try:
                asyncio.run(self._all(requests, done))
                done.put(None)
            except BaseException as error:
                done.put(error)

        Thread(target=run, daemon=True).start()
        while (item := done.get()) is not None:
            if isinstance(item, BaseException):
                raise self._readable(item)
            yield item

    async def _all(self, requests: Sequence[Request], done: Queue) -> None:
        from openai import AsyncOpenAI

        async with AsyncOpenAI(
            base_url=self._settings.base_url,
            api_key=os.environ.get("OPENAI_API_KEY", "none"),
            max_retries=self._settings.max_retries,
            timeout=self._settings.timeout_seconds,
        ) as client:
            gate = asyncio.Semaphore(self._settings.concurrency)

            async def sample(request: Request, number: int) -> Completion:
                async with gate:
                    return await self._one(client, request, number)

            async def question(index: int, request: Request) -> None:
                # The first sample alone: once its prompt is in the server's cache, the others share it.
                first = await sample(request, 0)
                rest = await asyncio.gather(*(sample(request, j) for j in range(1, request.samples)))
                done.put((index, [first, *rest]))

            async with asyncio.TaskGroup() as group:
                for index, request in enumerate(requests):
                    group.create_task(question(index, request))

    async def _one(self, client, request: Request, number: int) -> Completion:
        common = {
            "model": self._model,
            "temperature": request.temperature,
            "top_p": self._sampling.top_p,
            "max_tokens": request.max_tokens,
            # Servers read the seed as 32 bits.
            "seed": (request.seed + number) % 2**31,
            "stop": list(request.stop) or None,
        }
        if isinstance(request.prompt, str):
            answer = await client.completions.create(prompt=request.prompt, **common)
            text = answer.choices[0].text
        else:
            answer = await client.chat.completions.create(messages=request.prompt, **common)
            text = answer.choices[0].message.content or ""
        used = answer.usage
        if used is None:
            raise InputError(f"server {self._settings.base_url}: its answers carry no token counts (`usage`)")
        return Completion(
            text, used.prompt_tokens, used.completion_tokens, answer.choices[0].finish_reason or "unknown"
        )

    def _readable(self, error: BaseException) -> BaseException:
        """The first cause as one line that names the server."""
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        from openai import APIConnectionError, APIError

        where = f"server {self._settings.base_url}, model {self._model}"
        if isinstance(error, APIConnectionError):
            return InputError(
                f"{where}: not reachable after {self._settings.max_retries} retries; is it running? "
                "Finished samples are kept: the same command goes on from there"
            )
        if isinstance(error, APIError):
            return InputError(f"{where}: {' '.join(str(error).split())[:200]}")
        return error

    def close(self) -> None:
        pass
