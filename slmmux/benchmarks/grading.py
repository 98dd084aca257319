"""Reading and comparing answers that are numbers, LaTeX or short texts.

Plain numbers are compared exactly here; other LaTeX goes to math-verify (`latex.py`). Its known traps are
met here: it is not symmetric, so the reference always goes first; it merges several boxes into a set, so the
last box is taken out before it sees the text; it reads words as products of symbols and forgets the base of
a number, so both are compared before it.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from slmmux.benchmarks.latex import same_latex
from slmmux.benchmarks.plain_numbers import plain_number
from slmmux.benchmarks.question import Grade

_IN_BASE = re.compile(r"([0-9A-Fa-f]+)_(?:\{\s*(\d{1,3})\s*\}|(\d))")
_TEXT = re.compile(r"\\(?:text|mbox|textbf|textit|mathrm|mathbf)\s*\{([^{}]*)\}")


def normal_text(text: str) -> str:
    """Lower case, single spaces, no surrounding quotes or closing punctuation."""
    return " ".join(text.lower().split()).strip(" .,!?;:'\"`*")


def _tidy(text: str) -> str:
    r"""LaTeX without what only changes its look: spaces, \left, \right, \text{} around words, size of fractions."""
    text = text.strip().strip("$").rstrip(".")
    text = re.sub(r"\\(?:left|right)(?![A-Za-z])|\\[!,;: ]", "", _TEXT.sub(r"\1", text))
    # A space between digits counts: 1 1/2 is not 11/2.
    return re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", re.sub(r"\\[dt]frac", r"\\frac", text))


@lru_cache(maxsize=100_000)
def same_value(reference: str, answer: str) -> bool:
    r"""Whether `answer` has the value of `reference`: exactly for plain numbers, else by math-verify.

    A reference all in \text{} is a word, and only that word is the same, whatever its case and brackets.
    A number in a base, as 2516_8, is the same digits in that base or in none.
    Not symmetric (math-verify is not): the reference goes first. Never raises and never hangs.
    """
    a, b = plain_number(reference), plain_number(answer)
    if a is not None and b is not None:
        return a == b
    if _tidy(reference) == _tidy(answer) != "":
        return True
    if word := _TEXT.fullmatch(reference.strip().strip("$")):
        return _bare_word(word.group(1)) == _bare_word(_TEXT.sub(r"\1", answer))
    with_base = [_IN_BASE.fullmatch(_tidy(text)) for text in (reference, answer)]
    if any(with_base):
        digits = [m.group(1) if m else _tidy(text) for m, text in zip(with_base, (reference, answer))]
        bases = {m.group(2) or m.group(3) for m in with_base if m}
        return digits[0].upper() == digits[1].upper() and len(bases) == 1
    return same_latex(reference, answer)


def _bare_word(text: str) -> str:
    return normal_text(text.strip().strip("$()"))


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
