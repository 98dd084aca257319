"""From an engine to the store: finished requests are written as they come, and what was refused is reported."""

import logging
from collections.abc import Callable, Sequence

from slmmux.errors import InputError
from slmmux.generation.engine import Completion, Engine, Refused, Request
from slmmux.generation.shards import Shards

log = logging.getLogger(__name__)


def store_samples(
    engine: Engine,
    requests: Sequence[Request],
    names: Sequence[str],
    store: Shards,
    row: Callable[[int, int, Completion], dict],
    unsaved: int,
    finished: Callable[[list[Completion]], object],
) -> None:
    """Let the engine complete all requests, and store a row of every sample.

    names: of the requests, for messages. row(index of the request, sample within it, completion): what is stored.
    unsaved: at most so many finished requests are not yet stored, so a killed run loses no more of what was
    finished. finished: called with the completions of every finished request.

    Raises InputError after the last request where samples were refused: all others are stored by then, and the same
    call asks for the refused ones again. Whatever the engine raises comes through after what it finished is stored.
    """
    rows, waiting, refused = [], 0, []
    try:
        for index, samples in engine.generate(requests):
            completions = []
            for number, sample in enumerate(samples):
                if isinstance(sample, Refused):
                    refused.append((names[index], sample.reason))
                    log.warning("%s: %s", *refused[-1])
                else:
                    rows.append(row(index, number, sample))
                    completions.append(sample)
            finished(completions)
            waiting += 1
            if waiting == unsaved:
                part, rows, waiting = rows, [], 0
                store.add(part, [engine.versions])
    finally:
        # Also when the engine fails in the middle: what it finished is kept.
        store.add(rows, [engine.versions])
    if refused:
        questions = len({name for name, _ in refused})
        total = sum(request.samples for request in requests)
        raise InputError(
            f"{len(refused)} of {total} samples were refused, of {questions} questions, first {refused[0][0]}: "
            f"{refused[0][1]}. The others are stored; the same command asks for these alone"
        )
