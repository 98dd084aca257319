"""vLLM on one or many nodes, started and fed by Ray Data (`ray.data.llm`)."""

import logging
import os
import platform
import socket
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from typing import Any

from slmmux.benchmarks.render import Messages
from slmmux.errors import InputError
from slmmux.generation.engine import Completion, Request, Sample
from slmmux.generation.vllm_arguments import library_versions, vllm_arguments
from slmmux.generation.weights import vllm_model
from slmmux.generation_settings import ModelSpec, RaySettings, Sampling

# Ray reports its use to its makers unless it is told not to.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
# Batches of rows that a replica works on at a time: together they fill its max_num_seqs.
BATCHES_AT_ONCE = 8


class RayEngine:
    """Every call of `generate` is one Ray Data job: it loads the replicas, hands them a row for every sample,
    and unloads them. So calls are best large.

    Prompts are made into tokens here, once a request and as vLLM's own chat does it: Ray Data's stages for that
    know no revision of a model, and put the token of a text's beginning twice before a chat.
    """

    def __init__(self, settings: RaySettings, model_name: str, spec: ModelSpec, sampling: Sampling) -> None:
        import ray
        from ray.data.llm import build_processor, vLLMEngineProcessorConfig
        from transformers import AutoTokenizer
        from vllm.platforms import current_platform

        path, revision = vllm_model(model_name, spec)
        cpu = current_platform.is_cpu()
        self._name, self._sampling, self._max_model_len = model_name, sampling, settings.max_model_len
        self._tokenizer = AutoTokenizer.from_pretrained(path, revision=revision)
        self._ends = end_tokens(self._tokenizer, path, revision)
        connect(settings.address)
        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.WARNING)
        arguments = vllm_arguments(settings, spec, sampling, revision, cpu)
        config = vLLMEngineProcessorConfig(**processor_arguments(settings, path, arguments, cpu))
        # A lambda is sent to the nodes whole: they need vLLM, but not this package.
        kept = ("request", "sample", "generated_text", "generated_tokens", "num_input_tokens")
        self._process = build_processor(config, postprocess=lambda row: {name: row[name] for name in kept})
        self.versions = {
            "engine": "ray",
            "ray": version("ray"),
            **library_versions(),
            "dtype": arguments["dtype"],
            "device": platform.machine() if cpu else _accelerators(ray.cluster_resources()),
        }

    def generate(self, requests: Sequence[Request]) -> Iterator[tuple[int, list[Sample]]]:
        import ray
        from ray.data.exceptions import SystemException, UserCodeException
        from ray.exceptions import RayError

        dataset = self._process(ray.data.from_items(sample_rows(requests, self._tokens, self._sampling)))
        try:
            yield from completed(dataset.iter_rows(), requests, self._finish_reason)
        except (RayError, UserCodeException, SystemException) as error:
            raise InputError(f"engine ray, model {self._name}: {_cause(error)}; finished samples are kept") from error

    def _tokens(self, prompt: Messages | str) -> list[int]:
        if isinstance(prompt, str):
            return self._tokenizer(prompt)["input_ids"]
        return self._tokenizer.apply_chat_template(prompt, add_generation_prompt=True, return_dict=False)

    def _finish_reason(self, request: Request, row: dict[str, Any]) -> str:
        """`stop` or `length`, as vLLM says: Ray Data does not hand it on.

        A sample that ends before its limits was stopped. At a limit it was, too, if its last token is one of the
        model's ends or its tokens spell a stop text.
        """
        tokens = list(row["generated_tokens"])
        if len(tokens) < request.max_tokens and row["num_input_tokens"] + len(tokens) < self._max_model_len:
            return "stop"
        text = self._tokenizer.decode(tokens, skip_special_tokens=True)
        stopped = tokens[-1] in self._ends or any(stop in text for stop in request.stop)
        return "stop" if stopped else "length"

    def close(self) -> None:
        import ray

        ray.shutdown()


