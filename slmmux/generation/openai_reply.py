"""A server's reply, checked before anything of it is kept: what hosted servers send with status 200 is not always an
answer."""

import json
import logging
import sys
from collections.abc import Sequence
from typing import Any

from slmmux.generation.engine import Completion

# What a samples file can hold.
MOST_TOKENS = 2**31 - 1

log = logging.getLogger(__name__)


class BrokenReply(Exception):
    """A reply that holds no usable samples; says why in one line."""


def read_reply(body: str, samples: int) -> list[Completion]:
    """The samples of a reply to one request of either completions API, in the server's order.

    An empty text, a filtered one, and one with reasoning alone are samples: they are kept as what they are. An answer
    that broke off by a fault of the server is none. Token counts of several samples come as one sum: it is split by
    their log-probabilities where the server gave some, else evenly. Raises BrokenReply where the body is no JSON
    object, holds an error, another number of choices, or no token counts.
    """
    try:
        reply = json.loads(body.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        raise BrokenReply(f"a reply that is not JSON: {' '.join(body.split())[:80]!r}") from None
    if not isinstance(reply, dict):
        raise BrokenReply(f"a reply that is no object: {' '.join(body.split())[:80]!r}")
    choices = reply.get("choices")
    if not isinstance(choices, list) or not choices:
        raise BrokenReply(f"a reply without choices{_error_of(reply)}")
    if not all(isinstance(choice, dict) for choice in choices):
        raise BrokenReply("a choice that is no object")
    if len(choices) != samples:
        raise BrokenReply(f"{len(choices)} choices where {samples} were asked for")
    for part in (reply, *choices):
        # Servers that pass on others' answers say so where one broke off: what they have of it is no sample.
        error = part.get("error")
        failed = any(error.values()) if isinstance(error, dict) else bool(error)
        if failed or part.get("finish_reason") == "error":
            raise BrokenReply(f"an answer that broke off{_error_of(part)}")
    usage = reply.get("usage")
    prompt, total = (_count(usage, name) for name in ("prompt_tokens", "completion_tokens"))
    if prompt is None or total is None:
        raise BrokenReply("a reply without token counts (`usage`)")
    logprobs = [_logprobs(choice.get("logprobs")) for choice in choices]
    return [
        _sample(choice, prompt, tokens, values)
        for choice, tokens, values in zip(choices, _shares(total, logprobs), logprobs)
    ]


def _sample(choice: dict[str, Any], prompt_tokens: int, tokens: int, logprobs: list[float]) -> Completion:
    message = choice.get("message")
    if isinstance(message, dict):
        text = message.get("content") or message.get("refusal")
        names = ("reasoning_content", "reasoning", "reasoning_details")
        reasoning = next((message[name] for name in names if message.get(name)), None)
        reasoning = reasoning or _thinking(message.get("content"))
    else:
        text, reasoning = choice.get("text"), None
    finish = choice.get("finish_reason")
    return Completion(
        text=_clean(_text(text)),
        prompt_tokens=prompt_tokens,
        completion_tokens=tokens,
        finish_reason=_clean(finish) if isinstance(finish, str) and finish else "unknown",
        reasoning=_clean(_text(reasoning)) or None,
        mean_logprob=sum(logprobs) / len(logprobs) if logprobs else None,
        min_logprob=min(logprobs, default=None),
    )


def _text(content: Any) -> str:
    """A text, or the texts of a list of parts."""
    if isinstance(content, list):
        return "".join(_text(part.get("text")) for part in content if isinstance(part, dict) and not _is_thought(part))
    return content if isinstance(content, str) else ""


def _is_thought(part: dict[str, Any]) -> bool:
    return part.get("type") in ("thinking", "reasoning")


def _thinking(content: Any) -> list[Any]:
    """The parts of a content that are thoughts, of all its parts."""
    parts = content if isinstance(content, list) else []
    thoughts = [
        part.get("thinking") or part.get("text") for part in parts if isinstance(part, dict) and _is_thought(part)
    ]
    return [{"text": _text(thought)} for thought in thoughts]


def _clean(text: str) -> str:
    """The text with a replacement character for every lone surrogate, which no file can hold."""
    clean = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if clean != text:
        log.warning("a sample holds half a character (a lone surrogate): replaced, the rest is kept")
    return clean


def _error_of(reply: dict[str, Any]) -> str:
    error = reply.get("error") or reply.get("detail") or reply.get("message")
    said = error.get("message", error) if isinstance(error, dict) else error
    return f": {' '.join(str(said).split())[:160]}" if said else ""


def _count(usage: Any, name: str) -> int | None:
    value = usage.get(name) if isinstance(usage, dict) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS else None


def _logprobs(field: Any) -> list[float]:
    """Log-probabilities of a sample's tokens in either API's form, empty where there are none."""
    if not isinstance(field, dict):
        return []
    if isinstance(content := field.get("content"), list):
        values = [token.get("logprob") if isinstance(token, dict) else None for token in content]
    else:
        listed = field.get("token_logprobs")
        values = listed if isinstance(listed, list) else []
    return [float(v) for v in values if isinstance(v, int | float) and abs(v) <= sys.float_info.max]


def _shares(total: int, logprobs: Sequence[list[float]]) -> list[int]:
    """The token counts of samples that together have `total`."""
    counts = [len(values) for values in logprobs]
    if sum(counts) == total and all(counts):
        return counts
    share, rest = divmod(total, len(logprobs))
    return [share + (number < rest) for number in range(len(logprobs))]
