"""Questions from outside a benchmark, asked as the benchmark asks its own.

Nobody knows their answers. Their reference is empty, and no answer that can be read is the same as an empty
one, so grading puts equal answers into one class and finds none of them right.
"""

import hashlib
import re
from typing import Any

from slmmux.benchmarks import humaneval
from slmmux.benchmarks.question import Question
from slmmux.config import parse_options
from slmmux.errors import InputError

NOT_KNOWN = ""
SPLIT = "served"
_FUNCTION = re.compile(r"^def (\w+)", re.MULTILINE)


def free_question(benchmark: str, text: str, options: dict[str, Any]) -> Question:
    """A question of the benchmark's kind with this text. Its id is a digest of the text.

    Worked examples that depend on the question's kind (short_answers) are left out, since nothing says which
    kind a free question is. A question of humaneval is the beginning of a Python function; the last function
    of the text is the one that is asked for. Raises InputError on an empty text or one without a function.
    """
    text = text.strip()
    if not text:
        raise InputError("the question is empty")
    known = {"id": hashlib.sha256(text.encode()).hexdigest()[:16], "split": SPLIT, "text": text}
    if benchmark != humaneval.NAME:
        return Question(**known, reference=NOT_KNOWN)
    functions = _FUNCTION.findall(text)
    if not functions:
        raise InputError("the question is not the beginning of a Python function: no line starts with `def`")
    parsed = parse_options(benchmark, humaneval.Options, options)
    return humaneval.Task(**known, reference=NOT_KNOWN, entry_point=functions[-1], tests="", options=parsed)


def example_question(benchmark: str) -> str:
    """A question of the benchmark's kind to show how the model is asked; written for this project."""
    return humaneval.EXAMPLES[0][0] if benchmark == humaneval.NAME else "What is 12 + 31?"
