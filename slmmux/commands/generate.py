"""slmmux generate BENCHMARK MODEL: the model's samples; goes on where a killed run stopped."""

from slmmux.config import load_config
from slmmux.generation.generate import generate
from slmmux.paths import SHARDS, questions_file, responses_file


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("generate", description=__doc__)
    parser.add_argument("benchmark")
    parser.add_argument("model")


def run(args) -> None:
    out = responses_file(args.benchmark, args.model)
    generate(load_config(), args.benchmark, args.model, questions_file(args.benchmark), out, SHARDS)
