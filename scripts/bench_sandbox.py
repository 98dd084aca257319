"""What the sandbox costs for each program: python -m scripts.bench_sandbox.

Prints the time from request to outcome, one program at a time, and programs per second with one caller for each
processor. Run it on a machine that does nothing else.
"""

import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from slmmux.sandbox import Limits, run_python

PROGRAM = "import json, hashlib, signal, re, math, typing\nprint(1)"
PROGRAMS = 200


def seconds(_: int = 0) -> float:
    started = time.perf_counter()
    assert run_python(PROGRAM, Limits()).status == "finished"
    return time.perf_counter() - started


def main() -> None:
    seconds()
    alone = [seconds() for _ in range(PROGRAMS)]
    print(f"one at a time: median {statistics.median(alone) * 1000:.1f} ms, fastest {min(alone) * 1000:.1f} ms")
    started = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(seconds, range(PROGRAMS)))
    print(f"{os.cpu_count()} callers: {PROGRAMS / (time.perf_counter() - started):.0f} programs per second")


if __name__ == "__main__":
    main()
