r"""Sets of real numbers as their intervals: x > 2, 1 \le x < 4, \{x : x > 2\}, \mathbb{R} \setminus \{2\}, x \ne 2."""

import re
from collections.abc import Callable, Hashable
from fractions import Fraction
from itertools import pairwise

from slmmux.benchmarks.exact_arithmetic import NotUnderstoodError
from slmmux.benchmarks.latex_text import split_at_top

# The key of a part of a text.
Key = Callable[[str], Hashable]

_RELATION = re.compile(r"<|>|\\le(?![a-z])|\\ge(?![a-z])")
_NAME = r"(?:[A-Za-z]|\\[a-z]+)"
_R = r"(?:\\mathbb|\\Bbb)\s?\{?\s?R\s?\}?"
_REALS = re.compile(
    rf"{_R}|\x01?\s*(?:(?:the\s)?(?:set\sof\s)?(?:all\s)?real\snumbers|all\sreals?(?:\svalues)?)(?:\s[a-z])?\s*\x02?",
    re.IGNORECASE,
)
_ALL_BUT = re.compile(
    rf"{_R}\s?(?:\\setminus|\\backslash|-|\\)\s?\\\{{(?P<listed>.*)\\\}}|{_NAME}\s?\\(?:ne|neq)(?![a-z])(?P<point>.*)"
)
_SUCH_THAT = re.compile(
    rf"\\\{{\s?{_NAME}(?:\s?\\in\s?{_R})?\s?(?::|\||\\mid(?![a-z])|\\vert(?![a-z]))(?P<condition>.*)\\\}}"
)


def infinite(sign: str = "") -> Hashable:
    return ("value", (f"{sign}infinity",))


def interval(brackets: str, low: Hashable, high: Hashable) -> Hashable:
    return ("tuple", brackets[0], brackets[1], (low, high))


def condition_of(text: str) -> str | None:
    r"""What stands behind the colon of \{x : x > 2\}."""
    match = _SUCH_THAT.fullmatch(text)
    return match["condition"].strip() if match else None


def reals_without(text: str, key: Key) -> Hashable | None:
    """The key of all real numbers, or of all but some rational ones; None for another text."""
    if _REALS.fullmatch(text):
        return interval("()", infinite("-"), infinite())
    match = _ALL_BUT.fullmatch(text)
    if match is None:
        return None
    keys = {key(part) for part in split_at_top(match["listed"] or match["point"], re.compile(","))}
    if not all(isinstance(k, tuple) and k[0] == "value" and isinstance(k[1][0], Fraction) for k in keys):
        return None
    points: list = [infinite("-"), *sorted(keys, key=lambda k: k[1][0]), infinite()]  # type: ignore[index]
    return ("union", frozenset(interval("()", low, high) for low, high in pairwise(points)))


def inequality(text: str, key: Key) -> Hashable | None:
    """An inequality of one variable as its interval; None where there is none. Raises NotUnderstoodError."""
    signs = _RELATION.findall(text)
    if not signs:
        return None
    sides = [side.strip() for side in _RELATION.split(text)]
    if signs[0] in (">", "\\ge"):
        sides, signs = sides[::-1], [{">": "<", "\\ge": "\\le"}.get(sign, "") for sign in reversed(signs)]
    if any(sign not in ("<", "\\le") for sign in signs):
        raise NotUnderstoodError(text)
    name = re.compile(_NAME)
    closed = ["[" if sign == "\\le" else "(" for sign in signs]
    ends = {"(": ")", "[": "]"}
    if len(sides) == 3 and name.fullmatch(sides[1]):
        return interval(closed[0] + ends[closed[1]], key(sides[0]), key(sides[2]))
    if len(sides) == 2 and name.fullmatch(sides[0]):
        return interval("(" + ends[closed[0]], infinite("-"), key(sides[1]))
    if len(sides) == 2 and name.fullmatch(sides[1]):
        return interval(closed[0] + ")", key(sides[0]), infinite())
    raise NotUnderstoodError(text)


def is_interval(key: Hashable) -> bool:
    return isinstance(key, tuple) and key[0] == "tuple" and len(key) == 4


def both_hold(text: str, keys: list[Hashable]) -> Hashable | None:
    """The interval of two bounds that both hold, as in "x > 2 and x < 5"; None for anything else."""
    if len(keys) != 2 or not re.search(r"\band\b", text) or len(_RELATION.findall(text)) != 2:
        return None
    for lower, upper in (keys, keys[::-1]):
        if not (isinstance(lower, tuple) and isinstance(upper, tuple) and is_interval(lower) and is_interval(upper)):
            return None
        if lower[3][1] == infinite() and upper[3][0] == infinite("-") and lower[3][0] != infinite("-"):
            return ("tuple", lower[1], upper[2], (lower[3][0], upper[3][1]))
    return None
