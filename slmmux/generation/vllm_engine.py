"""vLLM in this process, with or without a GPU."""

import os
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version

from slmmux.config import ModelSpec, Sampling, VllmSettings
from slmmux.generation.engine import Completion, Request
from slmmux.models.source import vllm_model

# In one process, so that seeds reach the sampler and no worker outlives a killed run.
os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "4")
os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")


def cpu_dtype(flags: str) -> str:
    """bfloat16 where the processor multiplies it natively, else float32, which AVX2 is faster with."""
    return "bfloat16" if {"avx512_bf16", "amx_bf16"} & set(flags.split()) else "float32"


def _cpu_flags() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            return next((line for line in info if line.startswith("flags")), "")
    except OSError:
        return ""


class VllmEngine:
    def __init__(self, settings: VllmSettings, model_name: str, spec: ModelSpec, sampling: Sampling) -> None:
        import torch
        from vllm import LLM
        from vllm.platforms import current_platform

        path, revision = vllm_model(model_name, spec)
        cpu = current_platform.is_cpu()
        dtype = cpu_dtype(_cpu_flags()) if cpu and settings.dtype == "auto" else settings.dtype
        self._sampling = sampling
        self._llm = LLM(
            path,
            revision=revision,
            dtype=dtype,
            seed=sampling.seed,
            max_model_len=settings.max_model_len,
            max_num_seqs=settings.max_num_seqs,
            # A prefill is never cut in two: a seeded request crashes vLLM's CPU sampler when it is.
            max_num_batched_tokens=max(settings.max_model_len, 2048) if cpu else None,
            enable_chunked_prefill=False if cpu else None,
            enable_prefix_caching=True,
            # Samples of a prompt share its full blocks. The CPU's default of 128 tokens would leave most
            # of a short prompt to be computed again for every sample.
            block_size=32 if cpu else None,
            gpu_memory_utilization=settings.gpu_memory_utilization,
            tensor_parallel_size=spec.tensor_parallel_size or settings.tensor_parallel_size,
            enforce_eager=settings.enforce_eager,
            disable_log_stats=True,
        )
        self.versions = {
            "engine": "vllm-cpu" if cpu else "vllm",
            "vllm": _version("vllm-cpu") or _version("vllm") or "unknown",
            "torch": torch.__version__,
            "transformers": _version("transformers") or "unknown",
            "dtype": str(self._llm.llm_engine.model_config.dtype).removeprefix("torch."),
            "device": platform.machine() if cpu else torch.cuda.get_device_name(),
        }

    def generate(self, requests: Sequence[Request]) -> Iterator[tuple[int, list[Completion]]]:
        from vllm import SamplingParams

        params = [
            SamplingParams(
                n=r.samples,
                temperature=r.temperature,
                top_p=self._sampling.top_p,
                max_tokens=r.max_tokens,
                seed=r.seed,
                stop=list(r.stop),
            )
            for r in requests
        ]
        # All requests of one model have one style.
        run = self._llm.generate if isinstance(requests[0].prompt, str) else self._llm.chat
        for index, output in enumerate(run([r.prompt for r in requests], params, use_tqdm=False)):
            yield (
                index,
                [
                    Completion(o.text, len(output.prompt_token_ids), len(o.token_ids), o.finish_reason or "unknown")
                    for o in sorted(output.outputs, key=lambda o: o.index)
                ],
            )

    def close(self) -> None:
        """Give the memory back, so that another model can be opened in this process."""
        from vllm.distributed import cleanup_dist_env_and_memory

        del self._llm
        cleanup_dist_env_and_memory()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
