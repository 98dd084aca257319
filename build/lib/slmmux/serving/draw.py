"""The samples of one model for one question: requests that are begun together and can be given up."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slmmux.generation.engine import Completion, Request
from slmmux.serving.configuration import ServedModel
from slmmux.serving.models import ModelFailed, Models


@dataclass(frozen=True)
class SampleSettings:
    """How samples of a question are drawn. more: parameters that go to the servers as they are."""

    temperature: float
    top_p: float
    seed: int
    max_tokens: int
    stop: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


class Draw:
    """finished: number of the sample → what came. sent: the numbers that were asked for. failure: why the model
    gives no more."""

    def __init__(self, models: Models, model: ServedModel, request: Request, settings: SampleSettings) -> None:
        self.model = model
        self.finished: dict[int, Completion] = {}
        self.sent: set[int] = set()
        self.failure: ModelFailed | None = None
        self._models, self._request, self._settings = models, request, settings
        self._tasks: dict[int, asyncio.Task[Completion]] = {}
        self._begun = False

    def start(self) -> None:
        """Ask for all k samples, at the first call."""
        if not self._begun:
            self._begun = True
            self._tasks = {n: asyncio.create_task(self._sample(n)) for n in range(self.model.samples)}

    async def _sample(self, number: int) -> Completion:
        async with self._models.slot(self.model):
            self.sent.add(number)
            return await self._models.sample(
                self.model, self._request, number, self._settings.top_p, self._settings.more
            )

    def running(self) -> list[asyncio.Task[Completion]]:
        return list(self._tasks.values())

    def collect(self) -> None:
        """Take what came since the last call. The first failure gives up the other samples."""
        for number, task in list(self._tasks.items()):
            if task.done() and not task.cancelled():
                del self._tasks[number]
                try:
                    self.finished[number] = task.result()
                except ModelFailed as failure:
                    self.failure = self.failure or failure
        if self.failure:
            self.give_up()

    def give_up(self) -> None:
        """Cancel what is not there yet. `stop` waits until that is done."""
        self._begun = True
        for task in self._tasks.values():
            task.cancel()

    async def stop(self) -> None:
        self.give_up()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self.collect()

    def completions(self) -> list[Completion]:
        """What is there, in the order of the samples' numbers."""
        return [self.finished[number] for number in sorted(self.finished)]
