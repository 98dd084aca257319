r"""The value of a LaTeX expression at fixed points: two expressions of the same value there are the same.

Rational numbers and polynomials are computed exactly, all else with 50 digits. Letters stand for fixed rational
numbers, except `e` and `i`. Two different expressions agree at such points with a probability that can be
neglected (Schwartz and Zippel's lemma for polynomials), and this makes equality transitive and cheap.
"""

import re
import zlib
from collections.abc import Callable, Hashable
from fractions import Fraction

import mpmath

from slmmux.benchmarks.exact_arithmetic import (
    CONTEXT,
    NotUnderstoodError,
    Value,
    add,
    choose,
    divide,
    factorial,
    hashable,
    power,
    real,
    root,
)

_POINTS = 3

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\.\d+|[A-Za-z]+|\S")
_FUNCTIONS: dict[str, Callable] = {
    "sin": CONTEXT.sin, "cos": CONTEXT.cos, "tan": CONTEXT.tan, "cot": CONTEXT.cot, "sec": CONTEXT.sec,
    "csc": CONTEXT.csc, "arcsin": CONTEXT.asin, "arccos": CONTEXT.acos, "arctan": CONTEXT.atan,
    "sinh": CONTEXT.sinh, "cosh": CONTEXT.cosh, "tanh": CONTEXT.tanh, "ln": CONTEXT.ln, "log": CONTEXT.log10,
    "exp": CONTEXT.exp,
}  # fmt: skip
_INVERSE = {"sin": CONTEXT.asin, "cos": CONTEXT.acos, "tan": CONTEXT.atan}
_GREEK = re.compile(
    "(?:var)?(?:epsilon|theta|phi|rho)|alpha|beta|[gG]amma|[dD]elta|zeta|eta|Theta|kappa|[lL]ambda|mu|nu|xi|[sS]igma|tau"
    "|Phi|chi|[pP]si|[oO]mega|ell"
)
_TIMES = {"*", "\\cdot", "\\times"}
_BARS = ("|", "\\lvert", "\\rvert", "\\vert")
_ENDS = {"+", "-", ")", "}", "]", *_BARS, "\\}", "\\cdot", "\\times", "*", "/", "\\div", ""}


def values(text: str) -> tuple[tuple[Hashable, ...], frozenset[str]]:
    """(the values at the points, hashable and equal exactly for equal values; the letters of the expression).

    Without letters there is one value. Raises NotUnderstoodError and TooLargeError.
    """
    raw, letters = raw_values(text)
    found = tuple(hashable(value) for value in raw)
    # cos^2 x + sin^2 x is 1.
    return (found if len(set(found)) > 1 else found[:1]), letters


def raw_values(text: str) -> tuple[list[Value], frozenset[str]]:
    """As `values`, before they are made hashable."""
    tokens = _TOKEN.findall(text)
    if not tokens or len(tokens) > 400:
        raise NotUnderstoodError(text)
    found: list[Value] = []
    letters: set[str] = set()
    try:
        for point in range(_POINTS):
            parser = _Parser(tokens, point, letters)
            found.append(parser.whole())
            if not letters:
                break
    except (ZeroDivisionError, OverflowError, ValueError, TypeError, RecursionError, mpmath.libmp.NoConvergence):
        raise NotUnderstoodError(text) from None
    return found, frozenset(letters)


