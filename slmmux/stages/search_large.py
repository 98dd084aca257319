"""slmmux search_large BENCHMARK: search a pool of many models, and measure the search by the best known.

The grid of budgets cannot be evaluated, so multi-start coordinate ascent on the exact evaluator stands for the truth.
Choices are made on the validation split and measured once on the test split; the difference is their optimism.
"""

from slmmux.config import load_config
from slmmux.paths import SEARCH
from slmmux.processes import in_processes
from slmmux.result_files import write_results
from slmmux.selection.large_search import large_search
from slmmux.stages.study import flat, load_splits
from slmmux.tracking.record import Record


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("search_large", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    validation, test, inputs = load_splits(name)
    tables = large_search(validation, test, config.search_large, config.search, config.evaluation, in_processes)
    metrics = {
        f"{row['sampler']}/after_{row['trials']}/{key}": float(row[key])
        for row in tables["progress"].to_dict("records")
        for key in ("regret_median", "hypervolume_share")
    }
    for row in tables["choices"].to_dict("records"):
        metrics |= {
            f"{row['choice']}/{key}": float(row[key]) for key in ("validation_accuracy", "accuracy", "optimism")
        }
    outputs = write_results(SEARCH / name, tables, metrics)
    params = {"benchmark": name, "models": len(validation.models)} | flat(config.search_large.model_dump())
    return Record(f"search_large@{name}", params, metrics, inputs, outputs, outputs)
