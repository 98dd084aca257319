"""What shapes a sample: the key of the cache of samples, and what grading compares a file of samples with."""

from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.question import TEST, Question
from slmmux.benchmarks.render import program_digest
from slmmux.config import Config
from slmmux.generation_settings import VllmOptions


def sample_settings(config: Config, benchmark: str, model: str) -> dict:
    """All that shapes a sample of this model on this benchmark, save how many are asked for."""
    spec = config.model(model)
    settings = {
        "benchmark": benchmark,
        "model": model,
        "source": spec.source.model_dump(),
        "prompt": spec.prompt,
        "sampling": config.sampling.model_dump(),
        "max_tokens": config.benchmark(benchmark).max_tokens,
        "engine": engine_identity(config, model),
    }
    if spec.prompt == "program":
        # The digest of a question's prompt covers the other styles alone.
        prompt = get_benchmark(benchmark).prompt(Question("", TEST, "", ""))
        settings["program_prompt_sha256"] = program_digest(prompt)
    return settings


def engine_identity(config: Config, model: str) -> dict:
    """What of the engine's settings shapes a sample: of a server, its address and how it is asked."""
    engine = config.engine
    if isinstance(engine, VllmOptions):
        return {"name": engine.name, "dtype": engine.dtype}
    identity = {"name": engine.name, "base_url": engine.url_of(model)}
    if model in engine.served_names:
        identity["served_name"] = engine.served_names[model]
    # A parameter that is left out shapes a sample; one under another name does not.
    renamed = engine.parameters | engine.model_parameters.get(model, {})
    if dropped := sorted(name for name, to in renamed.items() if to is None and name != "logprobs"):
        identity["dropped"] = ", ".join(dropped)
    return identity
