"""Start the engine that the settings name."""

import importlib

from slmmux.config import EngineSettings, ModelSpec, Sampling
from slmmux.errors import InputError
from slmmux.generation.engine import Engine


def open_engine(settings: EngineSettings, model_name: str, spec: ModelSpec, sampling: Sampling) -> Engine:
    """Start the engine that the settings name. Heavy libraries are imported here and not before."""
    if settings.name == "vllm":
        _need(settings.name, "vllm")
        from slmmux.generation.vllm_engine import VllmEngine

        return VllmEngine(settings, model_name, spec, sampling)
    if settings.name == "ray":
        _need(settings.name, "ray")
        _need(settings.name, "vllm")
        from slmmux.generation.ray_engine import RayEngine

        return RayEngine(settings, model_name, spec, sampling)
    from slmmux.generation.openai_engine import OpenAIEngine

    return OpenAIEngine(settings, model_name, spec, sampling)


def _need(engine: str, package: str) -> None:
    try:
        importlib.import_module(package)
    except ImportError:
        raise InputError(
            f"engine {engine}: the package {package} is not installed; `make engine` installs it "
            "(or choose engine.name: openai)"
        ) from None
