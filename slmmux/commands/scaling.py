"""slmmux scaling BENCHMARK: accuracy against the number of models and against samples per model."""

from slmmux.config import load_config
from slmmux.paths import RESULTS, votes_file
from slmmux.results.scaling import scaling
from slmmux.tracking.record import Dataset, Record
from slmmux.tracking.result_files import write_results
from slmmux.votes.archive import load_votes

FOLDER = RESULTS / "scaling"


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("scaling", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    files = {split: votes_file(name, split) for split in ("validation", "test")}
    validation, test = (load_votes(file) for file in files.values())
    k = config.evaluation.samples_per_model
    found = scaling(validation, test, k, config.scaling)
    tables = {"by_models": found.by_models, "by_samples": found.by_samples}
    outputs = write_results(FOLDER / name, tables, found.metrics())
    params = {"benchmark": name, "models": ",".join(validation.models), "samples_per_model": k}
    params |= {
        key: ",".join(map(str, v)) if isinstance(v, list) else v for key, v in config.scaling.model_dump().items()
    }
    largest = found.by_models.iloc[-1]
    # The headline of the run: all the models it may use.
    metrics = found.metrics() | {key: float(largest[key]) for key in ("accuracy", "accuracy_se", "tokens_per_question")}
    inputs = [Dataset(f"votes of {name}, {split}", file) for split, file in files.items()]
    return Record(f"scaling@{name}", params, metrics, inputs, outputs, outputs, found.curves())
