"""Reading and comparing answers that are numbers, LaTeX or short texts.

Numbers and LaTeX are compared by math-verify. Its known traps are met here: it is not symmetric, so the
reference always goes first; it merges several boxes into a set, so the last box is taken out before it
sees the text; its timeouts use SIGALRM and break outside the main thread, so they are off there.
"""

import re
import threading
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache

from slmmux.benchmarks.question import Grade

PARSE_SECONDS = 3

_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[-+]?\.\d+")
_ANSWER_IS = re.compile(r"answer\s*(?:is|:|=)\s*:?\s*(.+)", re.IGNORECASE)


def last_boxed(text: str) -> str | None:
    r"""The content of the last complete \boxed{…} or \fbox{…} with balanced braces, or None.

    >>> last_boxed(r"first \boxed{2}, no: \boxed{\frac{1}{2}}")
    '\\frac{1}{2}'
    """
    for match in reversed(list(re.finditer(r"\\f?box(?:ed)?\s*\{", text))):
        depth = 1
        for end in range(match.end(), len(text)):
            if text[end] == "{":
                depth += 1
            elif text[end] == "}":
                depth -= 1
                if depth == 0:
                    return text[match.end() : end].strip()
    return None


def last_number(text: str) -> str | None:
    """The last number of a text, with its thousands separators, or None."""
    found = _NUMBER.findall(text)
    return found[-1] if found else None


def stated_answer(text: str) -> str | None:
    """What a response says its answer is: the last box, else what follows the last "answer is" on its line."""
    boxed = last_boxed(text)
    if boxed is not None:
        return boxed or None
    stated = _ANSWER_IS.findall(text)
    return stated[-1].strip().strip("*`$").strip() or None if stated else None


def plain_number(text: str) -> Fraction | None:
    """The exact value of a plain decimal such as "1,234", "$5.50", "70%" or "1/2", or None for anything else."""
    text = text.strip().strip("$").rstrip(".").strip()
    text = text.removesuffix("%").removesuffix("\\").strip()
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    if re.fullmatch(r"[-+]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})", text):
        return Fraction(text)
    match = re.fullmatch(r"([-+]?\d{1,400})\s*/\s*(\d{1,400})", text)
    if match and int(match.group(2)):
        return Fraction(int(match.group(1)), int(match.group(2)))
    return None


def normal_text(text: str) -> str:
    """Lower case, single spaces, no surrounding quotes or closing punctuation."""
    return " ".join(text.lower().split()).strip(" .,!?;:'\"`*")


@lru_cache(maxsize=100_000)
def _parsed(text: str) -> tuple:
    from math_verify import parse

    seconds = PARSE_SECONDS if threading.current_thread() is threading.main_thread() else None
    return tuple(parse(f"${text}$", parsing_timeout=seconds, raise_on_error=False))


@lru_cache(maxsize=100_000)
def same_value(reference: str, answer: str) -> bool:
    """Whether `answer` has the value of `reference`: exact for plain numbers, else by math-verify.

    Not symmetric (math-verify is not): the reference goes first.
    """
    a, b = plain_number(reference), plain_number(answer)
    if a is not None and b is not None:
        return a == b
    if normal_text(reference) == normal_text(answer):
        return True
    from math_verify import verify

    seconds = PARSE_SECONDS if threading.current_thread() is threading.main_thread() else None
    gold, given = _parsed(reference), _parsed(answer)
    return bool(gold and given and verify(list(gold), list(given), timeout_seconds=seconds, raise_on_error=False))


def same_text(reference: str, answer: str) -> bool:
    """Whether two short texts are the same after `normal_text`."""
    return normal_text(reference) == normal_text(answer)


def grade_closed(
    reference: str,
    responses: Sequence[str],
    read: Callable[[str], str | None],
    same: Callable[[str, str], bool],
) -> list[Grade]:
    """Grade the responses to one closed-ended question.

    read: response → the answer's text, or None. same(a, b): whether b is the same answer as a.
    The reference's class comes first, so every right answer falls into one class; any other answer joins
    the first class whose founding answer is the same in both directions, else it founds a class.
    """
    founders: list[str] = []
    grades = []
    named: dict[str, str] = {}
    for response in responses:
        answer = read(response)
        if answer is None:
            grades.append(Grade(None, False))
            continue
        if answer not in named:
            if same(reference, answer):
                named[answer] = reference
            else:
                match = next((f for f in founders if same(f, answer) and same(answer, f)), None)
                if match is None:
                    founders.append(answer)
                named[answer] = match if match is not None else answer
        grades.append(Grade(named[answer], named[answer] == reference))
    return grades
