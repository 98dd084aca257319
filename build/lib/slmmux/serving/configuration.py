"""What a served SLM-MUX is, as plain values: its models, how they are asked, and how their answers are read."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from slmmux.benchmarks import BENCHMARKS
from slmmux.benchmarks.question import Question
from slmmux.config import one_line
from slmmux.errors import InputError
from slmmux.generation_settings import BaseUrl, ModelSpec, PromptStyle, Sampling, Slug, VllmSettings
from slmmux.serving.generic import GENERIC, NAME
from slmmux.serving.reader import Reader
from slmmux.settings import Positive, ServingSettings, Strict
from slmmux.yaml_file import read_yaml


class ServedModel(Strict):
    """One model.

    name:                 in the votes, and as its server knows it unless `served_name` says otherwise.
    prompt:               chat messages, one text for a base model, or messages that ask for a program.
    samples:              k, how many are drawn for a question.
    validation_accuracy:  the order in which models are asked, and the tie-break; of equal ones, the first listed.
    base_url:             of its server. None only in a registered model that starts its own.
    api_key_env:          the environment variable that holds the server's key, if it wants one.
    """

    name: Annotated[str, Field(min_length=1)]
    prompt: PromptStyle
    samples: Positive
    validation_accuracy: float = Field(ge=0, le=1)
    base_url: BaseUrl | None
    served_name: str | None = None
    api_key_env: str = "OPENAI_API_KEY"


class ServedConfiguration(ServingSettings):
    """A served SLM-MUX. Its keys are these and those of ServingSettings.

    name:          of the whole, as clients ask for it.
    reader:        how a question is asked and an answer is read: a benchmark's way, or `generic` for any question.
    options:       of the benchmark, as in its parameters.
    system_prompt: goes before every question; None for none.
    max_tokens:    of one sample. sampling: where a request does not say otherwise.
    sandbox:       the least confinement that models' programs run with.
    """

    name: Slug
    reader: str
    options: dict[str, Any] = Field(default_factory=dict)
    system_prompt: str | None
    max_tokens: Positive
    sampling: Sampling
    sandbox: Literal["strict", "weak"] = "strict"
    models: list[ServedModel] = Field(min_length=1)

    @model_validator(mode="after")
    def _known_reader_and_different_names(self) -> "ServedConfiguration":
        if self.reader != NAME and self.reader not in BENCHMARKS:
            raise ValueError(f"reader: no such reader; there are: {NAME}, {', '.join(BENCHMARKS)}")
        if len({model.name for model in self.models}) < len(self.models):
            raise ValueError("models: two models have the same name")
        printed = self.answer_reader().prompt(Question("", "", "x", "")).question is not None
        if not printed and any(model.prompt == "program" for model in self.models):
            raise ValueError(f"models: answers of {self.reader} are not printed, so none can have the prompt `program`")
        return self

    def in_order(self) -> list[ServedModel]:
        """The models in the order of the tie-break."""
        return sorted(self.models, key=lambda model: -model.validation_accuracy)

    def answer_reader(self) -> Reader:
        if self.reader == NAME:
            return GENERIC
        benchmark = BENCHMARKS[self.reader]
        return Reader(benchmark.prompt, benchmark.grade)


class RegisteredConfiguration(Strict):
    """The `model_config` of the registered model.

    choice:  the row of the search's choices. weights: model → where its weights are, and engine: how vLLM is
    started with them; None where every model has a server.
    """

    choice: str
    served: ServedConfiguration
    weights: dict[str, ModelSpec]
    engine: VllmSettings | None


def load_serving(path: Path) -> ServedConfiguration:
    """Read a CONFIG of `slmmux serve`. Raises InputError naming the first wrong key."""
    try:
        configuration = ServedConfiguration.model_validate(read_yaml(path))
    except ValidationError as error:
        raise InputError(f"{path}: {one_line(error)}") from None
    for model in configuration.models:
        if model.base_url is None:
            raise InputError(f"{path}: models: {model.name!r} has no base_url")
    return configuration


def parse_registered(data: Any) -> RegisteredConfiguration:
    """A `model_config` checked. Raises InputError naming the first wrong key."""
    try:
        return RegisteredConfiguration.model_validate(data)
    except ValidationError as error:
        raise InputError(f"model_config: {one_line(error)}") from None
