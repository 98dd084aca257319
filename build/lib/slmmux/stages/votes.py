"""slmmux votes BENCHMARK: the graded samples of all models as votes, one file a split."""

import pyarrow as pa

from slmmux.config import load_config
from slmmux.paths import samples_file, votes_file
from slmmux.samples.tabulate import votes_from_samples
from slmmux.stages.study import SPLITS
from slmmux.tables import SAMPLES, read_table
from slmmux.tracking.record import Dataset, Record
from slmmux.votes.archive import save_all


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("votes", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    files = [samples_file(name, model) for model in config.models_of(name)]
    table = pa.concat_tables([read_table(path, SAMPLES)[0] for path in files])
    metrics: dict[str, float] = {}
    written = {}
    for split in SPLITS:
        votes = votes_from_samples(table, split)
        written[votes_file(name, split)] = votes
        metrics[f"{split}/questions"] = len(votes.question_ids)
        for model, accuracy in zip(votes.models, votes.accuracy()):
            metrics[f"{split}/{model}/accuracy"] = float(accuracy)
    save_all(written)
    inputs = [Dataset(f"samples of {model}", path) for model, path in zip(config.models_of(name), files)]
    return Record(
        f"votes@{name}", {"benchmark": name, "models": ",".join(config.models_of(name))}, metrics, inputs, list(written)
    )
