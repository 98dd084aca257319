r"""Notations of numbers and dates that are no expressions: 101_2, 0.1\overline{6}, 10:30 a.m., June 20."""

import re
from collections.abc import Hashable
from fractions import Fraction

_IN_BASE = re.compile(
    r"[({]?([0-9A-F][0-9A-F ]*)[)}]?\s?_\s?(?:\{?\s?\x01\s*(?P<word>(?:base\s)?\w+)\s*\x02\s?\}?"
    r"|\{\s?(?:\x01\s*base\s*\x02)?\s?(?P<base>\d{1,3})\s?\}|(?P<digit>\d))"
)
# "1101\text{ (base 2)}", "1101 \text{ base } 2"
_BASE_BEHIND = re.compile(r"([0-9A-F]+)\s?\x01?\s*\(?(?:in\s)?base\s*(?P<word>\w+)?\)?\s*\x02?\s?(?P<base>\d{1,2})?")
_BASES = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_REPEATING = re.compile(r"(-?)\s?(\d*)\.(\d*)\\(?:overline|bar|dot)\s?(?:\{\s?(\d+)\s?\}|(\d))")
_TIME = re.compile(
    r"(\d{1,2})(?::|\{:\}|\\colon\s?)(\d\d)(?:\s|~|\\[ ,;!])*"
    r"(?:(?:\\(?:text|mathrm|mbox)\s?\{)?\s*([AaPp])\.?\s?[Mm]\.?\s*\}?)?\.?"
)
# "\text{June } 20"
_DATED = re.compile(r"(?:\x01(?P<marked>[A-Za-z. ]+)\x02\s?|(?P<plain>[A-Z][a-z]{2,})\s)(?P<number>\d+)")


def in_base(text: str) -> tuple[str, str] | None:
    r"""(digits, base) of a number with its base, as 101_2 or 101_{\text{two}}; `text` is as `tidy` leaves it."""
    match = _IN_BASE.fullmatch(text) or _BASE_BEHIND.fullmatch(text)
    if match is None:
        return None
    found = match.groupdict()
    base = found["base"] or found.get("digit") or (found["word"] or "").lower().removeprefix("base").strip()
    if not base:
        return None
    return match[1].replace(" ", ""), str(_BASES.index(base) + 2) if base in _BASES else base


def repeating_decimal(text: str) -> Fraction | None:
    r"""The value of a decimal whose last digits repeat, as 0.1\overline{6}."""
    match = _REPEATING.fullmatch(text)
    if match is None:
        return None
    sign, whole, first, period, digit = match.groups()
    again = period or digit or ""
    nines = 10 ** len(first) * (10 ** len(again) - 1)
    value = Fraction(int(f"{whole}{first}{again}") - int(f"{whole}{first}" or 0), nines)
    return -value if sign else value


def time_of_day(answer: str) -> tuple[Hashable, str | None] | None:
    """(key of a time of day, its half of the day where that is said)."""
    match = _TIME.fullmatch(answer.strip().strip("$"))
    if match is None:
        return None
    hours, minutes, half = match.groups()
    return ("time", int(hours), minutes), half and half.lower()


def dated(text: str) -> str | None:
    """A word with the number behind it, in lower case; `text` is as `tidy` leaves it."""
    match = _DATED.fullmatch(text)
    return f"{(match['marked'] or match['plain']).strip().lower()} {match['number']}" if match else None
