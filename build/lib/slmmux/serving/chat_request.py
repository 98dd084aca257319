"""A request to /v1/chat/completions: what of it is understood, and the conversation in it."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from slmmux.config import one_line
from slmmux.errors import InputError
from slmmux.serving.answer import default_settings
from slmmux.serving.configuration import ServedConfiguration
from slmmux.serving.draw import SampleSettings
from slmmux.serving.question import Conversation, conversation

# Parameters that say nothing about the answer. Any other unknown one is refused, since the answer would not be
# what was asked for.
WITHOUT_EFFECT = {"user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key"}


class RequestError(InputError):
    """A request that is not answered, as OpenAI's clients know it: the HTTP status, the parameter, a code."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.param, self.code, self.status = param, code, status


class TextPart(BaseModel):
    model_config = ConfigDict(extra="ignore")
    type: Literal["text"]
    text: str


class Message(BaseModel):
    # `name` and what clients send back of an answer.
    model_config = ConfigDict(extra="ignore")
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content)


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="ignore")
    include_usage: bool = False


class ChatRequest(BaseModel):
    """Sampling parameters go to every model in place of the configuration's. At temperature 0 a model's samples
    are equal, so the first model's answer is always taken."""

    model_config = ConfigDict(extra="forbid")
    model: str
    messages: list[Message] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    stop: str | list[str] | None = None
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    n: Literal[1] | None = None


@dataclass(frozen=True)
class Chat:
    """A request, checked."""

    asked: Conversation
    settings: SampleSettings
    stream: bool
    include_usage: bool


def parse_chat(configuration: ServedConfiguration, data: Any) -> Chat:
    """Raises RequestError on what cannot be answered as it was asked."""
    if isinstance(data, dict):
        data = {key: value for key, value in data.items() if key not in WITHOUT_EFFECT and value is not None}
    try:
        request = ChatRequest.model_validate(data)
    except ValidationError as error:
        raise _wrong(error) from None
    if request.model != configuration.name:
        raise RequestError(
            f"The model {request.model!r} does not exist; there is {configuration.name!r}",
            "model",
            "model_not_found",
            404,
        )
    given, stop = default_settings(configuration), request.stop or []
    penalties = {"presence_penalty": request.presence_penalty, "frequency_penalty": request.frequency_penalty}
    settings = SampleSettings(
        temperature=given.temperature if request.temperature is None else request.temperature,
        top_p=given.top_p if request.top_p is None else request.top_p,
        seed=given.seed if request.seed is None else request.seed,
        max_tokens=request.max_completion_tokens or request.max_tokens or given.max_tokens,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        more={key: value for key, value in penalties.items() if value is not None},
    )
    usage = request.stream_options is not None and request.stream_options.include_usage
    return Chat(_conversation(configuration, request.messages), settings, bool(request.stream), usage)


def _wrong(error: ValidationError) -> RequestError:
    """The complaint that `one_line` tells of, with its parameter."""
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    param = str(first["loc"][0]) if first["loc"] else None
    if first["type"] == "extra_forbidden":
        return RequestError(f"{param}: this parameter is not supported", param, "unsupported_parameter")
    return RequestError(one_line(error), param, "invalid_value")


def _conversation(configuration: ServedConfiguration, messages: list[Message]) -> Conversation:
    """System messages together, then turns: messages of one role that follow each other are one message."""
    system = "\n\n".join(message.text for message in messages if message.role in ("system", "developer"))
    turns: list[tuple[str, str]] = []
    for message in messages:
        if message.role in ("system", "developer"):
            continue
        if turns and turns[-1][0] == message.role:
            turns[-1] = (message.role, f"{turns[-1][1]}\n\n{message.text}")
        else:
            turns.append((message.role, message.text))
    if not turns or turns[-1][0] != "user" or turns[0][0] != "user":
        raise RequestError("the first and the last message, save system messages, must be the user's", "messages")
    earlier = tuple((turns[n][1], turns[n + 1][1]) for n in range(0, len(turns) - 1, 2))
    try:
        return conversation(configuration.reader, turns[-1][1], configuration.options, system or None, earlier)
    except InputError as error:
        raise RequestError(str(error), "messages") from None
