"""slmmux serve CONFIG: SLM-MUX of several models as one model with the OpenAI API.

CONFIG is a YAML file; experiments/serving/example.yaml explains its keys.
"""

import argparse
import contextlib
import socket
from pathlib import Path

from slmmux.errors import InputError
from slmmux.serving.configuration import load_serving


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("serve", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path, metavar="CONFIG")
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    parser.add_argument("--port", type=int, default=8000, help="default: %(default)s")


def run(args) -> None:
    configuration = load_serving(args.config)
    # Imported here: a wrong CONFIG is refused at once.
    import uvicorn

    from slmmux.serving.endpoint import application

    try:
        bound = socket.create_server((args.host, args.port))
    except OSError as error:
        raise InputError(f"{args.host}:{args.port}: {(error.strerror or str(error)).lower()}") from None
    models = ", ".join(f"{model.name} × {model.samples}" for model in configuration.in_order())
    address = f"http://{args.host}:{bound.getsockname()[1]}/v1"
    print(f"{configuration.name} at {address}: {models}, {configuration.policy}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(uvicorn.Config(application(configuration), log_level="warning")).run(sockets=[bound])
