"""Any server that speaks the OpenAI API: `vllm serve`, llama.cpp's server, or a hosted one."""

import asyncio
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from queue import Queue
from threading import Thread

from openai import APIConnectionError, APIError

from slmmux.config import ModelSpec, OpenAISettings, Sampling
from slmmux.errors import InputError
from slmmux.generation.engine import Completion, Request
from slmmux.generation.openai_server import complete, one_line, open_client


class OpenAIEngine:
    """One HTTP request a sample (servers differ in what they make of `n`); the server's prefix cache shares
    the prefill. The client library retries with exponential backoff; concurrency is bounded here."""

    def __init__(self, settings: OpenAISettings, model_name: str, spec: ModelSpec, sampling: Sampling) -> None:
        self._settings, self._model, self._sampling = settings, model_name, sampling
        self._url = settings.url_of(model_name)
        self.versions = {"engine": "openai", "openai": version("openai"), "server": self._url}

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
        async with open_client(self._url, self._settings.max_retries, self._settings.timeout_seconds) as client:
            gate = asyncio.Semaphore(self._settings.concurrency)

            async def sample(request: Request, number: int) -> Completion:
                async with gate:
                    return await complete(client, self._model, request, number, self._sampling.top_p)

            async def question(index: int, request: Request) -> None:
                # The first sample alone: once its prompt is in the server's cache, the others share it.
                first = await sample(request, 0)
                rest = await asyncio.gather(*(sample(request, j) for j in range(1, request.samples)))
                done.put((index, [first, *rest]))

            async with asyncio.TaskGroup() as group:
                for index, request in enumerate(requests):
                    group.create_task(question(index, request))

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
