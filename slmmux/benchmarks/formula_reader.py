r"""The formula or word a response answers with, as in math_500."""

import re

from slmmux.benchmarks.answer_reader import boxes, said, statements
from slmmux.benchmarks.latex_forms import canonical_form
from slmmux.benchmarks.turns import end_of_answer

_OPENED = re.compile(r"\$\$|\$|\\\(|\\\[")
_CLOSING = {"$$": "$$", "$": "$", "\\(": "\\)", "\\[": "\\]"}
# What ends a value outside of a formula and begins a remark on it. "1, 2 and 3" goes on.
_REMARK = re.compile(
    r"[.!?;](?=\s|$)|\s\((?=[^()=]*[A-Za-z]{2})|,\s(?!(?:and|or)\b)(?=[A-Za-z]{2,}(?!\s?=))"
    r"|\s(?:because|since|as|so|which|where|if|after|when|while|whereas|but|not|for|with)\b"
    r"|\sand\s(?:we|it|I|this|that|they|he|she|you)\b"
    # "42: six times seven", "42 - that is", "1/2, or 50%"
    r"|(?<=[\d)}\]])(?::|\s-{1,3})\s(?=[A-Za-z]{3,})(?!(?:sin|cos|tan|cot|log|exp|sqrt)\b)"
    r"|(?<=[\d)}]),?\sor\s(?:about\s|approximately\s)?(?=[\d.]+\s?\\?%)"
)
# A formula displayed in an environment.
_ENVIRONMENT = re.compile(
    r"\\begin\{((?:align|aligned|equation|gather|displaymath|math)\*?)\}(.*?)\\end\{\1\}", re.DOTALL
)
_QUANTITY = re.compile(
    r"(?:\\?\$)?-?[\d.,/]*\d\s[A-Za-z]+(?:\s[A-Za-z]+)?(?=\s(?:in|of|per|out|on|at|to|from|by|each)\b)"
)
# Between the formulas of a list, as in "$1$, $2$ and $3$", and what follows the last of them.
_JOINED = re.compile(r"\s?,\s?(?:(?:and|or)\s)?|\s(?:and|or)\s")
_LIST_ENDS = re.compile(r"\s*(?:[.;!?)]|\n|$|(?:respectively|units?|because|since|as|for|in)\b)|,\s[a-z]")
_DECIMAL = re.compile(r"(?:\\approx\s?)?-?\d*\.\d+")
# "one million (1,000,000)"
_NAMED = re.compile(r"[A-Za-z]{2,}[A-Za-z\s-]{0,60}\s\((-?[\d,.]*\d)\)")
_MATHEMATICAL = re.compile(r"[\d\\=+*/^<>()\[\]]|\b[A-Za-z]\b(?!')")
_WORDS = re.compile(r"[A-Za-z'-]{1,40}(?:\s[A-Za-z'-]{1,40}){0,2}")
# What is said of an answer, and is none.
_OF_AN_ANSWER = re.compile(
    r"(?:not|un|in)?\s?(?:correct|right|wrong|clear|unclear|plausible|reasonable|obvious|above|below|here|ready|needed"
    r"|required|unknown|known|ambiguous|unique|simple|found|given|consistent|exact|valid|as follows|follows|expected"
    r"|good|fine|the following|the same|in the box|boxed|this|that|it|shown above|given above)",
    re.IGNORECASE,
)
_SHORT = re.compile(r"^[ \t]*+A:[ \t]*+(\S[^\n]*)$", re.MULTILINE)
_ONE_FORMULA = re.compile(r"\W*(?:[A-Za-z]\s?=\s?)?[-\d.,/]*\d\W*|\$[^$]+\$\.?|\\[(\[].+\\[)\]]\.?")


def read_formula(response: str) -> str | None:
    """The content of the last box, else the value that the response states last, else None.

    Of a statement it is the first formula where only words go before it, else its text up to a remark. A word is
    a value only where no statement has a formula or a number. Without all these it is what stands behind the last "A:".
    """
    text = said(response)
    boxed = [(box.start, box.text) for box in boxes(text) if box.text]
    stated = [(s.start, value) for s in statements(text) if (value := _value(s.text))]
    given = [start for start, _ in boxed + stated]
    end = end_of_answer(text, given, lambda line: bool(_ONE_FORMULA.fullmatch(line)))
    mathematical = [found for found in stated if _MATHEMATICAL.search(found[1])]
    short = [] if given else [(m.start(), value) for m in _SHORT.finditer(text) if (value := _value(m[1]))]
    for found in (boxed, mathematical, stated, short):
        if kept := [value for start, value in found if start < end]:
            return kept[-1]
    return None


def _value(text: str) -> str | None:
    if displayed := _ENVIRONMENT.match(text):
        return displayed[2].replace("&", "").strip().rstrip(".,").strip() or None
    if formula := _first_formula(text):
        return formula
    text = text.strip("`\"' ")
    if text.count("$") % 2:
        # The sign of a currency, or half of a formula that was cut.
        text = text.strip("$")
    remark = _REMARK.search(text)
    value = text[: remark.start()] if remark else text
    if named := _NAMED.fullmatch(text.rstrip(".")):
        return named[1]
    if quantity := _QUANTITY.match(value):
        value = quantity.group()
    value = value.strip().rstrip(".,:;").strip("`\"' ")
    if _MATHEMATICAL.search(value):
        return value
    return value if _WORDS.fullmatch(value) and not _OF_AN_ANSWER.fullmatch(value) else None


def _first_formula(text: str) -> str | None:
    """The first formula in $…$, \\(…\\), \\[…\\] or $$…$$, where only words and no remark go before it; with those
    that follow it in a list, as in "$1$, $2$ and $3$"."""
    opened = _OPENED.search(text)
    if opened is None:
        return None
    before = text[: opened.start()]
    if re.search(r"\d|\\", before) or (before and _REMARK.search(before)):
        return None
    formulas: list[str] = []
    joined = ""
    while opened is not None:
        end = text.find(_CLOSING[opened.group()], opened.end())
        formula = text[opened.end() : end].strip().rstrip(".,").strip() if end >= 0 else ""
        if not formula:
            break
        if joined and _DECIMAL.fullmatch(formula):
            # "$\\sqrt2$ or $1.41$" is one value.
            return _joined(formulas)
        formulas.append(joined + formula)
        end += len(_CLOSING[opened.group()])
        after = _JOINED.match(text, end)
        joined = " or " if after and "or" in after.group() else ", "
        opened = _OPENED.match(text, after.end()) if after else None
    if len(formulas) > 1 and (opened is not None or not _LIST_ENDS.match(text, end)):
        # "$7$, $n$ being 2" goes on to something else.
        return formulas[0]
    return _joined(formulas)


def _joined(formulas: list[str]) -> str | None:
    """The formulas of a list as one; where they are one value in several forms, the first of them."""
    keys = {canonical_form(formula.removeprefix(" or ").removeprefix(", ")).key for formula in formulas}
    if len(formulas) > 1 and len(keys) == 1:
        return formulas[0]
    return "".join(formulas) or None
