"""What shapes a sample: the key of the cache of samples, and what grading compares a file of samples with."""

from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.question import TEST, Question
from slmmux.benchmarks.render import program_digest
from slmmux.config import Config, VllmOptions


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
        "engine": engine_identity(config),
    }
    if spec.prompt == "program":
        # The digest of a question's prompt covers the other styles alone.
        prompt = get_benchmark(benchmark).prompt(Question("", TEST, "", ""))
        settings["program_prompt_sha256"] = program_digest(prompt)
    return settings


def engine_identity(config: Config) -> dict:
    """What of the engine's settings shapes a sample."""
    engine = config.engine
    return {"name": engine.name} | ({"dtype": engine.dtype} if isinstance(engine, VllmOptions) else {})
