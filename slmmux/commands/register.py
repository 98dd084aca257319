"""slmmux register BENCHMARK: a configuration that the search chose, as a model in MLflow's registry.

`mlflow models serve` serves it; it asks the models through the engine of the parameters, as they are now.
"""

import argparse
from pathlib import Path

from slmmux.config import load_config
from slmmux.serving.configuration import chosen
from slmmux.serving.register import register
from slmmux.tracking.runs import reachable, store_uri


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "register", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("benchmark")
    parser.add_argument(
        "--choice",
        metavar="NAME",
        help="a row of results/search/BENCHMARK/choices.csv (default: the most accurate on the validation split)",
    )


def run(args) -> None:
    root = Path.cwd()
    served, measured = chosen(load_config(), args.benchmark, args.choice)
    with reachable(root, "run `slmmux register` when it is back"):
        name, version, new = register(root, served, measured)
    print(f"{name}, version {version}{'' if new else ' (there already)'}: {served.choice}, as models:/{name}/{version}")
    print(
        f"Serve it: MLFLOW_TRACKING_URI={store_uri(root)} "
        f"mlflow models serve --env-manager local --timeout 600 -m models:/{name}/{version} -p 5001"
    )
