"""Questions from outside a benchmark, asked as the benchmark asks its own.

Nobody knows their answers. Their reference is empty, and no answer that can be read is the same as an empty
one, so grading puts equal answers into one class and finds none of them right.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from slmmux.benchmarks import humaneval
from slmmux.benchmarks.program_inputs import begins_function
from slmmux.benchmarks.question import Prompt, Question
from slmmux.benchmarks.render import Messages, render
from slmmux.config import parse_options
from slmmux.errors import InputError

NOT_KNOWN = ""
SPLIT = "served"
_FUNCTION = re.compile(r"^def (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Conversation:
    """A question and what was said before it.

    system:  what the client's system messages say.
    earlier: (question, answer) pairs.
    """

    question: Question
    system: str | None = None
    earlier: tuple[tuple[str, str], ...] = ()


def conversation(
    reader: str,
    text: str,
    options: dict[str, Any],
    system: str | None = None,
    earlier: tuple[tuple[str, str], ...] = (),
) -> Conversation:
    """The question's id, which its seeds depend on, is a digest of all that was said. Raises InputError as
    `free_question` does, and on half a character (a lone surrogate), which JSON may hold and a text may not."""
    try:
        "".join([text, system or "", *(said for pair in earlier for said in pair)]).encode()
    except UnicodeEncodeError:
        raise InputError("a message holds half a character (a lone surrogate)") from None
    question = free_question(reader, text, options)
    if system or earlier:
        said = json.dumps([system, earlier, question.text], ensure_ascii=False)
        question = replace(question, id=_digest(said))
    return Conversation(question, system, earlier)


def conversations(reader: str, texts: Sequence[object], options: dict[str, Any]) -> list[Conversation]:
    """The texts as questions. Raises InputError naming the first row, counted from 1, that is none."""
    asked = []
    for row, text in enumerate(texts, start=1):
        if not isinstance(text, str):
            raise InputError(f"row {row}: the question must be a text, not {type(text).__name__}")
        try:
            asked.append(conversation(reader, text, options))
        except InputError as error:
            raise InputError(f"row {row}: {error}") from None
    return asked


def rendered(prompt: Prompt, asked: Conversation, system_prompt: str | None, style: str) -> Messages | str:
    """The prompt in a model's style: system prompts, the prompt's worked examples, what was said, the request.

    System prompts are one message, since many chat templates take no second one. A base model sees them as the
    first lines, and what was said as further worked examples. Raises InputError for a style that the prompt lacks.
    """
    system = "\n\n".join(text for text in (system_prompt, asked.system) if text)
    if style == "few_shot":
        body = render(replace(prompt, examples=(*prompt.examples, *asked.earlier)), style)
        return f"{system}\n\n{body}" if system else body
    *shown, request = cast(Messages, render(prompt, style))
    said = [
        {"role": role, "content": text} for pair in asked.earlier for role, text in zip(("user", "assistant"), pair)
    ]
    return [*([{"role": "system", "content": system}] if system else []), *shown, *said, request]


def free_question(reader: str, text: str, options: dict[str, Any]) -> Question:
    """A question of the benchmark's kind with this text. Its id is a digest of the text.

    Worked examples that depend on the question's kind (short_answers) are left out, since nothing says which
    kind a free question is. A question of humaneval is the beginning of a Python function; the last function
    of the text is the one that is asked for. Raises InputError on an empty text or one without a function.
    """
    text = text.strip()
    if not text:
        raise InputError("the question is empty")
    if reader != humaneval.NAME:
        return Question(_digest(text), SPLIT, text, NOT_KNOWN)
    functions = _FUNCTION.findall(text)
    if not functions:
        raise InputError("the question is not the beginning of a Python function: no line starts with `def`")
    if not begins_function(text, functions[-1]):
        raise InputError(f"the question is not the beginning of the Python function {functions[-1][:40]}")
    parsed = parse_options(reader, humaneval.Options, options)
    return humaneval.Task(_digest(text), SPLIT, text, NOT_KNOWN, entry_point=functions[-1], tests="", options=parsed)


def example_question(benchmark: str) -> str:
    """A question of the benchmark's kind to show how the model is asked; written for this project."""
    return humaneval.EXAMPLES[0][0] if benchmark == humaneval.NAME else "What is 12 + 31?"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
