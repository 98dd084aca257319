"""slmmux runs [STAGE]: from dvc.lock to MLflow: the run that shows the very output dvc.lock names.

A table on a terminal; elsewhere one line a stage with tabs between: stage, run id, run name, git commit, link. A
stage that the store does not know has only dashes; `slmmux track` logs it.
"""

import argparse
import sys

from slmmux.tracking.lock import locked_runs
from slmmux.tracking.store import reachable, repository_root

SHORT = 9  # characters of a commit on a terminal


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("runs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", nargs="?", help="a stage as dvc.lock names it (default: all of them)")


def run(args) -> None:
    root = repository_root()
    with reachable(root, "run `slmmux runs` when it is back"):
        found = locked_runs(root, args.stage)
    rows = [[part or "-" for part in (at.stage, at.run_id, at.name, at.git_commit, at.link)] for at in found]
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(row))
        return
    shown = [["stage", "commit", "link"], *([stage, commit[:SHORT], link] for stage, _, _, commit, link in rows)]
    widths = [max(map(len, column)) for column in zip(*shown)]
    for row in shown:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
