r"""LaTeX without what only changes its look: \left, \dfrac, \mathbf, \color, spaces, \text around words, units."""

import re

from slmmux.benchmarks.characters import plain_characters

_SIZES = re.compile(
    r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|scriptstyle|tiny|small|large|Large|huge|limits|nolimits|hfill"
    r"|boxed)(?![A-Za-z])"
)
_SPACES = re.compile(r"(?<!\\)\\[!,;: ]|\\q?quad(?![A-Za-z])|~|\\(?:h|v)?(?:space|phantom)\{[^{}]*\}")
_LOOKS = re.compile(
    r"\\(?:mathbf|mathrm|mathit|mathsf|mathtt|mathnormal|boldsymbol|bm|pmb|underline|operatorname|bf|rm|it|sf)(?![A-Za-z])\s?"
    r"|\\(?:text)?color\s?\{[^{}]*\}"
)
_TEXT = re.compile(r"\\(?:text(?:bf|it|rm|sf|sc|tt|normal|up)?|mbox|hbox|emph)\s?\{([^{}]*)\}")
_JOINED = re.compile(r"^\s*,?\s*(and|or|\\?&)\s*$")
# Words in a style of their own within \text{}.
_NESTED = re.compile(r"\\text\s?\{\s?\\(?:text(?:bf|it|rm|sf|sc|tt|normal|up)?|emph)\s?\{([^{}]*)\}\s?\}")
_LISTED = re.compile(r"\s*-?\d[\d.]*(?:\s*,\s*-?\d[\d.]*)*,?\s+(?:and|or)\s+-?\d[\d.]*\s*")
_DIGITS = re.compile(r"(?=[^\d]*\d)(?:[\d\s,./()\[\]]|(?<!\d)[-+])+")
# What says that an answer follows, or how exact it is.
_ANNOUNCED = re.compile(
    r"(?:\x01\s*(?:(?:the\s)?(?:final\s)?answer(?:\sis)?\s?[:=]?|approximately|approx\.?|about|around|roughly|exactly)\s*\x02"
    r"|(?:(?:final\s)?answer\s?[:=]|approximately|approx\.?|about|around|roughly|exactly)(?=\s)"
    r"|\\approx(?![a-z]))\s*:?\s*(?=\S)",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)(?![A-Za-z])|(?<=\d)\s?\^\s?\{?\s?\x01\s*(?:st|nd|rd|th)\s*\x02\s?\}?")
# {a \over b} and {a \choose b}.
_INFIX = re.compile(r"\{([^{}]*)\\(over|choose)(?![a-z])([^{}]*)\}")
# Letters that stand for themselves in \text{} or \mathrm{} after a number; other single ones are units.
_SYMBOLS = frozenset("eixyznkabp")
_SHORT_UNITS = "cm|mm|km|nm|ft|in|mi|yd|hr|hrs|min|sec|lb|lbs|kg|mg|oz|ml|mL|sq|mph|rad|deg|Hz|kHz|ms|cc|pm|am"
_UNIT_WORD = rf"(?:{_SHORT_UNITS}|(?=[A-Za-z]*[aeiouyAEIOUY])(?!pi\b|sin\b|and\b|or\b|exp\b)[A-Za-z]{{3,}})"
_POWER = r"(?:\s?\^\s?(?:\{\s?-?[1-4]\s?\}|-?[1-4]))?"
_PLAIN_UNIT = re.compile(
    rf"(?<=[\d}})!])\s?(?:/\s?)?{_UNIT_WORD}{_POWER}(?:(?:(?:\s|\s?/\s?|\\cdot\s?){_UNIT_WORD}|\s?/\s?[hsmLg]\b){_POWER})*\s?\.?$"
)
_TEXT_UNIT = re.compile(rf"(?<=\S)\s?\x01([^\x01\x02]*)\x02{_POWER}\s?\.?$")
_UNIT_FRACTION = re.compile(
    rf"(?<=\d)\s?\\frac\s?\{{\x01[^\x01\x02\d]*\x02\}}\{{\x01[^\x01\x02\d]*\x02{_POWER}\}}\s?\.?$"
)
_DEGREES = re.compile(r"\s?(?:\^\s?(?:\{\s?\\circ\s?\}|\\circ)(?:\s?\{?[CF]\}?)?|\\degree|\\deg|\\%|%)\s?$")
_ANGLE = re.compile(r"\\?(?:sin|cos|tan|cot|sec|csc)(?![a-z])")
_CHOICE = re.compile(
    r"(?:\x01\s*\(?([A-Z])(?:\)|\.(?=\s+\x02))\s*\x02|\{?\(?([A-Z])\)\}?(?=\s|\\))\s*\.?(?:[^\s,;.\\=]|\\(?:frac|sqrt|pi)(?![a-z])).*$"
)

# The same with all of it in one \text{}: "(D) 12", "Option D".
_WORDED_CHOICE = re.compile(
    r"\x01\s*(?:\(?([A-Z])\)\s+(?!and\b|or\b)[^\s,;.()\x02][^()\x02]*|(?:[Oo]ption|[Cc]hoice|[Aa]nswer)\s+\(?([A-Z])\)?\.?)\x02"
)
_QUOTED = re.compile(r"(?:``|\"|\u201c)([A-Za-z][^\"'`\u201c\u201d]*)(?:''|\"|\u201d)")


