"""slmmux subjects BENCHMARK: the best pair of models and its two members, by subject."""

from slmmux.config import load_config
from slmmux.paths import RESULTS, votes_file
from slmmux.results.subjects import subjects_table
from slmmux.tracking.record import Dataset, Record
from slmmux.tracking.result_files import write_tables
from slmmux.votes.archive import load_votes

FOLDER = RESULTS / "subjects"


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("subjects", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    files = {split: votes_file(name, split) for split in ("validation", "test")}
    validation, test = (load_votes(file) for file in files.values())
    k = config.evaluation.samples_per_model
    table = subjects_table(validation, test, k)
    outputs = write_tables(FOLDER / name, {"subjects": table})
    metrics = {
        f"{row['subject']}/{key}": float(row[key])
        for row in table[table["method"] == "slm_mux"].to_dict("records")
        for key in ("accuracy", "accuracy_se")
        # A subject of one question has no standard error.
        if row[key] == row[key]
    }
    params = {"benchmark": name, "models": ",".join(test.models), "samples_per_model": k}
    inputs = [Dataset(f"votes of {name}, {split}", file) for split, file in files.items()]
    return Record(f"subjects@{name}", params, metrics, inputs, outputs, outputs)
