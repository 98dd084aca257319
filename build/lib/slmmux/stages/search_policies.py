"""slmmux search_policies BENCHMARK: search models, samples, the order of asking and the threshold that stops it.

Two aims, accuracy up and expected tokens with stopping down, on the exact evaluator and the validation split; measured
by the exact front where every policy can be evaluated, and the choices once on the test split.
"""

import optuna

from slmmux.config import load_config
from slmmux.paths import SEARCH_POLICIES
from slmmux.result_files import write_results
from slmmux.selection.policy_search import policy_search
from slmmux.stages.study import flat, load_splits
from slmmux.tracking.record import Record


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("search_policies", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    validation, test, inputs = load_splits(name)
    tables = policy_search(validation, test, config.search_policies, config.search, config.evaluation)
    metrics: dict[str, float] = {}
    for sampler, rows in tables["progress"].groupby("sampler", sort=False):
        metrics |= {f"{sampler}/{key}": float(rows[key].iloc[-1]) for key in ("regret", "hypervolume_share")}
    for row in tables["policies"].to_dict("records"):
        for key in ("validation_accuracy", "accuracy", "tokens_per_question"):
            metrics[f"{row['choice']}/{key}"] = float(row[key])
    outputs = write_results(SEARCH_POLICIES / name, tables, metrics)
    params = {"benchmark": name, "models": ",".join(validation.models)} | flat(config.search_policies.model_dump())
    told = {row["choice"]: _configuration(row) for row in tables["policies"].to_dict("records")}
    return Record(f"search_policies@{name}", params, metrics, inputs, outputs, outputs, configurations=told)


def _configuration(row: dict) -> dict[str, str]:
    """A policy as parameters of its run: models, and the samples of each."""
    drawn = dict(part.rsplit(":", 1) for part in row["policy"].split())
    samples = ",".join(drawn.values())
    return {"method": f"policy, {row['choice']}", "models": ",".join(drawn), "samples": samples}
