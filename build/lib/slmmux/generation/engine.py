"""The contract between generation and any engine, on one page."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from slmmux.benchmarks.render import Messages


@dataclass(frozen=True)
class Request:
    """One prompt and how many samples of it are wanted.

    Sample j of the request uses seed + j. Seeds of different requests are far apart, since one seed for a
    whole batch gives every prompt the same noise.
    """

    prompt: Messages | str
    samples: int
    seed: int
    stop: tuple[str, ...]
    max_tokens: int
    temperature: float


@dataclass(frozen=True)
class Completion:
    """One sample. Beside its text, None where an engine does not say:

    reasoning: the thoughts of a model whose server takes them out of the text. mean_logprob, min_logprob: of the
    natural logarithms of the probabilities of its tokens. seconds: from the start of its request to its end; the
    samples of one request share it where they are one request to the engine.
    """

    text: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str
    reasoning: str | None = None
    mean_logprob: float | None = None
    min_logprob: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Refused:
    """In place of a completion: why the engine gave none, in one line. Other requests go on."""

    reason: str


Sample = Completion | Refused


class Engine(Protocol):
    """Anything that completes prompts.

    generate takes all requests at once, to keep the engine busy, and yields (index of the request, its samples) as
    they are finished, in any order, each request once. Raises InputError where it can't go on.
    versions names what produced the samples: library versions, dtype, device.
    """

    versions: dict[str, str]

    def generate(self, requests: Sequence[Request]) -> Iterator[tuple[int, list[Sample]]]: ...

    def close(self) -> None: ...


def request_seed(seed: int, question_id: str, first_sample: int) -> int:
    """A seed for one question, the same on every machine: 47 bits of a hash of (seed, question), plus the sample.

    Adding the sample's number last keeps sample j's seed the same however many are asked for at once.
    """
    digest = hashlib.sha256(f"{seed}/{question_id}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 17) + first_sample
