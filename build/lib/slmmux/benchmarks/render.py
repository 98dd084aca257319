"""Prompt styles: chat messages for instructed models, few-shot text for base models, and programs.

In the style `program` an instructed model writes a Python program that prints the answer (program-aided
language models, Gao et al., 2023). `slmmux.samples.printed_answers` runs the program.
"""

import hashlib
import json

from slmmux.benchmarks.question import Prompt
from slmmux.errors import InputError

Messages = list[dict[str, str]]

PROGRAM_INSTRUCTION = (
    "Write a short Python program that computes the answer and prints it, and nothing else. "
    "Reply with the program alone, in one code block."
)
# What a few-shot text puts before each question.
NEXT_QUESTION = "Question:"
# What ends a program: the closing fence. The opening one is followed by the word `python`.
PROGRAM_STOP = ("```\n", "Question:")


def render(prompt: Prompt, style: str) -> Messages | str:
    """The prompt in a model's style. The engine applies the chat template; text goes to the model as it is.

    Raises InputError for the style `program` where the benchmark's answers can't be printed.
    """
    if style == "program":
        return _program_messages(prompt)
    if style == "few_shot":
        shots = "".join(f"Question: {ask}\nAnswer: {answer}\n\n" for ask, answer in prompt.examples)
        return f"{shots}Question: {prompt.request}\nAnswer:"
    return chat_messages(prompt)


def chat_messages(prompt: Prompt) -> Messages:
    """The prompt for an instructed model: the worked examples as turns that were, then the request."""
    messages = []
    for ask, answer in prompt.examples:
        messages += [{"role": "user", "content": ask}, {"role": "assistant", "content": answer}]
    return [*messages, {"role": "user", "content": prompt.request}]


def stop_texts(prompt: Prompt, style: str) -> tuple[str, ...]:
    """What ends a response in a model's style.

    NEXT_QUESTION ends only the few-shot text that goes on to another question, at the start of a line: a chat
    model's turn ends by itself, and it may well restate the question first.
    """
    if style == "program":
        return PROGRAM_STOP
    others = tuple(stop for stop in prompt.stop if stop != NEXT_QUESTION)
    return others if style == "chat" or others == prompt.stop else (f"\n{NEXT_QUESTION}", *others)


def _program_messages(prompt: Prompt) -> Messages:
    if prompt.question is None:
        raise InputError("this benchmark can't be asked in the prompt style `program`: its answers are not printed")
    messages = []
    for question, program in prompt.programs:
        messages += [
            {"role": "user", "content": f"{question}\n{PROGRAM_INSTRUCTION}"},
            {"role": "assistant", "content": f"```python\n{program}\n```"},
        ]
    return [*messages, {"role": "user", "content": f"{prompt.question}\n{PROGRAM_INSTRUCTION}"}]


def prompt_digest(prompt: Prompt) -> str:
    """A hex digest of what a benchmark's prompt says in the styles `chat` and `few_shot`; ties samples to what was
    asked. The rest of the style `program` does not depend on the question: see `program_digest`."""
    content = json.dumps([prompt.request, prompt.examples, prompt.stop], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def program_digest(prompt: Prompt) -> str:
    """A hex digest of all that the style `program` adds to a question: instruction, examples and stop texts."""
    content = json.dumps([PROGRAM_INSTRUCTION, prompt.programs, PROGRAM_STOP], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()
