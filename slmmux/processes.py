"""Independent computations side by side, each in a process of its own."""

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Result = TypeVar("Result")
# Computations at a time; no result depends on it.
WORKERS = 2


def in_processes(function: Callable[..., Result], *arguments: Iterable) -> list[Result]:
    """As `list(map(function, *arguments))`. The function is one of a module, so that a process can import it; what it
    raises is raised here."""
    # Not forked: libraries may run threads here, whose locks a fork would copy as they are.
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as workers:
        return list(workers.map(function, *arguments))
