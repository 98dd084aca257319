"""A row of the search's choices as a configuration to register."""

import csv
from dataclasses import dataclass
from pathlib import Path

from slmmux.config import Config
from slmmux.errors import InputError
from slmmux.paths import RESULTS, votes_file
from slmmux.serving.configuration import RegisteredConfiguration, ServedConfiguration, ServedModel
from slmmux.votes.archive import load_votes

# Columns of choices.csv that say how good a choice is.
MEASURED = ("validation_accuracy", "accuracy", "accuracy_se", "tokens_per_question")


@dataclass(frozen=True)
class Searched:
    """A choice to register.

    measured:  column of MEASURED → what the search found.
    alone:     the name of a choice with one model that is more accurate on the validation split, and that accuracy.
    """

    configuration: RegisteredConfiguration
    measured: dict[str, float]
    alone: tuple[str, float] | None


@dataclass(frozen=True)
class _Choice:
    name: str
    budget: dict[str, int]
    measured: dict[str, float]

    @property
    def accuracy(self) -> float:
        return self.measured["validation_accuracy"]


def choices_file(benchmark: str) -> Path:
    return RESULTS / "search" / benchmark / "choices.csv"


def registered_name(served: ServedConfiguration) -> str:
    """One model is no SLM-MUX, and is not called one."""
    return f"{'slm-mux' if len(served.models) > 1 else 'single-model'}-{served.reader}"


def searched(config: Config, benchmark: str, choice: str | None) -> Searched:
    """A choice of the search with its models. choice: a name in choices.csv; None for the most accurate on the
    validation split with several models, or with one model where no choice has several.

    Raises InputError where the search has not run, has no such choice, or chose a model that is not in the
    parameters, and where the engine cannot serve.
    """
    votes = load_votes(votes_file(benchmark, "validation"))
    choices = read_choices(benchmark, votes.models)
    if choice is not None and choice not in choices:
        raise InputError(f"{choices_file(benchmark)}: no choice {choice!r}; there are: {', '.join(choices)}")
    # The first of equal accuracies.
    ranked = sorted(choices.values(), key=lambda row: -row.accuracy)
    several = [row for row in ranked if len(row.budget) > 1]
    taken = choices[choice] if choice is not None else (several or ranked)[0]
    better = ranked[0] if len(taken.budget) > 1 and len(ranked[0].budget) == 1 else None
    accuracy = dict(zip(votes.models, votes.accuracy().tolist()))
    return Searched(
        _configuration(config, benchmark, taken, accuracy),
        taken.measured,
        (better.name, better.accuracy) if better is not None and better.accuracy > taken.accuracy else None,
    )


def read_choices(benchmark: str, models: tuple[str, ...]) -> dict[str, _Choice]:
    """The name of every choice in the search's table → the choice. Raises InputError where it is missing or broken."""
    path, search = choices_file(benchmark), f"run `dvc repro search@{benchmark}`"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {search}") from None
    except (csv.Error, UnicodeDecodeError):
        raise InputError(f"{path}: not a table; {search}") from None
    try:
        found = {}
        for row in rows:
            budget = {model: int(row[model]) for model in models if int(row[model])}
            measured = {key: float(row[key]) for key in MEASURED}
            if not budget or min(budget.values()) < 0 or not 0 <= measured["validation_accuracy"] <= 1:
                raise ValueError
            found[row["choice"]] = _Choice(row["choice"], budget, measured)
    except (KeyError, ValueError, TypeError):
        raise InputError(f"{path}: not the search of these votes; {search}") from None
    if not found:
        raise InputError(f"{path}: no choices; {search}")
    return found


def _configuration(
    config: Config, benchmark: str, choice: _Choice, accuracy: dict[str, float]
) -> RegisteredConfiguration:
    engine, settings = config.engine, config.benchmark(benchmark)
    if engine.name == "ray":
        raise InputError(
            "engine ray answers in batches only: start a server for each model, and set engine: openai with "
            "engine.base_urls"
        )
    served = ServedConfiguration(
        name="slm-mux",
        reader=benchmark,
        options=settings.options,
        system_prompt=None,
        max_tokens=settings.max_tokens,
        sampling=config.sampling,
        sandbox=config.sandbox,
        models=[
            ServedModel(
                name=model,
                prompt=config.model(model).prompt,
                samples=k,
                validation_accuracy=accuracy[model],
                base_url=engine.url_of(model) if engine.name == "openai" else None,
                served_name=engine.served_names.get(model) if engine.name == "openai" else None,
            )
            for model, k in choice.budget.items()
        ],
        **config.serving.model_dump(),
    )
    local = engine if engine.name == "vllm" else None
    return RegisteredConfiguration(
        choice=choice.name,
        served=served.model_copy(update={"name": registered_name(served)}),
        weights={model: config.model(model) for model in choice.budget} if local else {},
        engine=local,
    )
