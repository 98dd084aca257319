"""slmmux attribution BENCHMARK: whose answer SLM-MUX takes, against samples per model."""

from slmmux.config import load_config
from slmmux.paths import RESULTS, votes_file
from slmmux.results.attribution import attribution_table
from slmmux.tracking.record import Dataset, Record
from slmmux.tracking.result_files import write_tables
from slmmux.votes.archive import load_votes

FOLDER = RESULTS / "attribution"


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("attribution", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    files = {split: votes_file(name, split) for split in ("validation", "test")}
    validation, test = (load_votes(file) for file in files.values())
    table = attribution_table(validation, test)
    outputs = write_tables(FOLDER / name, {"attribution": table})
    k = config.evaluation.samples_per_model
    at_k = table[table["samples"] == k]
    metrics = {f"{row['answered_by']}/share": float(row["share"]) for row in at_k.to_dict("records")}
    curves = {
        f"{by}/share": dict(zip(rows["samples"].tolist(), rows["share"].tolist()))
        for by, rows in table.groupby("answered_by", sort=False)
    }
    params = {"benchmark": name, "models": ",".join(test.models), "samples_per_model": k}
    inputs = [Dataset(f"votes of {name}, {split}", file) for split, file in files.items()]
    return Record(f"attribution@{name}", params, metrics, inputs, outputs, outputs, curves)
