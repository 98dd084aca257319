"""slmmux gains BENCHMARK: what searched pairs gain over their best model and over Agent Forest."""

from slmmux.config import load_config
from slmmux.paths import RESULTS, votes_file
from slmmux.results.gains import gains
from slmmux.tracking.record import Dataset, Record
from slmmux.tracking.result_files import write_tables
from slmmux.votes.archive import load_votes

FOLDER = RESULTS / "gains"


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("gains", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    files = {split: votes_file(name, split) for split in ("validation", "test")}
    validation, test = (load_votes(file) for file in files.values())
    table = gains(validation, test, config.evaluation, config.scaling)
    outputs = write_tables(FOLDER / name, {"gains": table})
    metrics = {
        f"{row['comparison']}/pair_{row['group']}/{key}": float(row[key])
        for row in table.to_dict("records")
        for key in ("gain", "gain_low", "gain_high")
    }
    settings = config.evaluation
    params = {
        "benchmark": name,
        "models": ",".join(test.models),
        "samples_per_model": settings.samples_per_model,
        "samples": ",".join(map(str, config.scaling.samples)),
        "pairs": config.scaling.pairs,
        "confidence": settings.confidence,
        "bootstrap_resamples": settings.bootstrap_resamples,
        "seed": settings.seed,
    }
    inputs = [Dataset(f"votes of {name}, {split}", file) for split, file in files.items()]
    return Record(f"gains@{name}", params, metrics, inputs, outputs, outputs)
