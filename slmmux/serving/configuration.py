"""What a served model is: the searched configuration and all it takes to ask its models, as plain values."""

import csv
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from slmmux.config import (
    Config,
    EngineSettings,
    ModelSpec,
    Positive,
    Sampling,
    Slug,
    Strict,
    one_line,
)
from slmmux.errors import InputError
from slmmux.paths import RESULTS, votes_file
from slmmux.votes.archive import load_votes

# The most accurate budget of the whole grid; where there is no grid, the most accurate trial of the study.
MOST_ACCURATE = ("budgets", "study")
# Columns of choices.csv that say how good a choice is.
MEASURED = ("validation_accuracy", "accuracy", "accuracy_se", "tokens_per_question")


class ServedModel(Strict):
    """samples: k, how many are drawn for a question. validation_accuracy: breaks ties between models."""

    name: Slug
    spec: ModelSpec
    samples: Positive
    validation_accuracy: float = Field(ge=0, le=1)


class ServedConfiguration(Strict):
    """The `model_config` of the registered model. `options` are the benchmark's own."""

    benchmark: Slug
    choice: str
    models: list[ServedModel] = Field(min_length=1)
    max_tokens: Positive
    options: dict[str, Any]
    sampling: Sampling
    engine: EngineSettings


def choices_file(benchmark: str) -> Path:
    return RESULTS / "search" / benchmark / "choices.csv"


def chosen(config: Config, benchmark: str, choice: str | None) -> tuple[ServedConfiguration, dict[str, float]]:
    """A row of the search's choices as a configuration to serve, and how good the search found it (MEASURED).

    choice: a name in choices.csv, None for the most accurate on the validation split. Raises InputError where
    the search has not run, has no such choice, or chose a model that is not in the parameters.
    """
    path, settings = choices_file(benchmark), config.benchmark(benchmark)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = {row["choice"]: row for row in csv.DictReader(file)}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run `dvc repro search@{benchmark}`") from None
    except KeyError:
        raise InputError(f"{path}: no column 'choice'; run `dvc repro search@{benchmark}`") from None
    name = choice or next((name for name in MOST_ACCURATE if name in rows), None)
    if name not in rows:
        raise InputError(f"{path}: no choice {name!r}; there are: {', '.join(rows)}")
    votes = load_votes(votes_file(benchmark, "validation"))
    accuracy = dict(zip(votes.models, votes.accuracy_per_question().mean(axis=0).tolist()))
    try:
        budget = {model: int(rows[name][model]) for model in votes.models}
        found = {key: float(rows[name][key]) for key in MEASURED}
    except (KeyError, ValueError, TypeError):
        raise InputError(f"{path}: not the search of these votes; run `dvc repro search@{benchmark}`") from None
    models = [
        ServedModel(name=model, spec=config.model(model), samples=k, validation_accuracy=accuracy[model])
        for model, k in budget.items()
        if k
    ]
    served = ServedConfiguration(
        benchmark=benchmark,
        choice=name,
        models=models,
        max_tokens=settings.max_tokens,
        options=settings.options,
        sampling=config.sampling,
        engine=config.engine,
    )
    return served, found


def parse_configuration(data: Any) -> ServedConfiguration:
    """A `model_config` checked. Raises InputError naming the first wrong key."""
    try:
        return ServedConfiguration.model_validate(data)
    except ValidationError as error:
        raise InputError(f"model_config: {one_line(error)}") from None
