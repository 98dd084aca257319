"""The command line `slmmux`: data stages, and tools for samples, profiles and models.

Tables, figures and pages of the results are made by the second command line, `python -m analysis`.
"""

import argparse
import codecs
import importlib
import io
import logging
import os
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from slmmux import __version__
from slmmux.errors import InputError, line_of, printable
from slmmux.extras import missing_extra

# Heading → command → (module with add_parser(subparsers) and run(args), one line of help). A module is imported
# only when its command is used. A module of `slmmux.stages` is a stage of dvc.yaml.
COMMANDS: dict[str, dict[str, tuple[str, str]]] = {
    "stages that make data": {
        "questions": ("slmmux.stages.questions", "list a benchmark's questions"),
        "generate": ("slmmux.stages.generate", "generate a model's samples on a benchmark"),
        "grade": ("slmmux.stages.grade", "read and grade the answers"),
        "votes": ("slmmux.stages.votes", "turn graded samples into votes"),
        "import": ("slmmux.stages.import_votes", "turn samples that others published into votes"),
        "discuss": ("slmmux.stages.discuss", "run a multi-agent protocol on test questions"),
        "label": ("slmmux.stages.label", "let a model label the failed debates"),
    },
    "stages that measure": {
        "compare": ("slmmux.stages.compare", "SLM-MUX and the baselines on the test split"),
        "search": ("slmmux.stages.search", "search models and samples per model, and measure the search"),
        "search_large": ("slmmux.stages.search_large", "search a pool of many models, measured by the best known"),
        "search_policies": ("slmmux.stages.search_policies", "search models, samples, order and stopping together"),
        "scaling": ("slmmux.stages.scaling", "accuracy by number of models and of samples per model"),
        "attribution": ("slmmux.stages.attribution", "whose answer SLM-MUX takes, by samples per model"),
        "subjects": ("slmmux.stages.subjects", "the best pair of models and its two members, by subject"),
        "gains": ("slmmux.stages.gains", "gains of searched pairs over their best model and over Agent Forest"),
        "pools": ("slmmux.stages.pools", "the paper's claims on pools of comparable models and with a leader"),
        "map": ("slmmux.stages.gain_map", "what every pair and triple of models gains, and what predicts it"),
        "rules": ("slmmux.stages.rules", "every rule on every pool, against SLM-MUX and the best model alone"),
        "certainty": ("slmmux.stages.certainty", "questions a difference needs, and what choosing a subset costs"),
        "objective_on_pools": ("slmmux.stages.objective_on_pools", "whether the paper's objective ranks real pools"),
        "compare_discussions": ("slmmux.stages.compare_discussions", "multi-agent protocols beside the other methods"),
    },
    "your own samples and models": {
        "evaluate": ("slmmux.commands.evaluate", "evaluate a method on any file of samples"),
        "export-hf": ("slmmux.commands.export_hf", "write the samples as a Hugging Face dataset with a card"),
        "study": ("slmmux.commands.study", "keep a search's study where optuna-dashboard opens it"),
        "register": ("slmmux.commands.register", "register a searched configuration as a model in MLflow"),
        "serve": ("slmmux.commands.serve", "serve SLM-MUX of several models with the OpenAI API"),
        "fetch": ("slmmux.commands.fetch", "fetch a model and print its path"),
    },
    "profiles and history": {
        "compose": ("slmmux.commands.compose", "write params.yaml from a profile"),
        "plan": ("slmmux.commands.plan", "estimate what a profile's samples will cost"),
        "track": ("slmmux.commands.track", "show every stage in MLflow, also those that came from the cache"),
        "trace": ("slmmux.commands.trace", "show questions in MLflow: samples, votes and the decision"),
        "runs": ("slmmux.commands.runs", "the MLflow run of every stage in dvc.lock"),
    },
}


