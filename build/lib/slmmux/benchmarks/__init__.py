"""Benchmarks by name. A benchmark is one file; adding one is adding its line here."""

from importlib import import_module

from slmmux.benchmarks.question import Benchmark
from slmmux.errors import InputError

# Each is a module of this folder that ends with its BENCHMARK.
BENCHMARKS: dict[str, Benchmark] = {
    name: import_module(f"slmmux.benchmarks.{name}").BENCHMARK
    for name in (
        "short_answers",
        "gsm_symbolic",
        "math_500",
        "gpqa",
        "gsm8k",
        "humaneval",
    )
}


def get_benchmark(name: str) -> Benchmark:
    """The benchmark of that name. Raises InputError for an unknown one."""
    if name not in BENCHMARKS:
        raise InputError(f"no benchmark {name!r}; there are: {', '.join(BENCHMARKS)}")
    return BENCHMARKS[name]
