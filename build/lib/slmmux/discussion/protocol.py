"""What a discussion is made of: questions, agents, requests, and the transcript's columns."""

import hashlib
import json
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import pyarrow as pa

from slmmux.benchmarks.question import Prompt
from slmmux.benchmarks.render import Messages, chat_messages, stop_texts
from slmmux.settings import Strict

# One row an answer. Prompts hold questions, so they are not kept: a digest ties an answer to what was asked.
TRANSCRIPT = pa.schema(
    [
        ("benchmark", pa.string()),
        ("question_id", pa.string()),
        ("protocol", pa.string()),
        ("round", pa.int32()),
        ("role", pa.string()),
        ("model", pa.string()),
        ("aspect", pa.string()),
        ("about", pa.int32()),
        ("sample", pa.int32()),
        ("response", pa.string()),
        ("prompt_tokens", pa.int32()),
        ("completion_tokens", pa.int32()),
        ("finish_reason", pa.string()),
        ("final", pa.bool_()),
        ("ask_sha256", pa.string()),
    ]
)


@dataclass(frozen=True)
class AskedQuestion:
    """A question that is discussed, and how long an answer to it may be, in tokens."""

    question_id: str
    prompt: Prompt
    max_tokens: int

    def opening(self) -> Messages:
        """The question as it is asked without a discussion."""
        return chat_messages(self.prompt)

    def stop(self) -> tuple[str, ...]:
        """What ends an answer: agents are asked as chat models are."""
        return stop_texts(self.prompt, "chat")


@dataclass(frozen=True)
class Agents:
    """The models that take part, in the order of the parameters. `best`: by accuracy on the validation split."""

    models: tuple[str, ...]
    best: str


@dataclass(frozen=True)
class AgentRequest:
    """One request to one model: `samples` answers to the same messages.

    round: 0 for what is asked first. role: in the protocol. aspect: what a verifier looks at. about: the
    candidate that is judged, -1 where none is. seed_key: sets the seed; two requests with the same key and
    messages are one.
    """

    question_id: str
    model: str
    round: int
    role: str
    messages: Messages
    max_tokens: int
    stop: tuple[str, ...]
    temperature: float
    samples: int = 1
    aspect: str = ""
    about: int = -1

    def seed_key(self) -> str:
        return f"{self.question_id}/{self.role}/{self.round}/{self.model}/{self.aspect}/{self.about}"

    def digest(self) -> str:
        """Ties an answer to all that was asked of which model, whatever number of samples."""
        content = [self.seed_key(), self.messages, self.max_tokens, self.stop, self.temperature]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


# An answer that counts: (its request, the number of the sample).
Final = tuple[AgentRequest, int]
# Yields the requests of a round, is sent for each the texts of its samples; returns the answers that count. The final
# answer to a question is the plurality of those.
Rounds = Generator[list[AgentRequest], list[list[str]], list[Final]]


@dataclass(frozen=True)
class Protocol:
    """One protocol: its name in the parameters, its label in tables, the type of its options, and its rounds.

    rounds(questions, agents, options): options are an instance of `options`.
    """

    name: str
    label: str
    options: type[Strict]
    rounds: Callable[[list[AskedQuestion], Agents, Any], Rounds]


def from_template(name: str, **values: str) -> str:
    """The text of prompts/NAME.txt with `$word` replaced."""
    return _template(name).substitute(values).strip()


@cache
def _template(name: str) -> Template:
    return Template((Path(__file__).parent / "prompts" / f"{name}.txt").read_text(encoding="utf-8"))


def listed(answers: list[str], word: str) -> str:
    """Several answers as one text: each under its number."""
    return "\n\n".join(f"{word} {n}:\n{answer.strip()}" for n, answer in enumerate(answers, 1))
