"""Start the engine that the settings name."""

from slmmux.extras import need_engine_package
from slmmux.generation.engine import Engine
from slmmux.generation_settings import EngineSettings, ModelSpec, Sampling


def open_engine(settings: EngineSettings, model_name: str, spec: ModelSpec, sampling: Sampling) -> Engine:
    """Start the engine that the settings name. Heavy libraries are imported here and not before.

    Our own modules come first: they say what the libraries may log, which is read as those are imported.
    """
    if settings.name == "vllm":
        from slmmux.generation.vllm_engine import VllmEngine

        need_engine_package(settings.name, "vllm")
        return VllmEngine(settings, model_name, spec, sampling)
    if settings.name == "ray":
        from slmmux.generation.ray_engine import RayEngine

        need_engine_package(settings.name, "ray")
        need_engine_package(settings.name, "vllm")
        return RayEngine(settings, model_name, spec, sampling)
    from slmmux.generation.openai_engine import OpenAIEngine

    return OpenAIEngine(settings, model_name, spec, sampling)
