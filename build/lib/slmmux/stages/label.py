"""slmmux label BENCHMARK: let a model say which of the failed debates failed through groupthink."""

from collections import Counter

from slmmux.config import load_config
from slmmux.discussion.failed_debates import failed_debates
from slmmux.discussion.label_groupthink import PROTOCOL, groupthink_label, label_of
from slmmux.discussion.protocol import TRANSCRIPT
from slmmux.discussion.run_protocol import run_rounds
from slmmux.errors import InputError
from slmmux.paths import SHARDS, discussion_file, labels_file, questions_file
from slmmux.tables import read_table
from slmmux.tracking.record import Dataset, Record


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("label", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, benchmark = load_config(), args.benchmark
    config.benchmark(benchmark)
    transcript, out = discussion_file(benchmark, "llm_debate"), labels_file(benchmark)
    turns = read_table(transcript, TRANSCRIPT)[0].to_pylist()
    debates = failed_debates(config, benchmark, turns, questions_file(benchmark))
    labeller = config.discussion.labeller
    if labeller is None:
        raise InputError("discussion.labeller: no model is named that labels the failed debates")
    run_rounds(groupthink_label(debates, labeller), config, benchmark, PROTOCOL, out, SHARDS)
    table, provenance = read_table(out, TRANSCRIPT, may_be_empty=True)
    labels = Counter(label_of(reply) for reply in table["response"].to_pylist())
    params = {"benchmark": benchmark, "labeller": labeller}
    metrics = {"failed_debates": len(debates)} | {f"labels/{label}": count for label, count in sorted(labels.items())}
    inputs = [Dataset(f"debates on {benchmark}", transcript)]
    return Record(f"label@{benchmark}", params, metrics, inputs, [out], engine=provenance["versions"])
