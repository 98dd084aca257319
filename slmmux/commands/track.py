"""slmmux track: a run in MLflow for every stage, also for those whose outputs came from the cache."""

from pathlib import Path

from slmmux.tracking.runs import store_uri, sync


def add_parser(subparsers) -> None:
    subparsers.add_parser("track", description=__doc__)


def run(args) -> None:
    new = sync(Path.cwd())
    what = f"{len(new)} stages added as cached" if new else "every stage is there already"
    print(f"MLflow ({store_uri(Path.cwd())}): {what}")
