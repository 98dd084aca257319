"""The command line: one program, which every DVC stage calls too."""

import argparse
import importlib
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

from slmmux.errors import InputError

# Each is a module of slmmux.commands with add_parser(subparsers) and run(args), imported when it is used.
COMMANDS = {
    "questions": "list a benchmark's questions",
    "generate": "generate a model's samples on a benchmark",
    "discuss": "let models talk about questions, by one of the protocols the paper compares with",
    "label": "let a model label the failed debates",
    "grade": "read and grade the answers",
    "votes": "turn graded samples into votes",
    "compare": "SLM-MUX and its rivals on the test split",
    "search": "search models and samples per model, and measure the search",
    "discussion": "methods whose models talk beside those whose models do not, and groupthink",
    "scaling": "accuracy against models and against samples per model",
    "attribution": "whose answer SLM-MUX takes, against samples per model",
    "subjects": "the best pair of models and its two members, by subject",
    "gains": "what searched pairs gain over their best model and over Agent Forest",
    "theory": "test the paper's statements on the measured votes",
    "fidelity": "what each departure of the released code from the paper does to the result",
    "figures": "the pictures of the results, the paper's numbers beside ours",
    "workflow": "the method on one measured question, as a diagram",
    "report": "the result table and picture of all benchmarks",
    "claims": "the paper's tables beside ours, and the verdict on each of its claims",
    "track": "show every stage in MLflow, also those that came from the cache",
    "runs": "the MLflow run of every stage in dvc.lock",
    "register": "register a searched configuration as a model in MLflow",
    "readme": "put the generated tables into README.md and docs",
    "compose": "write params.yaml from a profile",
    "plan": "what a profile's samples will cost, beforehand",
    "evaluate": "evaluate any file of samples",
    "fetch": "fetch a model and print where it lies",
}


def finish_stage(record, started: datetime) -> None:
    """Write the stage's record, and note that it ran here for the next `slmmux track`."""
    from slmmux.tracking.executions import note_execution
    from slmmux.tracking.record import write_record

    note_execution(Path.cwd(), write_record(record), started)


def main(argv: list[str] | None = None) -> int:
    """Run one command. Returns 0, 2 on bad input (one line on standard error), 130 when interrupted."""
    argv = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(prog="slmmux", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    # Only the command that was asked for is imported, so that `slmmux --help` is instant.
    for name, summary in COMMANDS.items():
        if name in argv[:1]:
            importlib.import_module(f"slmmux.commands.{name}").add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=summary)
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for noisy in ("httpx", "httpx2", "openai", "alembic", "mlflow"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        started = datetime.now(UTC)
        record = importlib.import_module(f"slmmux.commands.{args.command}").run(args)
        if record is not None:
            finish_stage(record, started)
    except InputError as error:
        print(f"slmmux {args.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"slmmux {args.command}: interrupted; finished samples are kept", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
