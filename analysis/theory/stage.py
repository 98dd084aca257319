"""python -m analysis theory: test the statements of section 4 on the measured votes."""

from collections import Counter

from analysis.theory.figures import write_figures
from analysis.theory.report import theory_report, write_report
from slmmux.config import load_config
from slmmux.paths import THEORY, votes_file
from slmmux.theory.verdict import VERDICTS
from slmmux.tracking.record import Dataset, Record
from slmmux.votes.archive import load_votes


def add_parser(subparsers) -> None:
    subparsers.add_parser("theory", description=__doc__)


def run(args) -> Record:
    """Test every statement and write tables, verdicts and figures under results/theory.

    Raises InputError on missing or unreadable votes, BoundBroken when a theorem fails on a question.
    """
    config = load_config()
    files = {name: [votes_file(name, split) for split in ("validation", "test")] for name in config.benchmark_names}
    votes = {name: tuple(load_votes(path) for path in paths) for name, paths in files.items()}
    report = theory_report(votes, config.theory)
    tables = write_report(report, THEORY)
    figures = write_figures(report, THEORY)
    counts = Counter(found.verdict for found in report.findings)
    metrics = {f"claims/{verdict.replace(' ', '_')}": float(counts[verdict]) for verdict in VERDICTS}
    params = {"benchmarks": ",".join(files), **config.theory.model_dump()}
    inputs = [Dataset(f"votes of {name}, {path.stem}", path) for name, paths in files.items() for path in paths]
    return Record("theory", params, metrics, inputs, [*tables, *figures], [*tables, *figures])
