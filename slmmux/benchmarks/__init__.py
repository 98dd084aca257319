"""Benchmarks by name. A benchmark is one file; adding one is adding its line here."""

from slmmux.benchmarks import gpqa, gsm8k, gsm_symbolic, humaneval, math_500, short_answers
from slmmux.benchmarks.question import Benchmark
from slmmux.errors import InputError

BENCHMARKS: dict[str, Benchmark] = {
    module.BENCHMARK.name: module.BENCHMARK
    for module in (short_answers, gsm_symbolic, math_500, gpqa, gsm8k, humaneval)
}


def get_benchmark(name: str) -> Benchmark:
    """The benchmark of that name. Raises InputError for an unknown one."""
    if name not in BENCHMARKS:
        raise InputError(f"no benchmark {name!r}; there are: {', '.join(BENCHMARKS)}")
    return BENCHMARKS[name]
