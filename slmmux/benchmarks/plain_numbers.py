r"""Numbers as people and models write them: found in a text, and read exactly.

1,234 and 1{,}234 and 1\,234 and 1 234, -$5.50, 2 1/2, \frac{1}{2}, 1.5 million, 6.7e-5, 6.7 \times 10^{-5}.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from slmmux.benchmarks.patterns import leading

# Between groups of three digits; the same between all groups of a number.
_BETWEEN = r",\\!\s?|\{,\}|\{\\[,;:! ]\}|\\[,;:! ]|,|[ ~'_]"


def _digits(name: str) -> str:
    """The expression of a number without a sign; `name` is that of the group that holds its separator."""
    grouped = rf"(?<!\d)\d{{1,3}}(?P<{name}>{_BETWEEN})\d{{3}}(?:(?P={name})\d{{3}})*(?!\d)"
    return rf"(?:{grouped}|(?<!\d)\d{{1,2}}(?:,\d\d)+,\d{{3}}(?!\d)|\d+)(?:\.\d+)?|(?<!Rs)\.\d+"


_WORDS = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}


def _pattern(around_slash: str, before_fraction: str) -> re.Pattern:
    """The expression of a number. around_slash: of what may stand on both sides of a fraction's slash.
    before_fraction: of what stands between a whole number and the fraction that is added to it."""
    return re.compile(
        rf"""
    (?:(?P<whole>\d{{1,40}})[ ]?)?\\[dt]?frac[ ]?
        (?:\{{[ ]?(?P<above>[-+]?\d{{1,400}}(?:,\d{{3}})*)[ ]?\}}|(?P<above1>\d))[ ]?
        (?:\{{[ ]?(?P<below>\d{{1,400}}(?:,\d{{3}})*)[ ]?\}}|(?P<below1>\d))
    |(?<![\d./])(?P<ones>\d{{1,40}})(?:{before_fraction})(?P<over>\d{{1,40}})/(?P<under>\d{{1,40}})(?![\d/]|\.\d)
    |(?P<digits>{_digits("between")})
        (?:
            (?P<exponent>[eE][-+]?\d{{1,3}})(?!\w)
            |[ ]?(?:\\times|\\cdot|[*x])[ ]{{0,2}}10[ ]?(?:\^|\*\*)[ ]?
                (?:\{{[ ]?(?P<ten>[-+]?\d{{1,3}})[ ]?\}}|(?P<ten1>-?\d{{1,3}}))
            |[ ]?(?:\^|\*\*)[ ]?(?:\{{[ ]?(?P<power>\d{{1,3}})[ ]?\}}|(?P<power1>\d{{1,3}}))
            |{around_slash}/{around_slash}(?:\\?\$)?(?P<divisor>{_digits("between_too")})(?![\d/^]|\.\d)
            |(?:[ ]|(?P<opened>[ ]?\\text\{{[ ]?))(?P<word>(?i:{"|".join(_WORDS)}))s?\b(?(opened)[ ]?\}})
            |(?P<letter>[kKmM]|[bB][nN]?)\b
        )?
        """,
        re.VERBOSE,
    )


_HYPHEN = "-(?=1/[2-9](?!\\d)|2/[35](?!\\d)|[357]/8(?!\\d)|3/[45](?!\\d)|4/5(?!\\d))"
_NUMBER = _pattern("[ ]?", "[ ]")
_NUMBER_OF_AN_ANSWER = _pattern("[ ]?", rf"[ ]|{_HYPHEN}|[ ](?:and|&|\+)[ ]")
# In a text that is a calculation 60 / 4 is a step.
_NUMBER_OF_A_TEXT = _pattern("", rf"[ ]|{_HYPHEN}")
_LETTERS = {"k": 10**3, "m": 10**6, "b": 10**9, "bn": 10**9}
_CURRENCY = re.compile(r"(?:\\?\$|[€£¥₹]|\b(?:USD?|EUR|GBP|INR|Rs\.?)) ?\Z")
_OF_A_WORD = re.compile(r"(?:[\^_]\s?\{?\s?-?|[A-Za-z]\s?\*\*\s?|(?<!\\)\b[A-Za-z]+|[A-Za-z]\))\Z")
_COMMAND = re.compile(r"\\[A-Za-z]+\Z")
# Before a minus that is a sign: nothing, or what is no operand. A spaced one is a sign behind "is" or "=".
_OPERAND = re.compile(r"[\w)\]}%]\s*\Z")
_EQUALS = re.compile(r"(?:^|[=:(#]|\b(?:is|be|equals|of|to))\s*\Z")
_NEGATIVE = re.compile(r"\bnegative \Z|(?:^|[=:(#]|\b(?:is|be|equals|of|to)) *minus \Z", re.IGNORECASE)
_LONGEST = 1000
_PLAIN_BEFORE = frozenset(" \n\t=+*/(:,;0123456789")


@dataclass(frozen=True)
class Number:
    """A number in a text: where it stands, with its sign, as written, and its exact value."""

    start: int
    end: int
    text: str
    value: Fraction


def numbers_in(text: str, is_answer: bool = False) -> Iterator[Number]:
    """The numbers of a text, from left to right.

    Not a number of its own is an exponent, an index, or a digit of a word, as in cm^2, x_1, m2. A minus counts as
    a sign directly before the number or its currency sign, where nothing stands before it that it could be
    subtracted from. is_answer: whether the text is what a response gives as its answer, as after "is" or "=": then
    60 / 4 and "2 and 1/2" are one number, and "- 5" at its start has a sign. The fraction of 2-1/2 is added, where
    it is a usual one.
    """
    for match in (_NUMBER_OF_AN_ANSWER if is_answer else _NUMBER_OF_A_TEXT).finditer(text):
        if (number := _number(text, match, is_answer)) is not None:
            yield number


def last_number(text: str) -> Number | None:
    """The last of `numbers_in`."""
    matches = reversed(list(_NUMBER_OF_A_TEXT.finditer(text)))
    return next((number for match in matches if (number := _number(text, match, False)) is not None), None)


def _number(text: str, match: re.Match, is_answer: bool) -> Number | None:
    start, end = match.span()
    before_it = text[max(start - 2, 0) : start]
    if start == 0 or (before_it != "**" and _PLAIN_BEFORE.issuperset(before_it)):
        # Most numbers: no sign, no currency, no word before.
        value = _value(match, False)
        return Number(start, end, _shown(match), value) if value is not None else None
    before = text[max(0, start - 24) : start]
    money = _CURRENCY.search(before)
    if money is not None:
        before = before[: money.start()]
    elif _OF_A_WORD.search(before) and not _COMMAND.search(before):
        return None
    value = _value(match, money is not None and "$" in money.group())
    if value is None:
        return None
    negative = _is_negative(before, start <= 24 and is_answer)
    shown = ("-" if negative else "") + ("$" if match["letter"] and money else "") + _shown(match)
    return Number(start, end, shown, -value if negative else value)


def _shown(match: re.Match) -> str:
    return f"{match['ones']} {match['over']}/{match['under']}" if match["ones"] else match.group()


def _is_negative(before: str, continues: bool) -> bool:
    left = before.rstrip(" ")
    if not left.endswith("-"):
        return before.endswith(("ive ", "nus ")) and bool(_NEGATIVE.search(before))
    operand = left[:-1]
    if left != before:
        # "is - 5"; but "Cost - 5 dollars" and a list's "- 5 apples" have none.
        return bool(_EQUALS.search(operand)) and (bool(operand.strip()) or continues)
    if not operand or operand.endswith((" ", "\n", "\t")):
        # "3 -5" and "3 - 5" subtract.
        return not re.search(r"[\d)\]}%]\s*$", operand)
    return not _OPERAND.search(operand) and not operand.endswith("-")


def _value(match: re.Match, is_money: bool) -> Fraction | None:
    part = match.groupdict()
    if len(match.group()) > _LONGEST:
        return None
    if part["digits"] is None:
        if part["over"] is not None:
            whole, above, below = int(part["ones"]), int(part["over"]), int(part["under"])
        else:
            whole = int(part["whole"] or 0)
            above = int((part["above"] or part["above1"]).replace(",", ""))
            below = int((part["below"] or part["below1"]).replace(",", ""))
        return whole + Fraction(above, below) if below else None
    value = _decimal(part["digits"])
    if part["exponent"]:
        return value * Fraction(10) ** int(part["exponent"][1:])
    if ten := part["ten"] or part["ten1"]:
        return value * Fraction(10) ** int(ten)
    if power := part["power"] or part["power1"]:
        return value ** int(power) if len(part["digits"]) < 20 else None
    if part["divisor"]:
        divisor = _decimal(part["divisor"])
        return value / divisor if divisor else None
    if part["word"]:
        return value * _WORDS[part["word"].lower()]
    if part["letter"]:
        # "$5k" is 5,000 dollars, and "5k" may be 5 times k.
        return value * _LETTERS[part["letter"].lower()] if is_money else None
    return value


def _decimal(digits: str) -> Fraction:
    return Fraction(int(digits)) if digits.isdigit() else Fraction(re.sub(r"[^\d.]", "", digits))


_DEGREE = re.compile(r"\s?(?:\^\s?(?:\{\s?\\circ\s?\}|\\circ)|\\degree)\s?$")
_SIGN = re.compile(r"([-+]?)\s?((?:\\?\$|[€£¥₹])?)\s?([-+]?)\s?")


@lru_cache(maxsize=100_000)
def plain_number(text: str) -> Fraction | None:
    r"""The exact value of a text that is one plain number, or None for anything else.

    Beside the forms above: "$5.50", "\$5", "70%", "70\%" (as 70), "90^\circ", "1/2", "\frac12", "-\frac{1}{2}".
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    text = text[1:-1] if text[0] == text[-1] == "$" else text.removesuffix("$")
    text = text.strip().rstrip(".").rstrip().removesuffix("%").removesuffix("\\").rstrip()
    text = _DEGREE.sub("", text)
    sign = leading(_SIGN, text)
    if sign[1] and sign[3]:
        return None
    bare = text[sign.end() :].removesuffix(".")
    bare = re.sub(r"(?<=\d)\\!\s?(?=\d)", "", re.sub(r"(?<=\d),\\!\s*(?=\d{3})", ",", bare))
    match = _NUMBER.fullmatch(bare)
    value = _value(match, "$" in sign[2]) if match else None
    if value is None:
        return None
    return -value if "-" in (sign[1], sign[3]) else value
