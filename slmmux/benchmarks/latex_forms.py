r"""Canonical forms of answers in LaTeX: two answers of the same form are the same, and no others are.

The form of an answer is made of the values of its parts (`latex_value`) and of how they are put together: a value,
a list or set, a pair or interval, a union, a matrix, an equation, a word. It does not depend on other answers, and
so equality of forms is an equality.
"""

import re
from collections.abc import Hashable
from fractions import Fraction
from functools import lru_cache

from slmmux.benchmarks.answer_form import Form
from slmmux.benchmarks.exact_arithmetic import NotUnderstoodError, TooLargeError, difference, ratio
from slmmux.benchmarks.latex_notations import dated, in_base, repeating_decimal, time_of_day
from slmmux.benchmarks.latex_sets import both_hold, condition_of, inequality, infinite, is_interval, reals_without
from slmmux.benchmarks.latex_text import split_at_top, tidy
from slmmux.benchmarks.latex_value import raw_values, values
from slmmux.benchmarks.plain_numbers import plain_number

# A decimal with so many digits is meant as the exact value that rounds to it.
DIGITS_OF_AN_EXACT_VALUE = 12
# No answer to a benchmark's question is longer; a model that repeats itself writes thousands.
MAX_CHARACTERS = 400

_COMMA = re.compile(r"[,;]|\s(?:and|or)\s|\\(?:vee|lor)(?![a-z])")
_EQUALS = re.compile(r"=")
_APPROXIMATELY = re.compile(r"\\approx(?![a-z])")
_ANGLE = re.compile(r"\\angle\s?\{?\s?([A-Z])([A-Z])([A-Z])\s?\}?")
_SIGNS = re.compile(r"\\(?:pm|mp)(?![a-z])")
_CUP = re.compile(r"\\cup(?![a-z])")
_NAME = re.compile(
    r"(?:\\(?:vec|hat|bar|overline|overrightarrow)\s?|m?\s?\\(?:angle|triangle)\s?)?\{?\\?[A-Za-z]+\}?'*(?:_\{?\w+\}?)?(?:\s?\^\s?\{\s?-1\s?\})?"
    r"(?:\([\w, ]*\))?|\([A-Za-z](?:\s?,\s?[A-Za-z])*\)|\|[A-Za-z]\||\x01[^\x01\x02]*\x02"
)
_INDEXED = re.compile(r"([A-Za-z])_\{?\d\}?")
_BRACKETED_MATRIX = re.compile(r"[(\[]\s?(\\begin\{(?:matrix|array)\}.*\\end\{(?:matrix|array)\})\s?[)\]]")
_MATRIX = re.compile(r"\\begin\{([pbBvV]?matrix|array)\}(?:\{[clr|]*\})?(.*)\\end\{\1\}")
_ANGLES = re.compile(r"\\langle((?:(?!\\rangle).)*)\\rangle")
_MEMBER = re.compile(r"([A-Za-z]|\\[a-z]+)\s?\\in(?![a-z])\s?(.*)")
_LONG_DECIMAL = re.compile(r"-?\d*\.\d+")
_COMMANDS = re.compile(r"\\[A-Za-z]+|\b[ei]\b")
_DOTS = re.compile(r"\\[cl]?dots|\\ddots|\\vdots|\.\.\.")
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*(?:\s+[A-Za-z'-]+)*")


@lru_cache(maxsize=100_000)
def canonical_form(answer: str) -> Form:
    """The form of an answer. Never raises, and takes bounded time."""
    if len(answer) > MAX_CHARACTERS:
        return Form(("text", answer), answer)
    number = plain_number(answer)
    if number is not None:
        return Form(_value(number), str(number), decimal=_many_digits(answer, number))
    if (time := time_of_day(answer)) is not None:
        return Form(time[0], answer.strip(), qualifier=time[1])
    text = tidy(answer)
    bare = re.sub(r"(?<![\dA-Za-z])\s+|\s+(?![\dA-Za-z])", "", text.replace("\x01", "").replace("\x02", ""))
    try:
        return _form(text, bare)
    except TooLargeError:
        return Form(("text", bare), bare)
    except (NotUnderstoodError, RecursionError, ArithmeticError, ValueError):
        return Form(None, bare)


def has_dots(form: Form) -> bool:
    return bool(_DOTS.search(form.text))


def _value(*keys: Hashable) -> Hashable:
    return ("value", keys)


def _many_digits(text: str, number: Fraction) -> Fraction | None:
    if not _LONG_DECIMAL.fullmatch(text.strip()):
        return None
    return number if len(text.strip().lstrip("-0.").replace(".", "")) >= DIGITS_OF_AN_EXACT_VALUE else None


def _form(text: str, bare: str) -> Form:
    if not text:
        raise NotUnderstoodError(text)
    if _DOTS.search(text):
        # What the dots stand for is not known: only the same text is the same.
        return Form(("text", re.sub(r"\\[cl]?dots|\.\.\.", "...", bare).replace(" ", "")), bare)
    if "\\equiv" in text:
        # A congruence is known by its text.
        return Form(("text", re.sub(r"[pb]mod", "mod", re.sub(r"[\s(){}~\\\x01\x02]", "", text))), bare)
    number = plain_number(text)
    if number is not None:
        return Form(_value(number), bare, decimal=_many_digits(text, number))
    if (condition := condition_of(text)) is not None:
        return _form(condition, bare)
    if (reals := reals_without(text, _key)) is not None:
        return Form(reals, bare, items=_items(reals))
    if (word := _word(text)) is not None:
        return Form(word, bare)
    if angle := _ANGLE.fullmatch(text):
        return Form(("angle", angle[2], frozenset((angle[1], angle[3]))), bare)
    if (based := in_base(text)) is not None:
        digits, base = based
        key = _value(Fraction(digits)) if digits.isdigit() else ("digits", digits)
        return Form(key, bare, qualifier=f"base {base}")
    if (repeated := repeating_decimal(text)) is not None:
        return Form(_value(repeated), bare)
    if match := _MEMBER.fullmatch(text):
        inner = _form(match.group(2).strip(), bare)
        return Form(inner.key, bare, match.group(1), inner.items)
    if match := _ANGLES.fullmatch(text):
        # A vector, as a column.
        return Form(("matrix", "", tuple((_key(part),) for part in split_at_top(match.group(1), _COMMA))), bare)
    if text[0] == "]" or text[-1] == "[":
        key, items = _bracketed(text)
        return Form(key, bare, items=items)
    # "x = 5 or x = -2" is a list of equations.
    several = len(split_at_top(text, _COMMA)) > 1
    exact, *rounded = (part.strip() for part in split_at_top(text, _APPROXIMATELY))
    if rounded and not several:
        # The exact value, if it is there.
        return _equation([exact, rounded[0]], bare) if _NAME.fullmatch(exact) else _form(exact, bare)
    parts = split_at_top(text, _EQUALS)
    if len(parts) > 1 and not several:
        return _equation([part.strip() for part in parts], bare)
    if not several and (bounds := inequality(text, _key)):
        return Form(bounds, bare, items=_items(bounds))
    if several or len(split_at_top(text, _SIGNS)) > 1:
        return _list(text, bare)
    if len(sets := split_at_top(text, _CUP)) > 1:
        return Form(("union", frozenset(_key(part) for part in sets)), bare)
    if _SIGNS.search(text) and text[0] not in "([" and not text.startswith("\\{"):
        return _list(text, bare)
    key, items = _bracketed(text)
    return Form(key, bare, items=items)


def _word(text: str) -> Hashable | None:
    if (date := dated(text)) is not None:
        return ("word", date)
    marked = text.startswith("\x01") and text.endswith("\x02") and text.count("\x01") == 1
    if re.fullmatch("[A-Za-z]['!]+", text):
        # x' is another variable than x, and n! is no letter.
        return None
    if not marked and ("\\" in text or not re.fullmatch(r"[\x01\x02A-Za-z\s.'!?()-]+", text)):
        return None
    words = " ".join(text.replace("\x01", " ").replace("\x02", " ").split()).strip(" .,!?;:'\"")
    if re.fullmatch(r"\(?[A-Za-z]\)?", words):
        # The letter of a choice, as "(C)", is the same with and without brackets.
        return _value(*values(words.strip("()").upper() if words.strip("()") not in "ei" else words.strip("()"))[0])
    words = words.strip("()")
    if marked:
        return ("word", words.lower())
    if not _WORD.fullmatch(words):
        return None
    if re.fullmatch("[A-Z](?: (?:and|or) [A-Z])+", words):
        return None
    if re.fullmatch("[A-Za-z](?: [A-Za-z])+", words):
        # "a b" is a product.
        return None
    if " " in words or words.lower() in ("no", "yes") or "\x01" in text:
        return ("word", words.lower())
    if words.lower() in ("sin", "cos", "tan", "exp") or len(words) < 3:
        return None
    # xyz and abc are products, even and seat are words.
    is_word = re.search("[aeiou]", words.lower()) and not re.fullmatch("[a-d]+|[e-i]{3}", words.lower())
    return ("word", words.lower()) if is_word or len(words) > 4 else None


def _equation(parts: list[str], bare: str) -> Form:
    left, right = parts[0], parts[-1]
    if not left or not right:
        raise NotUnderstoodError(bare)
    if _NAME.fullmatch(left) and not re.fullmatch(r"\\?(?:pi|e|i)", left):
        inner = _form(right, bare)
        equation = _implicit(left, right) if len(parts) == 2 else None
        return Form(inner.key, bare, left.replace(" ", ""), inner.items, equation)
    if len(parts) == 2 and _NAME.fullmatch(right) and not re.search(r"[A-Za-z]", _COMMANDS.sub("", left)):
        return Form(_key(left), bare, right.replace(" ", ""))
    if not raw_values(left)[1] and not re.search(r"[A-Za-z]", _COMMANDS.sub("", right)):
        # A calculation: its result.
        inner = _form(right, bare)
        return Form(inner.key, bare, items=inner.items)
    if len(parts) > 2:
        return Form(_key(right), bare)
    equation = _implicit(left, right)
    if equation is None:
        raise NotUnderstoodError(bare)
    return Form(equation, bare, equation=equation)


def _implicit(left: str, right: str) -> Hashable | None:
    """The key of left = right: the ratios of left - right at the points, which no factor changes."""
    try:
        (a, letters_left), (b, letters_right) = raw_values(left), raw_values(right)
        letters = letters_left | letters_right
        points = 3 if letters else 1
        a, b = (side * points if len(side) == 1 else side for side in (a, b))
        gaps = [difference(x, y) for x, y in zip(a, b)]
        if len(gaps) < 2 or gaps[0] == 0:
            return None
        return ("equation", letters, tuple(ratio(gap, gaps[0]) for gap in gaps[1:]))
    except (NotUnderstoodError, TooLargeError, ZeroDivisionError, OverflowError, ValueError):
        return None


_INFINITE = re.compile(r"([-+]?)\s?\\infty\s?")


def _key(text: str) -> Hashable:
    """The key of a part. Raises NotUnderstoodError."""
    text = text.strip()
    if match := _INFINITE.fullmatch(text):
        return infinite("-" if match.group(1) == "-" else "")
    form = _form(text, text)
    if form.key is None:
        raise NotUnderstoodError(text)
    return form.key


def _list(text: str, bare: str) -> Form:
    forms = []
    for part in split_at_top(text, _COMMA):
        if not part.strip():
            continue
        for variant in _signs(part.strip()):
            inner = _INFINITE.fullmatch(variant)
            forms.append(Form(_key(variant), variant) if inner else _form(variant, variant))
    intervals = len(forms) > 1 and all(is_interval(form.key) for form in forms)
    if intervals and re.search(r"\bor\b|\\vee|\\lor", text) and not _points(forms):
        return Form(("union", frozenset(form.key for form in forms)), bare)
    if (bounds := both_hold(text, [form.key for form in forms])) is not None:
        return Form(bounds, bare, items=_items(bounds))
    names = {form.qualifier for form in forms if form.qualifier is not None}
    # "x = 1, y = 2" keeps its names; "x = 1 or x = 2" is 1, 2.
    indexed = [_INDEXED.fullmatch(name) for name in names]
    if len(names) > 1 and len({match and match[1] for match in indexed}) == 1 and all(indexed):
        # x_1 = 1, x_2 = 2 are the values of one variable.
        ordered = ", ".join(sorted(f"{form.qualifier}={form.key}" for form in forms))
        keys = tuple(form.key for form in forms)
        return Form(("set", frozenset(keys)), bare, ordered, keys)
    keys = tuple(form.key if len(names) < 2 else (form.qualifier, form.key) for form in forms)
    if len(forms) == 1:
        return Form(keys[0], bare, forms[0].qualifier)
    return Form(("set", frozenset(keys)), bare, names.pop() if len(names) == 1 else None, keys)


def _points(forms: list[Form]) -> bool:
    """Whether "(1,2) or (3,4)" are points: pairs in parentheses, none with an end at infinity."""
    ends = {infinite(), infinite("-")}
    return all(form.text.startswith("(") and form.text.endswith(")") and not ends & set(form.items) for form in forms)


def _items(key: Hashable) -> tuple[Hashable, ...]:
    """The ends of an interval."""
    return key[3] if isinstance(key, tuple) and is_interval(key) else ()


def _signs(text: str) -> list[str]:
    if "\\pm" not in text and "\\mp" not in text:
        return [text]
    return [
        re.sub(r"\\mp(?![a-z])", lower, re.sub(r"\\pm(?![a-z])", upper, text))
        for upper, lower in (("+", "-"), ("-", "+"))
    ]


def _bracketed(text: str) -> tuple[Hashable, tuple[Hashable, ...]]:
    if text in ("\\emptyset", "\\varnothing", "\\{\\}", "\\{ \\}"):
        return ("set", frozenset()), ()
    if _INFINITE.fullmatch(text):
        return _key(text), ()
    if match := _BRACKETED_MATRIX.fullmatch(text):
        text = match[1]
    if match := _MATRIX.fullmatch(text):
        rows = [row for row in re.split(r"\\\\(?:\s?\[[^\]&]*\])?", match.group(2)) if row.strip()]
        cells = tuple(tuple(_key(cell) for cell in row.split("&")) for row in rows)
        return ("matrix", match.group(1) if match.group(1) in ("vmatrix", "Vmatrix") else "", cells), ()
    if text.startswith("\\{") and text.endswith("\\}"):
        parts = [part.strip() for part in split_at_top(text[2:-2], _COMMA) if part.strip()]
        inner = [_key(variant) for part in parts for variant in _signs(part)]
        return ("set", frozenset(inner)), tuple(inner)
    if text[0] == "]" or text[-1] == "[":
        # ]0,5[ is (0,5).
        text = text[0].replace("]", "(") + text[1:-1] + text[-1].replace("[", ")")
    if text[0] in "([" and text[-1] in ")]":
        inside = [part for part in split_at_top(text[1:-1], _COMMA) if part.strip()]
        if len(inside) > 1:
            items = tuple(_key(part) for part in inside)
            return ("tuple", text[0], text[-1], items), items
    return _value(*values(text)[0]), ()
