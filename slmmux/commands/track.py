"""slmmux track: a run in MLflow for every stage that ran, and for those whose outputs came from the cache."""

from pathlib import Path

from slmmux.tracking.runs import store_uri, track


def add_parser(subparsers) -> None:
    subparsers.add_parser("track", description=__doc__)


def run(args) -> None:
    ran, cached = track(Path.cwd())
    print(f"MLflow ({store_uri(Path.cwd())}): {ran} new runs of stages that ran, {cached} of stages from the cache")
