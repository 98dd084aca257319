"""slmmux plan PROFILE: what a profile's samples will cost, before anything is fetched or generated.

PROFILE is a name, a file of experiments/profile/, or any composed parameters such as params.yaml.
"""

import json
from dataclasses import asdict
from pathlib import Path

from slmmux.commands.compose import PROFILES, compose
from slmmux.config import Config, load_config, parse_config
from slmmux.errors import InputError
from slmmux.generation.plan import CHARACTERS_PER_TOKEN, GenerationPlan, generation_plan
from slmmux.yaml_file import parse_yaml

WORK = ("model", "benchmark", "questions", "samples", "prompt tokens", "completion tokens", "at most", "hours")
FOOTPRINT = ("model", "parameters, 10^9", "GPUs", "weights, GiB", "cache a token, KiB")
FOOTPRINT += ("least GiB per GPU", "full GiB per GPU", "download, GB")


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("plan", description=__doc__)
    parser.add_argument("profile")
    parser.add_argument("--tokens-per-second", type=float, default=1000, help="of all sequences; default: %(default)s")
    parser.add_argument(
        "--completion-share",
        type=float,
        default=0.5,
        help="expected length of a response, as a share of max_tokens; default: %(default)s",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(args) -> None:
    plan = generation_plan(config_of(args.profile), args.tokens_per_second, args.completion_share)
    if args.json:
        print(json.dumps(asdict(plan) | {"total": asdict(plan.total())}, indent=1))
    else:
        print(text(plan), end="")


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
        f"Assumed: {plan.tokens_per_second:g} completion tokens a second, a response {plan.completion_share:g} of "
        f"max_tokens long, {CHARACTERS_PER_TOKEN} characters a token.\nThe prompt of a question counts once, and "
        "not towards the hours. The models run one after the other.\n",
    ]
    if footprints:
        parts += [
            _table(FOOTPRINT, footprints),
            "Least: weights and one sequence of max_model_len. Full: max_num_seqs sequences of expected length; with "
            "less memory\nfewer run at a time. Both over gpu_memory_utilization, without activations.\n",
        ]
    parts.append(f"Disk: {weights:.1f} GB of weights{undeclared}; {plan.samples_gb:.2f} GB of samples, uncompressed.\n")
    return "\n".join(parts)


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Columns as wide as they need be: words to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    words = [all(not row[i][:1].isdigit() and row[i] != "–" for row in rows) for i in range(len(header))]
    lines = [
        "  ".join(cell.ljust(w) if left else cell.rjust(w) for cell, w, left in zip(row, widths, words)).rstrip()
        for row in [header, *rows]
    ]
    return "\n".join(lines) + "\n"
