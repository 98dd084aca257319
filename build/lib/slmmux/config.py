"""Typed configuration: parsed once, at the edge, with unknown keys refused.

The values live in `experiments/config.yaml` and the profiles in `experiments/profile/`; DVC composes them into
`params.yaml`, which this module reads. Here is the whole, and what its parts must have in common.
"""

from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError

from slmmux.errors import InputError
from slmmux.generation_settings import EngineSettings, ModelSpec, Sampling, Slug
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
    Strict,
    TheorySettings,
)
from slmmux.yaml_file import read_yaml

Options = TypeVar("Options", bound=Strict)


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
