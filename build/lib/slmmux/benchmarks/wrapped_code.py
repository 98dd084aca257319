"""Programs that a response wraps: in JSON, in the prompts of Python's console, in indentation, or in one line."""

import json
import re
import textwrap

from slmmux.benchmarks.code_blocks import valid_beginning


def unwrapped(text: str, name: str) -> str:
    """A response without what wraps its program: an object of JSON, the prompts of Python's console, or line ends
    that are escaped. name: of the function that the program defines."""
    begins = rf"(?:async )?def {re.escape(name)}\b"
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
    texts = [value for value in data.values() if isinstance(value, str)] if isinstance(data, dict) else []
    return next((value for value in texts if re.search(rf"^\s*{begins}|\n\s*{begins}", value)), None)


def indented_function(text: str, name: str) -> str | None:
    """The part of a text that begins with a function of that name, where it is indented as a whole."""
    begins = re.search(rf"^([ \t]+)(?:async )?def {re.escape(name)}\b", text, re.MULTILINE)
    if begins is None:
        return None
    lines = text[begins.start() :].split("\n")
    end = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith(begins[1])), len(lines))
    return textwrap.dedent("\n".join(lines[:end]))
