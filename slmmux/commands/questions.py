"""slmmux questions BENCHMARK: the benchmark's question list, with digests of what is asked."""

from slmmux.benchmarks.ask import write_questions
from slmmux.config import load_config
from slmmux.paths import questions_file


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("questions", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> None:
    write_questions(load_config(), args.benchmark, questions_file(args.benchmark))
