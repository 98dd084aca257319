"""python -m analysis theory: test the statements of section 4 on the measured votes."""

from collections import Counter

from analysis.theory.figures import write_figures
from analysis.theory.report import theory_report, write_report
from slmmux.config import load_config
from slmmux.paths import THEORY
from slmmux.stages.study import load_splits
from slmmux.theory.verdict import VERDICTS
from slmmux.tracking.record import Record


def add_parser(subparsers) -> None:
    subparsers.add_parser("theory", description=__doc__)


def run(args) -> Record:
    """Test every statement and write tables, verdicts and figures under results/theory.

    Raises InputError on missing or unreadable votes, BoundBroken when a theorem fails on a question.
    """
    config = load_config()
    loaded = {name: load_splits(name) for name in config.benchmark_names}
    votes = {name: (validation, test) for name, (validation, test, _) in loaded.items()}
    report = theory_report(votes, config.theory)
    tables = write_report(report, THEORY)
    figures = write_figures(report, THEORY)
    counts = Counter(found.verdict for found in report.findings)
    metrics = {f"claims/{verdict.replace(' ', '_')}": float(counts[verdict]) for verdict in VERDICTS}
    params = {"benchmarks": ",".join(votes), **config.theory.model_dump()}
    inputs = [dataset for _, _, datasets in loaded.values() for dataset in datasets]
    return Record("theory", params, metrics, inputs, [*tables, *figures], [*tables, *figures])
