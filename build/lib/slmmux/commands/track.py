"""slmmux track: a run in MLflow for every stage that ran, and for those whose outputs came from the cache."""

from slmmux.errors import without_passwords
from slmmux.tracking.runs import track
from slmmux.tracking.store import open_experiment, repository_root, store_uri, table_link


def add_parser(subparsers) -> None:
    subparsers.add_parser("track", description=__doc__)


def run(args) -> None:
    root = repository_root()
    ran, cached = track(root)
    where = without_passwords(store_uri(root))
    print(f"MLflow ({where}): {ran} new runs of stages that ran, {cached} of stages from the cache")
    print(f"The most accurate first, once `make ui` runs: {table_link(root, open_experiment(root))}")
