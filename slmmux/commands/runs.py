"""slmmux runs [STAGE]: from dvc.lock to MLflow: the run that shows the very output dvc.lock names.

One line a stage, with tabs between: stage, run id, run name, git commit, link. A stage that the store does
not know has only dashes; `slmmux track` logs it.
"""

import argparse
from pathlib import Path

from slmmux.tracking.lock import locked_runs
from slmmux.tracking.runs import reachable


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("runs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", nargs="?", help="a stage as dvc.lock names it (default: all of them)")


def run(args) -> None:
    root = Path.cwd()
    with reachable(root, "run `slmmux runs` when it is back"):
        found = locked_runs(root, args.stage)
    for at in found:
        print("\t".join(part or "-" for part in (at.stage, at.run_id, at.name, at.git_commit, at.link)))
