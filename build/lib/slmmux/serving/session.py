"""A registered model for callers that are not asynchronous, from any number of threads."""

import asyncio
from collections.abc import Sequence
from threading import Lock, Thread

from slmmux.sandbox import accept_mode
from slmmux.serving.answer import Answer, answer, default_settings
from slmmux.serving.configuration import RegisteredConfiguration, ServedConfiguration
from slmmux.serving.local_servers import LocalServers
from slmmux.serving.models import Models
from slmmux.serving.question import Conversation


class Session:
    """One event loop in a thread of its own answers the questions of all callers at once. Servers of its own are
    started at the first question."""

    def __init__(self, registered: RegisteredConfiguration) -> None:
        accept_mode(registered.served.sandbox)
        self._registered = registered
        self._lock = Lock()
        self._loop = asyncio.new_event_loop()
        self._open: tuple[ServedConfiguration, Models] | None = None
        self._servers: LocalServers | None = None
        Thread(target=self._loop.run_forever, daemon=True).start()

    def answers(self, questions: Sequence[Conversation]) -> list[Answer]:
        """One answer a question, in order. Raises InputError where a server can't be had, ModelFailed where a model
        fails; the other questions are given up then."""
        configuration, models = self._opened()
        return asyncio.run_coroutine_threadsafe(_all(configuration, models, questions), self._loop).result()

    def _opened(self) -> tuple[ServedConfiguration, Models]:
        with self._lock:
            if self._open is None:
                configuration = self._registered.served
                if self._registered.engine is not None:
                    self._servers = LocalServers(self._registered, self._registered.engine)
                    configuration = self._servers.start()
                self._open = configuration, Models(configuration)
            return self._open

    def close(self) -> None:
        with self._lock:
            if self._open is not None:
                asyncio.run_coroutine_threadsafe(self._open[1].close(), self._loop).result()
            if self._servers is not None:
                self._servers.close()
            self._open = self._servers = None
            self._loop.call_soon_threadsafe(self._loop.stop)


async def _all(configuration: ServedConfiguration, models: Models, questions: Sequence[Conversation]) -> list[Answer]:
    settings = default_settings(configuration)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(answer(configuration, models, asked, settings)) for asked in questions]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]
