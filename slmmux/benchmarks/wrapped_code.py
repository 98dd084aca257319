"""Programs that a response wraps: in JSON, in the prompts of Python's console, in indentation, or in one line."""

import ast
import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any

from slmmux.benchmarks.code_blocks import parse, valid_beginning


def unwrapped(text: str, name: str) -> str:
    """A response without what wraps its program: an object of JSON, quotes, the prompts of Python's console, or line
    ends that are escaped. name: of the function that the program defines."""
    begins = rf"(?:async )?def {re.escape(name)}\b"
    if (quoted := _quoted(text)) is not None and re.search(rf"^\s*{begins}", quoted, re.MULTILINE):
        return quoted
    if "{" in text and (found := _in_json(text, begins)) is not None:
        return found
    if re.search(rf"^>>> {begins}", text, re.MULTILINE):
        return "\n".join(line[4:] for line in text.split("\n") if line[:4] in (">>> ", "... ", "..."))
    if "\n" not in text.strip() and "\\n" in text and valid_beginning(text) is None:
        return text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
    return text


def _in_json(text: str, begins: str) -> str | None:
    """The text with the function that an object of JSON holds."""
    try:
        data = json.loads(text[text.index("{") : text.rindex("}") + 1])
    except (ValueError, RecursionError):
        return None
    return next((value for value in _texts(data) if re.search(rf"^\s*{begins}|\n\s*{begins}", value)), None)


def _texts(data: Any) -> Iterator[str]:
    """The texts in nested lists and objects, in order."""
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | dict):
            waiting += reversed(list(value.values() if isinstance(value, dict) else value))


def _quoted(text: str) -> str | None:
    """The text that a response in quotes is."""
    text = text.strip()
    if len(text) < 2 or text[0] not in "\"'" or text[-1] != text[0] or "\n" in text:
        return None
    try:
        (statement,) = parse(text).body
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    value = statement.value if isinstance(statement, ast.Expr) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def indented_function(text: str, name: str) -> str | None:
    """The part of a text that begins with a function of that name, where it is indented as a whole."""
    begins = re.search(rf"^([ \t]+)(?:async )?def {re.escape(name)}\b", text, re.MULTILINE)
    if begins is None:
        return None
    lines = text[begins.start() :].split("\n")
    end = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith(begins[1])), len(lines))
    return textwrap.dedent("\n".join(lines[:end]))
