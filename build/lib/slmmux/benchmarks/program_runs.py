"""Runs programs in the sandbox, many in one start, each in a process of its own.

What a program does ends at budgets that are counted, see `program_meter.py`. Processor time, time and memory
are bounded too, far beyond: they are a safety net. A run that it ends says nothing about the program; it is
repeated alone, and reported where that does not help.
"""

import json
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from slmmux.sandbox import Limits, lone_filter, run_python
from slmmux.settings import Positive, Strict

log = logging.getLogger(__name__)

# The harness and its companions, in the order in which they are loaded.
_FILES = ("rewriting", "meter", "calls", "surroundings", "values", "process", "harness")
_LOADER = """
import sys, types
package = sys.modules["slmmux.benchmarks"] = types.ModuleType("slmmux.benchmarks")
for name, text in {files!r}:
    module = sys.modules["slmmux.benchmarks." + name] = types.ModuleType("slmmux.benchmarks." + name)
    setattr(package, name, module)
    exec(compile(text, name + ".py", "exec"), module.__dict__)
module.run_all()
"""


class Budgets(Strict):
    """What a program may do while it is loaded, and in each call of its function.

    steps: loop passes, calls, and elements that built-in functions walk over. words: of eight bytes, taken by
    texts, containers and large integers. characters: printed. depth: of calls inside each other, where a program
    asks for more than usual. slow_calls: after how many observed calls over a budget the rest is not tried.
    """

    steps: Positive = 3_000_000
    words: Positive = 5_000_000
    characters: Positive = 1_000_000
    depth: Positive = 10_000
    slow_calls: Positive = 3


class SafetyNet(Strict):
    """Bounds of one run that no program within its budgets comes near to, and how often a run is tried."""

    cpu_seconds: Positive = 60
    wall_seconds: Positive = 120
    memory_megabytes: Positive = 2048
    tries: Positive = 2


@dataclass(frozen=True)
class Runs:
    """For each job its lines, without the last one; None for a job that the safety net ended at every try."""

    lines: list[list[str] | None]

    @property
    def ended_by_safety_net(self) -> int:
        return sum(lines is None for lines in self.lines)


def run_jobs(jobs: Sequence[dict[str, Any]], budgets: Budgets, net: SafetyNet) -> Runs:
    """Run jobs as `program_harness.py` knows them.

    Raises InputError where the sandbox can't be set up.
    """
    processors = os.cpu_count() or 1
    shares = [list(range(n, len(jobs), processors)) for n in range(min(processors, len(jobs)))]
    lines: list[list[str] | None] = [None] * len(jobs)

    def run(numbers: list[int]) -> dict[int, list[str]]:
        return {numbers[n]: found for n, found in _run([jobs[n] for n in numbers], budgets, net).items()}

    for found in in_parallel(run, shares):
        for number, said in found.items():
            lines[number] = said
    for _ in range(net.tries - 1):
        for number in [n for n, said in enumerate(lines) if said is None]:
            lines[number] = _run([jobs[number]], budgets, net).get(0)
    return Runs(lines)


def _run(jobs: list[dict[str, Any]], budgets: Budgets, net: SafetyNet) -> dict[int, list[str]]:
    """Number of a job → its lines, for those that came to their end."""
    settings = {
        "budgets": budgets.model_dump(include={"steps", "words", "characters"}),
        "depth": budgets.depth,
        "slow_calls": budgets.slow_calls,
        "wall_seconds": net.wall_seconds,
        "filter": lone_filter(os.uname().machine).hex(),
    }
    limits = Limits(
        cpu_seconds=net.cpu_seconds,
        memory_bytes=net.memory_megabytes << 20,
        wall_seconds=float(net.wall_seconds * (len(jobs) + 1)),
        # The harness forks; the programs can't. It and the process of the tests stand beside a program.
        may_fork=True,
        processes=10,
        output_bytes=1 << 26,
    )
    # Not in the source, which every program could find in its own process.
    given = json.dumps([jobs, settings]).encode()
    found: dict[int, list[str]] = {}
    for line in run_python(_LOADER.format(files=_texts()), limits, given).output.splitlines():
        number, _, text = line.partition(" ")
        if number.isdigit():
            found.setdefault(int(number), []).append(text)
    for lines in found.values():
        if lines[-1].startswith("fault "):
            log.info("a program was ended by the safety net (%s)", lines[-1].removeprefix("fault "))
    return {job: lines[:-1] for job, lines in found.items() if lines[-1] == "end"}


@lru_cache(maxsize=1)
def _texts() -> list[tuple[str, str]]:
    names = [f"program_{name}" for name in _FILES]
    return [(name, Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")) for name in names]


def in_parallel(function: Callable, values: Sequence) -> list:
    """The function's results in order, on all processors: each call waits for a process of its own."""
    with ThreadPoolExecutor(max(1, os.cpu_count() or 1)) as pool:
        return list(pool.map(function, values))
