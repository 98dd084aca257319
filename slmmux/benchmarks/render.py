"""Prompt styles: chat messages for instructed models, few-shot text for base models."""

import hashlib
import json

from slmmux.benchmarks.question import Prompt

Messages = list[dict[str, str]]


def render(prompt: Prompt, style: str) -> Messages | str:
    """The prompt in a model's style. The engine applies the chat template; text goes to the model as it is."""
    if style == "few_shot":
        shots = "".join(f"Question: {ask}\nAnswer: {answer}\n\n" for ask, answer in prompt.examples)
        return f"{shots}Question: {prompt.request}\nAnswer:"
    messages = []
    for ask, answer in prompt.examples:
        messages += [{"role": "user", "content": ask}, {"role": "assistant", "content": answer}]
    return [*messages, {"role": "user", "content": prompt.request}]


def prompt_digest(prompt: Prompt) -> str:
    """A hex digest of all that a benchmark's prompt says, whatever the style; ties samples to what was asked."""
    content = json.dumps([prompt.request, prompt.examples, prompt.stop], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()