def tidy(text: str) -> str:
    r"""An answer in one notation of LaTeX; words that stood in \text{} are between the characters 1 and 2.

    Units after a value are taken off, as in "12 dollars", "5\text{ cm}^2", "90^\circ", "70\%"; so is "$".
    """
    text = plain_characters(text).strip()
    text = _SIZES.sub("", text).replace("\\$", "").replace("$", "")
    text = re.sub(r"[€£¥₹]", "", text)
    text = re.sub(r"(?<![A-Za-z])\{([-,:.])\}", r"\1", text)
    text = _SPACES.sub(" ", re.sub(r"(?<=\d)\\!\s*(?=\d)", "", text))
    text = re.sub(r"\\(?:[dtcsx]|nice)frac(?![A-Za-z])", r"\\frac", text)
    # The backslash of a command gets lost.
    text = re.sub(r"(?<![A-Za-z\\])(frac|sqrt)(?=\{)", r"\\\1", text).replace("**", "^")
    text = text.replace("\\lbrace", "\\{").replace("\\rbrace", "\\}").replace("\\colon", ":")
    text = text.replace(">=", "\\ge ").replace("<=", "\\le ").replace("\\cr ", "\\\\ ").replace("\\not=", "\\ne")
    text = re.sub(r"\\operatorname\s?\{((?:arc)?(?:sin|cos|tan)|ln|log)\}", r"\\\1 ", text)
    text = re.sub(r"\\lt(?![a-z])", "<", re.sub(r"\\gt(?![a-z])", ">", text))
    text = re.sub(r"\\(?:leq|leqslant)(?![a-z])", r"\\le", re.sub(r"\\(?:geq|geqslant)(?![a-z])", r"\\ge", text))
    text = re.sub(r"\\mathrm\s?\{\s?([A-Za-z]{2,}[^{}]*|[A-Za-z]/[^{}]*)\}", r"\\text{\1}", text)
    text = re.sub(r"\\mathrm\s?\{\s?([A-Za-z])\s?\}", _symbol_or_unit, text)
    text = _TEXT.sub(_marked, _NESTED.sub(r"\\text{\1}", _LOOKS.sub("", text)))
    text = text.replace("\\&", " and ")
    if "\\over" in text or "\\choose" in text:
        text = _INFIX.sub(_prefix, f"{{{text}}}")
    text = _ORDINAL.sub("", text.strip().removesuffix("\\\\").strip())
    if announced := _ANNOUNCED.match(text):
        text = text[announced.end() :]
    text = (text if text.endswith("..") else text.removesuffix(".")).removeprefix("\\(").removesuffix("\\)").strip()
    text = text.removeprefix("\\[").removesuffix("\\]").strip()
    if quoted := _QUOTED.fullmatch(text):
        text = quoted[1]
    if (choice := _WORDED_CHOICE.fullmatch(text)) or (choice := _CHOICE.fullmatch(text)):
        return choice.group(1) or choice.group(2)
    return _without_units(_without_braces(text)).strip()


def _prefix(match: re.Match) -> str:
    above, name, below = match.groups()
    return rf"\{'frac' if name == 'over' else 'binom'}{{{above.strip()}}}{{{below.strip()}}}"


def _symbol_or_unit(match: re.Match) -> str:
    letter = match.group(1)
    return f"{{{letter}}}" if letter in _SYMBOLS or letter.isupper() else rf"\text{{{letter}}}"


def _marked(match: re.Match) -> str:
    words = match.group(1)
    if joined := _JOINED.match(words):
        return f" {joined[1] if joined[1] in ('and', 'or') else 'and'} "
    if words.strip() in (".", ""):
        return ""
    if words.strip() == ",":
        return words
    if _LISTED.fullmatch(words):
        return re.sub(r",?\s+(?:and|or)\s+", ", ", words)
    if _DIGITS.fullmatch(words):
        return words
    if words.strip() in _SYMBOLS and len(words.strip()) == 1:
        return f"{{{words.strip()}}}"
    if re.fullmatch(r"\s*\(?[A-Z]\)?(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)\(?[A-Z]\)?)+\s*", words):
        return re.sub(r",?\s+and\s+", ", ", words)
    return f"\x01{words}\x02"


def _without_braces(text: str) -> str:
    while text.startswith("{") and _closing(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closing(text: str) -> int:
    """Where the bracket that opens a text is closed, or -1."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return place
    return -1


def _without_units(text: str) -> str:
    text = _UNIT_FRACTION.sub("", text)
    while match := _TEXT_UNIT.search(text):
        unit = re.sub(r"\^\{?-?\d\}?", "", match.group(1))
        if not re.search(r"\d|\\(?:pi|sqrt|frac)", text[: match.start()]) or re.search(r"\d", unit):
            break
        text = text[: match.start()].rstrip(" /").removesuffix("\\cdot").rstrip()
    if only := re.fullmatch(r"\x01\s*([-\d.,/]+)\s+[A-Za-z ]+\x02", text):
        return only.group(1)
    if "\x01" not in text:
        text = _PLAIN_UNIT.sub("", text)
    return text.strip() if _ANGLE.search(text) else _DEGREES.sub("", text).strip()


def split_at_top(text: str, separators: re.Pattern) -> list[str]:
    """The parts of a text between separators that stand in no brackets."""
    parts, depth, start, place = [], 0, 0, 0
    while place < len(text):
        if text[place] == "\\" and text[place + 1 : place + 2] in ("{", "}"):
            depth += 1 if text[place + 1] == "{" else -1
            place += 2
            continue
        if text[place] in "([{":
            depth += 1
        elif text[place] in ")]}":
            depth -= 1
        elif depth == 0 and (match := separators.match(text, place)):
            parts.append(text[start:place])
            place = start = match.end()
            continue
        place += 1
    return [*parts, text[start:]]