class _Parser:
    """A recursive descent through the tokens that computes the value at one point."""

    def __init__(self, tokens: list[str], point: int, letters: set[str]) -> None:
        self.tokens = [*reversed(tokens)]
        self.point = point
        self.letters = letters

    def peek(self) -> str:
        return self.tokens[-1] if self.tokens else ""

    def take(self, expected: str | None = None) -> str:
        token = self.tokens.pop() if self.tokens else ""
        if not token or (expected is not None and token != expected):
            raise NotUnderstoodError(token)
        return token

    def whole(self) -> Value:
        value = self.sum()
        if self.tokens:
            raise NotUnderstoodError(self.peek())
        return value

    def sum(self) -> Value:
        value = self.product()
        while self.peek() in ("+", "-"):
            negative = self.take() == "-"
            term = self.product()
            value = add(value, -term if negative else term)
        return value

    def product(self) -> Value:
        sign = 1
        while self.peek() in ("+", "-"):
            sign = -sign if self.take() == "-" else sign
        value = self.power()
        while True:
            token = self.peek()
            if token in _TIMES:
                self.take()
                value = value * self.signed_power()
            elif token in ("/", "\\div"):
                self.take()
                value = divide(value, self.signed_power())
            elif token in _ENDS or token[0].isdigit() or token[0] == ".":
                if token and (token[0].isdigit() or token[0] == "."):
                    # "2 3" is no product.
                    raise NotUnderstoodError(token)
                return sign * value
            else:
                value = value * self.power()

    def signed_power(self) -> Value:
        if self.peek() == "-":
            self.take()
            return -self.power()
        return self.power()

    def power(self) -> Value:
        value = self.atom()
        while self.peek() in ("^", "!"):
            if self.take() == "!":
                value = factorial(value)
            elif "".join(reversed(self.tokens[-3:])) == r"{\circ}" or self.peek() == r"\circ":
                while self.take() not in ("}", r"\circ"):
                    pass
                if self.peek() == "}":
                    self.take()
                value = real(value) * CONTEXT.pi / 180
            else:
                value = power(value, self.argument())
        return value

    def argument(self, one_digit: bool = False) -> Value:
        """What stands in braces, or the next thing: of a number's digits all, or the first as TeX has it."""
        token = self.peek()
        if token == "{":
            return self.group("{", "}")
        if token == "-":
            self.take()
            return -self.argument()
        if one_digit and token.isdigit() and len(token) > 1:
            self.tokens[-1] = token[1:]
            return Fraction(token[0])
        return self.atom()

    def group(self, opening: str, closing: str) -> Value:
        self.take(opening)
        value = self.sum()
        self.take(closing)
        return value

    def atom(self) -> Value:
        token = self.peek()
        if token == "(":
            return self.group("(", ")")
        if token == "[":
            return self.group("[", "]")
        if token == "{":
            return self.group("{", "}")
        if token in _BARS:
            self.take()
            value = self.sum()
            if self.take() not in _BARS:
                raise NotUnderstoodError(token)
            return abs(value)
        self.take()
        if token[0].isdigit() or token[0] == ".":
            return self.mixed(Fraction(token))
        if token[0] == "\\":
            return self.command(token[1:])
        if token.isalpha() and token.isascii():
            return self.letter(token)
        raise NotUnderstoodError(token)

    def mixed(self, number: Fraction) -> Value:
        """A whole number before a fraction of whole numbers is added to it."""
        if self.peek() == "\\frac" and number.denominator == 1:
            rest = "".join(reversed(self.tokens[-8:]))
            if re.match(r"\\frac(?:\{\d+\}|\d)(?:\{\d+\}|\d)", rest):
                self.take()
                above, below = self.argument(one_digit=True), self.argument(one_digit=True)
                return number + divide(above, below)
        return number

    def command(self, name: str) -> Value:
        if name == "frac":
            above = self.argument(one_digit=True)
            return divide(above, self.argument(one_digit=True))
        if name == "sqrt":
            index: Value = self.group("[", "]") if self.peek() == "[" else Fraction(2)
            return root(self.argument(), index)
        if name == "binom":
            above = self.argument(one_digit=True)
            return choose(above, self.argument(one_digit=True))
        if name == "pi":
            return CONTEXT.mpf(CONTEXT.pi)
        if name in _FUNCTIONS:
            return self.function(name)
        if _GREEK.fullmatch(name):
            return self.symbol(name)
        raise NotUnderstoodError(name)

    def function(self, name: str) -> Value:
        function, exponent = _FUNCTIONS[name], None
        if name == "log" and self.peek() == "_":
            self.take()
            base = self.argument(one_digit=True)
            function = lambda value: CONTEXT.log(value) / CONTEXT.log(real(base))  # noqa: E731
        if self.peek() == "^":
            self.take()
            exponent = self.argument()
            if exponent == -1 and name in _INVERSE:
                function, exponent = _INVERSE[name], None
        if self.peek() in ("(", "{"):
            value = self.atom()
        else:
            value = self.signed_power()
            while self.peek() not in _ENDS and self.peek().lstrip("\\") not in _FUNCTIONS:
                value = value * self.power()
        value = function(real(value))
        return value if exponent is None else power(value, exponent)

    def letter(self, token: str) -> Value:
        if token in _FUNCTIONS or token in ("pi", "sqrt"):
            return self.command(token)
        # A word is no product of letters.
        if len(token) > 4 or (len(token) > 2 and re.search("[aeiou]", token) and not re.fullmatch("[a-d]+", token)):
            raise NotUnderstoodError(token)
        if len(token) > 1:
            self.tokens += reversed(token[1:])
            token = token[0]
        if token == "e" and self.peek() != "_":
            return CONTEXT.mpf(CONTEXT.e)
        if token == "i" and self.peek() != "_":
            return CONTEXT.mpc(0, 1)
        # As math-verify has it, R is r: models change the case of a letter, and questions rarely have both.
        return self.symbol(token.lower())

    def symbol(self, name: str) -> Value:
        if self.peek() == "_":
            self.take()
            index = self.take()
            if index == "{":
                while (part := self.take()) != "}":
                    index += part
                index += "}"
            name += "_" + index.strip("{}")
        while self.peek() == "'":
            name += self.take()
        self.letters.add(name)
        drawn = zlib.crc32(f"{name} {self.point}".encode())
        # One point with negative letters tells |x| from x.
        sign = -1 if self.point == 1 else 1
        return Fraction(sign * (drawn % 9973 + 3), drawn // 9973 % 997 + 7)
