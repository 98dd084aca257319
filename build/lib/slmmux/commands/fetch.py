"""slmmux fetch MODEL: fetch a model's weights, check them, and print where they lie."""

from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.generation.weights import fetch_gguf
from slmmux.generation_settings import HubSource


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("fetch", description=__doc__)
    parser.add_argument("model")


def run(args) -> None:
    spec = load_config().model(args.model)
    if isinstance(spec.source, HubSource):
        raise InputError(f"model {args.model}: comes from the hub ({spec.source.id}); the engine fetches it itself")
    print(fetch_gguf(args.model, spec.source))
