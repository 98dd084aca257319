"""slmmux questions BENCHMARK: the benchmark's question list, with digests of what is asked."""

from collections import Counter

from slmmux.benchmarks.question_list import write_questions
from slmmux.config import load_config
from slmmux.paths import questions_file
from slmmux.tracking.record import Record


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("questions", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    out = questions_file(args.benchmark)
    questions = write_questions(load_config(), args.benchmark, out)
    sizes = Counter(f"{question.split}/questions" for question in questions)
    return Record(f"questions@{args.benchmark}", {"benchmark": args.benchmark}, dict(sizes), [], [out])