class _Formatter(logging.Formatter):
    """Messages quote files and servers: their control characters are shown, not sent to the terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return printable(super().formatMessage(record))


_LOOK_ALIKES = str.maketrans({"±": "+-", "×": "x", "→": "->", "≤": "<=", "≥": ">=", "−": "-", "–": "-", "µ": "u"})


def _look_alike(error: UnicodeError) -> tuple[str, int]:
    """For characters that a locale lacks: what looks like them, else escapes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end].translate(_LOOK_ALIKES)
    return lacking.encode("ascii", "backslashreplace").decode(), error.end


def _set_up_streams() -> None:
    codecs.register_error("look-alike", _look_alike)
    for stream in (sys.stdout, sys.stderr):
        # A locale without Unicode, or a file name that is no text, must not stop a result from being shown.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="look-alike")
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    logging.getLogger().handlers[0].setFormatter(_Formatter("%(levelname)s %(name)s: %(message)s"))
    for noisy in ("httpx", "httpx2", "openai", "alembic", "mlflow"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def finish_stage(record, started: datetime) -> None:
    """Write the stage's record, and note that it ran here for the next `slmmux track`."""
    from slmmux.tracking.executions import note_execution
    from slmmux.tracking.record import write_record

    note_execution(Path.cwd(), write_record(record), started)


def _about_a_changed_result(error: Exception) -> str | None:
    """One line on an error that a cut or edited result file explains; None where all are as they were written."""
    from slmmux.tracking.record import changed_outputs

    changed = changed_outputs(Path.cwd())
    if not changed:
        return None
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    what = printable(" ".join([type(error).__name__, *str(error).split()]))[:80]
    return f"{changed[0]}{more}: not what its stage wrote ({what}); run `dvc repro`, or `git restore` it"


def main(argv: list[str] | None = None) -> int:
    return run_command_line("slmmux", __doc__, COMMANDS, argv)


def run_command_line(
    program: str,
    description: str | None,
    groups: Mapping[str, Mapping[str, tuple[str, str]]],
    argv: list[str] | None = None,
) -> int:
    """Run one command. Returns 0, 2 on bad input (one line on standard error), 130 when interrupted."""
    # Matrices here are small: threads of the linear algebra wait for each other longer than they work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    argv = sys.argv[1:] if argv is None else argv
    commands = {name: command for group in groups.values() for name, command in group.items()}
    listed = "\n".join(
        f"{heading}:\n" + "\n".join(f"  {name:21}{summary}" for name, (_, summary) in group.items()) + "\n"
        for heading, group in groups.items()
    )
    parser = argparse.ArgumentParser(
        prog=program, description=description, epilog=listed, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"slmmux {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    # Only the command that was asked for is imported, so that `--help` is instant.
    asked = argv[0] if argv[:1] and argv[0] in commands else None
    for name in commands:
        if name != asked:
            subparsers.add_parser(name)
    try:
        if asked:
            importlib.import_module(commands[asked][0]).add_parser(subparsers)
        for word in argv:
            # argparse would give the command an empty list in place of a text.
            if word.startswith("--") and word.endswith("=--"):
                raise InputError(f"{word.removesuffix('=--')}: no value after the sign =")
        args = parser.parse_args(argv)
        _set_up_streams()
        started = datetime.now(UTC)
        record = importlib.import_module(commands[args.command][0]).run(args)
        if record is not None:
            finish_stage(record, started)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has closed it, as `head` does.
        _write_no_more(sys.stdout)
        return 128 + signal.SIGPIPE
    except Exception as error:
        line = missing_extra(error) if isinstance(error, ModuleNotFoundError) else line_of(error)
        line = line or _about_a_changed_result(error)
        if line is None:
            raise
        _complain(f"{program} {asked}: {line}")
        return 2
    except KeyboardInterrupt:
        _complain(f"{program} {asked}: interrupted; finished samples are kept")
        return 130
    return 0


def _complain(line: str) -> None:
    """Whoever reads standard error may have closed it: the exit status says the rest."""
    try:
        print(line, file=sys.stderr, flush=True)
    except BrokenPipeError:
        _write_no_more(sys.stderr)


def _write_no_more(stream) -> None:
    """Nothing more can be written to a closed pipe, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    sys.exit(main())
