"""slmmux register BENCHMARK: a configuration that the search chose, as a model in MLflow's registry.

`mlflow models serve` serves it; it asks the models through the engine of the parameters, as they are now. The default
is the most accurate choice with several models, as slm-mux-BENCHMARK. A choice with one model becomes
single-model-BENCHMARK.
"""

import argparse
from pathlib import Path

from slmmux.config import load_config
from slmmux.errors import without_passwords
from slmmux.serving.register import register
from slmmux.serving.searched import searched
from slmmux.tracking.store import reachable, store_uri


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "register", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("benchmark")
    parser.add_argument(
        "--choice",
        metavar="NAME",
        help="a row of results/search/BENCHMARK/choices.csv (default: the most accurate on the validation split with "
        "several models)",
    )


def run(args) -> None:
    root = Path.cwd()
    found = searched(load_config(), args.benchmark, args.choice)
    registered, models = found.configuration, found.configuration.served.models
    with reachable(root, "run `slmmux register` when it is back"):
        name, version, new = register(root, found)
    there = "" if new else " (there already)"
    print(f"{name}, version {version}{there}: {registered.choice}, as models:/{name}/{version}")
    print(f"It asks {', '.join(f'{model.name} × {model.samples}' for model in models)}.")
    if len(models) == 1:
        print("A single model won: this is no SLM-MUX, and its name says so.")
    elif found.alone is not None:
        choice, accuracy = found.alone
        print(
            f"One model alone is more accurate on the validation split: {100 * accuracy:.1f} % against "
            f"{100 * found.measured['validation_accuracy']:.1f} %; `--choice {choice}` registers it."
        )
    print(
        f"Serve it: MLFLOW_TRACKING_URI={without_passwords(store_uri(root))} "
        f"mlflow models serve --env-manager local --timeout 600 -m models:/{name}/{version} -p 5001"
    )
