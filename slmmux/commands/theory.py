"""slmmux theory: test the statements of section 4 on the measured votes."""

import logging

from analysis.theory import theory_report, write_report
from analysis.theory_figures import write_figures
from slmmux.config import load_config
from slmmux.paths import RESULTS, votes_file
from slmmux.votes.archive import load_votes

FOLDER = RESULTS / "theory"

log = logging.getLogger(__name__)


def add_parser(subparsers) -> None:
    """Add the `theory` parser."""
    subparsers.add_parser("theory", description=__doc__)


def run(args) -> None:
    """Test every statement and write tables, verdicts and figures under results/theory.

    Raises InputError on missing or unreadable votes, BoundBroken when a theorem fails on a question.
    """
    config = load_config()
    votes = {
        name: tuple(load_votes(votes_file(name, split)) for split in ("validation", "test"))
        for name in config.benchmark_names
    }
    report = theory_report(votes, config.theory)
    write_report(report, FOLDER)
    write_figures(report, FOLDER)
    for found in report.findings:
        log.info("%s: %s", found.claim, found.verdict)
