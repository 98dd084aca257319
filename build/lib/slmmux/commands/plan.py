"""slmmux plan PROFILE: what a profile's samples will cost, before anything is fetched or generated.

PROFILE is a name, a file of experiments/profile/, or any composed parameters such as params.yaml.
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from slmmux.commands.compose import PROFILES, compose
from slmmux.config import Config, load_config, parse_config
from slmmux.discussion.plan import discussion_work
from slmmux.errors import InputError
from slmmux.generation.plan import CHARACTERS_PER_TOKEN, GenerationPlan, Rates, generation_plan
from slmmux.paths import CERTAINTY
from slmmux.statistics.power import detectable_difference
from slmmux.yaml_file import parse_yaml

WORK: tuple[str, ...] = (
    *("model", "benchmark", "questions", "samples"),
    *("prompt tokens", "completion tokens", "at most", "hours", "GPU-hours"),
)
FOOTPRINT: tuple[str, ...] = (
    *("model", "parameters, 10^9", "GPUs", "weights, GiB", "cache a token, KiB"),
    *("least GiB per GPU", "full GiB per GPU", "download, GB"),
)


# Completion tokens a second, where nothing is said.
TOKENS_PER_SECOND = 1000.0


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("plan", description=__doc__)
    parser.add_argument("profile")
    parser.add_argument(
        "--tokens-per-second",
        action="append",
        default=[],
        metavar="NUMBER or MODEL=NUMBER",
        help=f"of all sequences of one copy of a model; of one model by its name; default: {TOKENS_PER_SECOND}",
    )
    parser.add_argument(
        "--completion-share",
        type=float,
        default=0.5,
        help="expected length of a response, as a share of max_tokens; default: %(default)s",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(args) -> None:
    config, rates = config_of(args.profile), rates_of(args.tokens_per_second, args.completion_share)
    plan = generation_plan(config, rates)
    plan = replace(plan, work=plan.work + discussion_work(config, rates))
    decided = power(config)
    if args.json:
        sums = {"samples_gb": plan.samples_gb, "total": asdict(plan.total()), "power": decided}
        print(json.dumps(asdict(plan) | sums, indent=1))
    else:
        print(text(plan) + power_text(decided), end="")


def power(config: Config) -> list[dict]:
    """What the planned test questions will be able to see, where results with the spread of differences are there.

    One entry a benchmark and rival, at the profile's samples a model: questions planned; detectable: the difference
    in points that so many see with 80 % power; needs: points -> questions. Nothing for a benchmark without results.
    """
    found = []
    for name in config.benchmark_names:
        path = CERTAINTY / name / "power.csv"
        if not path.is_file():
            continue
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["samples"] == str(config.evaluation.samples)]
        questions = config.benchmark(name).questions.test
        for row in rows:
            detectable = detectable_difference(float(row["spread"]), questions, config.evaluation.confidence)
            needs = {key.split("_")[1]: int(float(row[key])) for key in row if key.startswith("needs_")}
            entry = {"benchmark": name, "rival": row["rival"], "questions": questions}
            found.append(entry | {"detectable": round(100 * detectable, 2), "needs": needs})
    return found


def power_text(decided: Sequence[dict]) -> str:
    """A table of `power`; empty without results."""
    if not decided:
        return ""
    points = list(decided[0]["needs"])
    header = ("benchmark", "SLM-MUX against", "questions", "they see, points", *(f"for {p} points" for p in points))
    rows = [
        (
            *(d["benchmark"], d["rival"], f"{d['questions']:,}", f"{d['detectable']:.2f}"),
            *(f"{d['needs'][p]:,}" for p in points),
        )
        for d in decided
    ]
    return f"\n{_table(header, rows)}Questions for 80 % power, from the spread of differences in the results here.\n"


def rates_of(words: Sequence[str], completion_share: float) -> Rates:
    """The rates of the command line: a number for all models, MODEL=NUMBER for one. Raises InputError on others."""
    general, of_models = TOKENS_PER_SECOND, {}
    for word in words:
        model, _, number = word.rpartition("=")
        try:
            rate = float(number)
        except ValueError:
            raise InputError(f"--tokens-per-second {word}: expected a number, or MODEL=NUMBER") from None
        if model:
            of_models[model] = rate
        else:
            general = rate
    return Rates(general, completion_share, of_models)


def config_of(profile: str) -> Config:
    """The parameters of a profile by its name or file, or of a file of composed parameters.

    Raises InputError for a file or profile that is not there and for wrong parameters.
    """
    path = Path(profile)
    if path.suffix != ".yaml":
        return parse_config(parse_yaml(compose(profile), profile), profile)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.resolve().parent == PROFILES.resolve():
        return parse_config(parse_yaml(compose(path.stem), profile), profile)
    return load_config(path)


def text(plan: GenerationPlan) -> str:
    """Two tables and what they assume."""
    work = [
        (
            row.model,
            row.benchmark,
            f"{row.questions:,}",
            f"{row.samples:,}",
            f"{row.prompt_tokens:,}",
            f"{row.completion_tokens:,}",
            f"{row.most_completion_tokens:,}",
            f"{row.hours:.2f}",
            _number(row.gpu_hours, 2),
        )
        for row in [*plan.work, plan.total()]
    ]
    footprints = [
        (
            f.model,
            _number(f.parameters_billion, 2),
            _number(f.gpus, 0),
            _number(f.weights_gib, 1),
            _number(f.cache_kib, 0),
            _number(f.least_gib_per_gpu, 1),
            _number(f.full_gib_per_gpu, 1),
            _number(f.download_gb, 1),
        )
        for f in plan.footprints
        if f.parameters_billion is not None
    ]
    unknown = [f.model for f in plan.footprints if f.download_gb is None]
    weights = sum(f.download_gb for f in plan.footprints if f.download_gb is not None)
    undeclared = f" without {', '.join(unknown)}, whose size is not declared" if unknown else ""
    parts = [
        f"Profile {plan.profile}\n",
        _table(WORK, work),
        f"Assumed: {_speeds(plan.rates)} completion tokens a second of one copy of a model; a response "
        f"{plan.rates.completion_share:g} of\nmax_tokens long; {CHARACTERS_PER_TOKEN} characters a token. "
        "The prompt of a question counts once, and not towards the hours.\nThe models run one after the other; copies "
        "of a model share its work. Discussions come with their protocol's name;\nlabels of failed debates are not "
        "counted.\n",
    ]
    if footprints:
        parts += [
            _table(FOOTPRINT, footprints),
            "Least: weights and one sequence of max_model_len. Full: max_num_seqs sequences of expected length; with "
            "less memory\nfewer run at a time. Both over gpu_memory_utilization, without activations.\n",
        ]
    parts.append(f"Disk: {weights:.1f} GB of weights{undeclared}; {plan.samples_gb:.2f} GB of samples, uncompressed.\n")
    return "\n".join(parts)


def _speeds(rates: Rates) -> str:
    own = [f"{model} {rate:g}" for model, rate in rates.of_models.items()]
    return f"{rates.tokens_per_second:g}" + (f" ({', '.join(own)})" if own else "")


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Columns as wide as they need be: words to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    words = [all(not row[i][:1].isdigit() and row[i] != "–" for row in rows) for i in range(len(header))]
    lines = [
        "  ".join(cell.ljust(w) if left else cell.rjust(w) for cell, w, left in zip(row, widths, words)).rstrip()
        for row in [header, *rows]
    ]
    return "\n".join(lines) + "\n"
