"""slmmux compare BENCHMARK: SLM-MUX and its rivals on the test split."""

import csv
import io
import json

from slmmux.config import load_config
from slmmux.files import write_text
from slmmux.paths import COMPARE, votes_file
from slmmux.results.compare import compare, question_rows
from slmmux.tracking.record import Dataset, Record
from slmmux.votes.archive import load_votes


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("compare", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    files = [votes_file(name, split) for split in ("validation", "test")]
    comparison = compare(load_votes(files[0]), load_votes(files[1]), config.evaluation)
    summary, per_question = COMPARE / name / "methods.json", COMPARE / name / "questions.csv"
    write_text(summary, json.dumps(comparison.summary(), indent=1, allow_nan=False) + "\n")
    rows, text = question_rows(comparison), io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(per_question, text.getvalue())
    settings = config.evaluation
    params = {
        "benchmark": name,
        "models": ",".join(comparison.validation_accuracy),
        "samples_per_model": comparison.k,
        "searched_models": ",".join(comparison.searched),
        "confidence": settings.confidence,
        "bootstrap_resamples": settings.bootstrap_resamples,
        "seed": settings.seed,
    }
    metrics = {f"{m}/{key}": v for m, row in comparison.rows.items() for key, v in row.metrics().items()}
    # The headline of the run, so that the list of runs can be sorted by it.
    metrics |= comparison.rows["slm_mux_searched"].metrics()
    inputs = [Dataset(f"votes of {name}, {file.stem}", file) for file in files]
    return Record(f"compare@{name}", params, metrics, inputs, [summary, per_question], [summary, per_question])
