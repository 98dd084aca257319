"""What a profile's samples will cost, before anything is fetched: prompts, tokens, memory, disk, hours.

Nothing is loaded and no network is used. Questions that are generated here are rendered and measured; of the
hub's, only their declared number and a typical length are known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.question import TEST, Question
from slmmux.benchmarks.question_list import ask
from slmmux.benchmarks.render import render
from slmmux.config import Config
from slmmux.errors import InputError
from slmmux.generation_settings import ModelSpec, RaySettings, VllmOptions

CHARACTERS_PER_TOKEN = 3.5
BYTES = {"auto": 2, "bfloat16": 2, "float16": 2, "float32": 4}
# Weights of the hub are stored in 16 bits.
STORED_BYTES = 2
GIB, GB = 2**30, 1e9


@dataclass(frozen=True)
class Work:
    """One model on one benchmark. Token numbers are totals; prompt tokens count once a question.

    benchmark: with the protocol where it is a discussion.
    completion_tokens: the expected share of most_completion_tokens, which is samples * max_tokens.
    hours: completion_tokens / (tokens a second of one replica * replicas) / 3600. gpu_hours: hours * the GPUs of all
    replicas, None where a server that is not ours does the work.
    """

    model: str
    benchmark: str
    questions: int
    samples: int
    prompt_tokens: int
    completion_tokens: int
    most_completion_tokens: int
    hours: float
    gpu_hours: float | None


@dataclass(frozen=True)
class Rates:
    """What is assumed. tokens_per_second: completion tokens of all sequences of one replica together; prompts are
    not counted, as a prompt's samples share it. of_models: model → its own. completion_share: expected length of a
    response as a share of max_tokens.

    Raises InputError on a rate or share out of bounds.
    """

    tokens_per_second: float
    completion_share: float
    of_models: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for rate in (self.tokens_per_second, *self.of_models.values()):
            if not rate > 0:
                raise InputError(f"tokens per second must be above 0, got {rate:g}")
        share = self.completion_share
        if not 0 < share <= 1:
            raise InputError(f"the expected share of max_tokens must be above 0 and at most 1, got {share:g}")

    def of(self, model: str) -> float:
        return self.of_models.get(model, self.tokens_per_second)


@dataclass(frozen=True)
class Footprint:
    """What one model takes; None where its size is not declared or another program holds it.

    gpus:               of all replicas; the other numbers are of one.
    weights_gib:        parameters * bytes of the engine's dtype, over the GPUs of a replica.
    cache_kib:          keys and values of one token: 2 * layers * key_value_heads * head_size * bytes.
    least_gib_per_gpu:  weights and one sequence of max_model_len, split over the GPUs, over the share of the
                        memory that the engine may use. full_gib_per_gpu: with max_num_seqs sequences of
                        expected length instead. Activations come on top.
    download_gb:        parameters * 2 bytes.
    """

    model: str
    parameters_billion: float | None = None
    gpus: int | None = None
    weights_gib: float | None = None
    cache_kib: float | None = None
    least_gib_per_gpu: float | None = None
    full_gib_per_gpu: float | None = None
    download_gb: float | None = None


@dataclass(frozen=True)
class GenerationPlan:
    """samples_gb: responses as text, kept twice (as generated and as graded), before compression."""

    profile: str
    rates: Rates
    work: list[Work]
    footprints: list[Footprint]

    @property
    def samples_gb(self) -> float:
        return 2 * sum(row.completion_tokens for row in self.work) * CHARACTERS_PER_TOKEN / GB

    def total(self) -> Work:
        """The sums over all models and benchmarks."""
        names = ("questions", "samples", "prompt_tokens", "completion_tokens", "most_completion_tokens", "hours")
        sums = {name: sum(getattr(row, name) for row in self.work) for name in names}
        gpu_hours = [row.gpu_hours for row in self.work if row.gpu_hours is not None]
        return Work("all", "all", **sums, gpu_hours=sum(gpu_hours) if len(gpu_hours) == len(self.work) else None)


def generation_plan(config: Config, rates: Rates) -> GenerationPlan:
    """The plan of all models of a profile on all its benchmarks, without discussions.

    Raises InputError where a rate is of an unknown model, and where a benchmark refuses its settings.
    """
    for model in rates.of_models:
        config.model(model)
    asked = {name: typical_questions(config, name) for name in config.benchmark_names}
    work, footprints = [], []
    for model in config.model_names:
        spec, longest = config.model(model), 0.0
        for name in config.benchmark_names:
            if model not in config.models_of(name):
                continue
            settings = config.benchmark(name)
            questions = settings.questions.validation + settings.questions.test
            samples = questions * settings.samples
            prompt = _prompt_characters(name, asked[name], spec.prompt) / CHARACTERS_PER_TOKEN
            longest = max(longest, prompt + rates.completion_share * settings.max_tokens)
            most = samples * settings.max_tokens
            work.append(work_of(config, rates, model, name, questions, samples, questions * prompt, most))
        footprints.append(_footprint(config, model, spec, longest))
    return GenerationPlan(config.profile, rates, work, footprints)


def work_of(
    config: Config,
    rates: Rates,
    model: str,
    benchmark: str,
    questions: int,
    samples: int,
    prompt_tokens: float,
    most_completion_tokens: int,
) -> Work:
    """The work with its expected tokens, hours and GPU-hours."""
    gpus, replicas = _gpus(config, model)
    completion = round(rates.completion_share * most_completion_tokens)
    hours = completion / (rates.of(model) * replicas) / 3600
    gpu_hours = hours * gpus if gpus is not None else None
    prompt = round(prompt_tokens)
    return Work(model, benchmark, questions, samples, prompt, completion, most_completion_tokens, hours, gpu_hours)


def _gpus(config: Config, model: str) -> tuple[int | None, int]:
    """(GPUs of all replicas, or None where the model is on a server; replicas)."""
    engine = config.engine
    if not isinstance(engine, VllmOptions):
        return None, 1
    replicas = engine.replicas if isinstance(engine, RaySettings) else 1
    return (config.model(model).tensor_parallel_size or engine.tensor_parallel_size) * replicas, replicas


def typical_questions(config: Config, name: str) -> list[Question]:
    """The questions themselves, or for a benchmark of the hub one of typical length."""
    characters = get_benchmark(name).typical_characters
    if characters is not None:
        return [Question(name, TEST, "x" * characters, "")]
    return ask(config, name)


def _prompt_characters(name: str, questions: list[Question], style: str) -> float:
    """Mean characters of a rendered prompt, without what a chat template adds."""
    make, total = get_benchmark(name).prompt, 0
    for question in questions:
        rendered = render(make(question), style)
        parts = [rendered] if isinstance(rendered, str) else [message["content"] for message in rendered]
        total += sum(map(len, parts))
    return total / len(questions)


def _footprint(config: Config, model: str, spec: ModelSpec, longest: float) -> Footprint:
    size, engine = spec.size, config.engine
    if size is None:
        return Footprint(model)
    parameters, download = size.parameters_billion * 1e9, size.parameters_billion * 1e9 * STORED_BYTES / GB
    if not isinstance(engine, VllmOptions):
        return Footprint(model, size.parameters_billion, download_gb=download)
    weights = parameters * BYTES[engine.dtype]
    cache = 2 * size.layers * size.key_value_heads * size.head_size * BYTES[engine.dtype]
    gpus, replicas = _gpus(config, model)
    split = gpus // replicas if gpus is not None else 1
    usable = split * engine.gpu_memory_utilization * GIB
    return Footprint(
        model,
        size.parameters_billion,
        gpus,
        weights / GIB,
        cache / 1024,
        (weights + cache * engine.max_model_len) / usable,
        (weights + cache * engine.max_num_seqs * min(longest, engine.max_model_len)) / usable,
        download,
    )
