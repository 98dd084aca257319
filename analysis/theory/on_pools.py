"""python -m analysis theory_on_pools: the statements of section 4 on pools of published models."""

from collections import Counter
from dataclasses import replace

from analysis.theory.report import theory_report, write_report
from slmmux.config import load_config
from slmmux.paths import THEORY_ON_POOLS
from slmmux.stages.study import load_splits
from slmmux.theory.verdict import VERDICTS
from slmmux.tracking.record import Record
from slmmux.votes.votes import Votes


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("theory_on_pools", description=__doc__)
    parser.add_argument("together", choices=["all"], help="the published benchmarks: all of the profile's")


def run(args) -> Record:
    """Every statement with its verdict by pool, under results/theory_on_pools.

    Raises InputError on missing votes or an unknown pool, BoundBroken when a theorem fails on a question.
    """
    config = load_config()
    settings = config.theory.model_copy(update={"max_samples": config.pools.theory_max_samples})
    votes: dict[str, tuple[Votes, Votes]] = {}
    inputs = []
    for benchmark in config.published_names:
        validation, test, datasets = load_splits(benchmark)
        inputs += datasets
        for pool in config.pools.theory.get(benchmark, []):
            models = config.pools_of(benchmark)[pool]
            name = f"{benchmark}/{pool}"
            votes[name] = (
                replace(validation.take_models(models), benchmark=name),
                replace(test.take_models(models), benchmark=name),
            )
    report = theory_report(votes, settings)
    # The tables behind every verdict are those of `theory`; here the verdicts and their evidence are enough.
    files = write_report(replace(report, tables={}), THEORY_ON_POOLS)
    counts = Counter(found.verdict for found in report.findings)
    metrics = {f"claims/{verdict.replace(' ', '_')}": float(counts[verdict]) for verdict in VERDICTS}
    params = {"pools": ",".join(votes), **settings.model_dump()}
    return Record("theory_on_pools@all", params, metrics, inputs, files, files)