def connect(address: str | None) -> None:
    """Join the cluster, or start a Ray of this process alone. Raises InputError where none is reachable."""
    import ray

    try:
        host, _, port = (address or "").removeprefix("ray://").rpartition(":")
        if port.isdigit():
            # Ray itself tries for many minutes, and says nothing.
            socket.create_connection((host, int(port)), timeout=10).close()
        ray.init(address=address or "local", log_to_driver=False, logging_level="WARNING")
    except (OSError, ValueError) as error:
        raise InputError(f"engine ray: no cluster at {address}: {_cause(error)}") from None


def processor_arguments(settings: RaySettings, path: str, arguments: dict[str, Any], cpu: bool) -> dict[str, Any]:
    """Arguments of Ray Data's configuration. arguments: of vLLM; cpu: replicas take processor cores, not GPUs."""
    names = ("VLLM_CPU_KVCACHE_SPACE", "VLLM_LOGGING_LEVEL")
    return {
        "model_source": path,
        "engine_kwargs": arguments,
        "runtime_env": {"env_vars": {name: os.environ[name] for name in names}},
        "concurrency": (settings.replicas, settings.replicas),
        "batch_size": -(-settings.max_num_seqs // BATCHES_AT_ONCE),
        "max_concurrent_batches": BATCHES_AT_ONCE,
        # Unsaid, a replica is placed on as many GPUs as tensor_parallel_size.
        "placement_group_config": {"bundle_per_worker": {"CPU": 1}} if cpu else None,
        "chat_template_stage": False,
        "tokenize_stage": False,
        "detokenize_stage": False,
        "log_engine_metrics": False,
    }


def end_tokens(tokenizer: Any, path: str, revision: str | None) -> set[int]:
    """The tokens that vLLM ends a sample at: the tokenizer's, and those of the model's generation settings."""
    from transformers import GenerationConfig

    try:
        ends = GenerationConfig.from_pretrained(path, revision=revision).eos_token_id
    except OSError:  # a model need not have the file
        ends = None
    return {tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])} - {None}


def sample_rows(
    requests: Sequence[Request], tokens: Callable[[Messages | str], list[int]], sampling: Sampling
) -> list[dict[str, Any]]:
    """A row for every sample, in the columns that Ray Data's vLLM stage reads: prompt tokens and sampling
    parameters, with seed + j for sample j; `request` and `sample` come back with the result."""
    rows = []
    for index, request in enumerate(requests):
        prompt = tokens(request.prompt)
        for sample in range(request.samples):
            parameters = {
                "temperature": request.temperature,
                "top_p": sampling.top_p,
                "max_tokens": request.max_tokens,
                "seed": request.seed + sample,
                # An empty list has no type for Ray's table.
                "stop": list(request.stop) or None,
            }
            rows.append({"request": index, "sample": sample, "tokenized_prompt": prompt, "sampling_params": parameters})
    return rows


def completed(
    rows: Iterable[dict[str, Any]], requests: Sequence[Request], finish_reason: Callable[[Request, dict], str]
) -> Iterator[tuple[int, list[Sample]]]:
    """Every request once its last sample is there; rows come in any order."""
    waiting: dict[int, dict[int, Completion]] = defaultdict(dict)
    for row in rows:
        index = row["request"]
        waiting[index][row["sample"]] = Completion(
            row["generated_text"],
            row["num_input_tokens"],
            len(row["generated_tokens"]),
            finish_reason(requests[index], row),
        )
        if len(waiting[index]) == requests[index].samples:
            samples = waiting.pop(index)
            yield index, [samples[j] for j in range(len(samples))]


def _accelerators(resources: dict[str, float]) -> str:
    """The kinds of accelerators of a cluster, from its table of resources."""
    mark = "accelerator_type:"
    return " ".join(sorted(name.removeprefix(mark) for name in resources if name.startswith(mark))) or "unknown"


def _cause(error: BaseException) -> str:
    """What a trace of remote processes ends with, as one line: its last error and the indented lines below it."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    last = max((n for n, line in enumerate(lines) if not line[0].isspace()), default=0)
    return " ".join(" ".join(lines[last:]).split())[:300] or type(error).__name__
