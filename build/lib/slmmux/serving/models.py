"""The servers of a configuration's models. One event loop uses them, for many questions at once."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from openai import APIError, APIStatusError, AsyncOpenAI

from slmmux.errors import InputError
from slmmux.generation.engine import Completion, Request
from slmmux.generation.openai_server import complete, one_line, open_client
from slmmux.serving.configuration import ServedConfiguration, ServedModel


class ModelFailed(InputError):
    """A model gave no sample. refused: its server understood the request and will not answer it, however often
    it is asked; otherwise it may answer later."""

    def __init__(self, message: str, refused: bool) -> None:
        super().__init__(message)
        self.refused = refused


class Models:
    """Asks servers for samples, `concurrency` a server at a time, the others waiting in line."""

    def __init__(self, configuration: ServedConfiguration) -> None:
        self._settings = configuration
        self._clients: dict[tuple[str, str], AsyncOpenAI] = {}
        self._slots: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(configuration.concurrency))
        self._samples: dict[str, int] = defaultdict(int)
        self._tokens: dict[str, int] = defaultdict(int)

    def slot(self, model: ServedModel) -> asyncio.Semaphore:
        """To be held while the model is asked for a sample."""
        return self._slots[model.base_url or ""]

    async def sample(
        self, model: ServedModel, request: Request, number: int, top_p: float, more: Mapping[str, Any]
    ) -> Completion:
        """Sample `number` of the request. Cancelling it closes the connection, so that the server stops too.

        Raises ModelFailed, after the retries of the configuration.
        """
        try:
            completion = await complete(
                self._client(model), model.served_name or model.name, request, number, top_p, **more
            )
        except APIError as error:
            said = one_line(error, model.base_url or "", model.name, self._settings.max_retries, model.api_key_env)
            refused = isinstance(error, APIStatusError) and error.status_code in (400, 413, 422)
            raise ModelFailed(said, refused) from None
        except InputError as error:
            raise ModelFailed(str(error), False) from None
        self._samples[model.name] += 1
        self._tokens[model.name] += completion.prompt_tokens + completion.completion_tokens
        return completion

    def mean_tokens(self, model: str) -> float | None:
        """Tokens of one of the model's samples, over all that it gave so far; None before the first."""
        return self._tokens[model] / self._samples[model] if self._samples[model] else None

    def _client(self, model: ServedModel) -> AsyncOpenAI:
        key = (model.base_url or "", model.api_key_env)
        if key not in self._clients:
            self._clients[key] = open_client(
                key[0], self._settings.max_retries, self._settings.timeout_seconds, model.api_key_env
            )
        return self._clients[key]

    async def close(self) -> None:
        while self._clients:
            _, client = self._clients.popitem()
            await client.close()
