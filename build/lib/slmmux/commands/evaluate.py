"""`slmmux evaluate`: what a method scores on samples that are already there."""

import argparse
import json
import logging
import math
import sys
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np

from slmmux.benchmarks import BENCHMARKS
from slmmux.errors import InputError
from slmmux.orchestration import METHODS
from slmmux.orchestration.draws import TRIALS
from slmmux.orchestration.evaluate import evaluate
from slmmux.orchestration.evaluation import MODES
from slmmux.samples.lm_eval_logs import LogChoices
from slmmux.samples.read import read_samples
from slmmux.samples.tabulate import votes_from_samples
from slmmux.votes.archive import load_votes
from slmmux.votes.votes import Votes

VALIDATION = "validation"
# Level of the interval that the table shows.
CONFIDENCE = 0.95

log = logging.getLogger(__name__)


def add_parser(subparsers) -> None:
    """Add the `evaluate` parser, with `run` as its default."""
    parser = subparsers.add_parser(
        "evaluate",
        help="expected accuracy of a method on collected samples",
        description="The expected accuracy of a method over all draws of the samples: a short table on a terminal, one "
        "JSON object where the output is piped.",
    )
    parser.add_argument(
        "samples_files",
        nargs="+",
        metavar="SAMPLES",
        help="votes (.npz, a file a split); or a samples .parquet, a .json of the paper's released code, a .jsonl log "
        "of lm-evaluation-harness or an .eval log of Inspect; NAME=PATH names the model, NAME=PATH,PATH joins runs of "
        "one model",
    )
    parser.add_argument("--filter", help="filter of a log of lm-evaluation-harness (default: the first that serves)")
    parser.add_argument("--metric", help="metric or scorer that says which samples are right (default: the first)")
    parser.add_argument(
        "--read-as",
        "--benchmark",
        metavar="BENCHMARK",
        help=f"read and grade a log's raw responses as this benchmark does: {', '.join(BENCHMARKS)}",
    )
    parser.add_argument("--join", metavar="NAME", help="one name for several tasks, which become one benchmark")
    parser.add_argument("--models", metavar="A,B", help="models to use, in this order (default: all)")
    parser.add_argument("--samples", metavar="K|A=K,B=K", help="samples drawn from each model (default: all it has)")
    parser.add_argument("--split", default="test", help="split to evaluate on (default: %(default)s)")
    parser.add_argument("--method", choices=METHODS, default="slm_mux", help="default: %(default)s")
    parser.add_argument(
        "--validation-accuracy",
        metavar="A=X,B=Y",
        help=f"breaks ties between models (default: from the files' {VALIDATION} split)",
    )
    parser.add_argument("--mode", choices=MODES, default="exact", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation (default: %(default)s)")
    parser.add_argument(
        "--trials", type=int, default=TRIALS, help="draws a question when simulating (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON on a terminal too")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Evaluate and print. Raises InputError on any file, name or number that does not fit."""
    votes, validation = _load(args)
    per_model = _by_model("--samples", args.samples, int) if "=" in (args.samples or "") else None
    names = _names(args.models) if args.models is not None else list(per_model or votes.models)
    votes = votes.take_models(names)
    validation = None if validation is None else validation.take_models(names)
    budget = _budget(votes, args.samples, per_model)
    accuracy = _validation_accuracy(args, votes)
    nothing = validation is None and accuracy is None
    if nothing and len(votes.models) > 1 and METHODS[args.method].NEEDS_VALIDATION_ACCURACY:
        raise InputError(
            f"{args.method} needs validation accuracies: give --validation-accuracy "
            f"{','.join(f'{m}=X' for m in votes.models)} or a file with a {VALIDATION!r} split"
        )
    log.info("%s on %s/%s: %d questions", args.method, votes.benchmark, votes.split, len(votes.question_ids))
    result = evaluate(
        votes, budget, args.method, accuracy, args.mode, validation=validation, trials=args.trials, seed=args.seed
    )
    if result.note:
        log.warning(result.note)
    if result.mode != args.mode:
        log.warning("no exact law for this method and size: simulated %d draws a question", args.trials)
    selected = None if result.selected is None else dict(zip(votes.models, map(float, result.selected)))
    answer = {
        "method": args.method,
        "benchmark": votes.benchmark,
        "split": votes.split,
        "samples": dict(zip(votes.models, budget)),
        "accuracy": result.accuracy,
        "accuracy_se": _finite(result.accuracy_se),
        "questions": len(votes.question_ids),
        "mode": result.mode,
        "simulation_se": result.simulation_se,
        "selected": selected,
        "tie_probability": float(result.tie_probability.mean()),
        "tokens_per_question": _finite(float(result.tokens.mean())),
        "tokens_with_stopping": _mean(result.tokens_with_stopping),
        "rounds": _mean(result.rounds),
    }
    if args.json or not sys.stdout.isatty():
        print(json.dumps(answer, indent=2, allow_nan=False))
    else:
        print(table(answer))


def table(answer: Mapping[str, Any]) -> str:
    """The answer as a few aligned lines: value ± standard error, and the normal interval over questions."""
    accuracy, error = 100 * answer["accuracy"], answer["accuracy_se"]
    lines = {
        METHODS[answer["method"]].LABEL: f"{answer['benchmark']}/{answer['split']}, {answer['questions']} questions",
        "accuracy": f"{accuracy:.1f} %",
    }
    if error is not None:
        reach = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * 100 * error
        interval = f"[{max(0.0, accuracy - reach):.1f}, {min(100.0, accuracy + reach):.1f}]"
        lines["accuracy"] = f"{accuracy:.1f} ± {100 * error:.1f} %, {100 * CONFIDENCE:g} % interval {interval}"
    simulated = answer["simulation_se"]
    how = "" if simulated is None else f", which adds an error of {100 * simulated:.2f} %"
    lines["computed"] = answer["mode"] + how
    lines["samples"] = ", ".join(f"{model} {number}" for model, number in answer["samples"].items())
    if answer["selected"] is not None:
        lines["answers from"] = ", ".join(f"{model} {100 * s:.0f} %" for model, s in answer["selected"].items())
    lines["ties"] = f"{100 * answer['tie_probability']:.1f} %"
    if answer["tokens_per_question"] is not None:
        lines["tokens a question"] = f"{answer['tokens_per_question']:.0f}"
    if answer["tokens_with_stopping"] is not None:
        rounds = "" if answer["rounds"] is None else f", {answer['rounds']:.2f} models asked one after the other"
        lines["with stopping"] = f"{answer['tokens_with_stopping']:.0f}{rounds}"
    width = max(map(len, lines))
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in lines.items())


def _choices(args: argparse.Namespace) -> LogChoices:
    if args.read_as is not None and args.read_as not in BENCHMARKS:
        raise InputError(f"--read-as {args.read_as!r}: no such benchmark; there are: {', '.join(BENCHMARKS)}")
    return LogChoices(args.filter, args.metric, args.read_as)


def _budget(votes: Votes, samples: str | None, per_model: dict[str, int] | None) -> list[int]:
    if samples is None:
        return votes.pool.tolist()
    if per_model is None:
        try:
            return [int(samples)] * len(votes.models)
        except ValueError as error:
            raise InputError(f"--samples {samples!r}: expected a whole number or MODEL=NUMBER,...") from error
    return _in_order("--samples", per_model, votes)


def _load(args: argparse.Namespace) -> tuple[Votes, Votes | None]:
    """The votes of the split that was asked for, and of the validation split, None without one."""
    if any(name.endswith(".npz") for name in args.samples_files):
        return _load_votes(args)
    table = read_samples(args.samples_files, args.split, _choices(args), args.join)
    votes = votes_from_samples(table, args.split)
    if not (table["split"] == VALIDATION).any():
        return votes, None
    return votes, votes_from_samples(table, VALIDATION)


def _load_votes(args: argparse.Namespace) -> tuple[Votes, Votes | None]:
    """The same from files of votes, one a split."""
    if not all(name.endswith(".npz") for name in args.samples_files):
        raise InputError("votes (.npz) and files of samples can't be mixed")
    if (args.filter, args.metric, args.read_as, args.join) != (None, None, None, None):
        raise InputError("votes (.npz) are graded already: --filter, --metric, --read-as and --join don't apply")
    loaded = [load_votes(path) for path in args.samples_files]
    by_split = {votes.split: votes for votes in loaded}
    if len(by_split) < len(loaded) or len({votes.benchmark for votes in loaded}) > 1:
        raise InputError("give one file of votes a split, all of one benchmark")
    if args.split not in by_split:
        raise InputError(f"no votes of the split {args.split!r}; there are {', '.join(by_split)}")
    return by_split[args.split], by_split.get(VALIDATION)


def _validation_accuracy(args: argparse.Namespace, votes: Votes) -> np.ndarray | None:
    """(M,) from the option, else None."""
    if args.validation_accuracy is None:
        return None
    given = _by_model("--validation-accuracy", args.validation_accuracy, float)
    return np.array(_in_order("--validation-accuracy", given, votes))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _by_model(option: str, text: str, number):
    """{model: number} from 'a=1,b=2'."""
    values = {}
    for part in text.split(","):
        name, equals, value = part.rpartition("=")
        name = name.strip()
        try:
            values[name] = number(value)
        except ValueError as error:
            raise InputError(f"{option} {part!r}: expected MODEL=NUMBER") from error
        if not equals or not name:
            raise InputError(f"{option} {part!r}: expected MODEL=NUMBER")
    return values


def _in_order(option: str, values: dict, votes: Votes) -> list:
    unknown = [name for name in values if name not in votes.models]
    if unknown:
        raise InputError(f"{option}: no model {unknown[0]!r}; there are {', '.join(votes.models)}")
    missing = [name for name in votes.models if name not in values]
    if missing:
        raise InputError(f"{option}: nothing given for {missing[0]}")
    return [values[name] for name in votes.models]


def _mean(values: np.ndarray | None) -> float | None:
    return None if values is None else _finite(float(values.mean()))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
