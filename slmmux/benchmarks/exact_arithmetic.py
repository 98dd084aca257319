"""Arithmetic that is exact for rational numbers, and has 50 digits for all others, real or complex."""

import math
from collections.abc import Hashable
from fractions import Fraction
from typing import Any

import mpmath

CONTEXT = mpmath.MPContext()
CONTEXT.dps = 50
# Bits of a mantissa that two computations of one value have in common, some 36 digits.
_SURE_BITS = 120
_NEARLY_ZERO = CONTEXT.mpf(2) ** -140
_MOST_BITS = 200_000
_LARGEST_EXPONENT = 10**6
_LARGEST_FACTORIAL = 5000
_LARGEST_CHOICE = 100

# A Fraction, or an mpf or mpc of mpmath, which has no types.
Value = Any


class NotUnderstoodError(Exception):
    """The text is no expression that is known here."""


class TooLargeError(Exception):
    """The text is an expression whose value is too large to compute."""


def difference(a: Value, b: Value) -> Value:
    """a - b, exactly zero where they agree in all digits that are sure."""
    return add(a, -b)


def ratio(a: Value, b: Value) -> Hashable:
    return hashable(divide(a, b))


def real(value: Value) -> Value:
    if isinstance(value, Fraction):
        return CONTEXT.mpf(value.numerator) / value.denominator
    return value


def add(a: Value, b: Value) -> Value:
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a + b
    x, y = real(a), real(b)
    total = x + y
    return Fraction(0) if abs(total) < max(abs(x), abs(y)) * _NEARLY_ZERO else total


def divide(a: Value, b: Value) -> Value:
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a / b
    return real(a) / real(b)


def power(base: Value, exponent: Value) -> Value:
    if isinstance(exponent, Fraction) and isinstance(base, Fraction):
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if exponent.denominator == 1:
            if size * abs(exponent.numerator) > _MOST_BITS:
                raise TooLargeError
            return base ** int(exponent)
        if exponent.denominator == 2 and exponent.numerator < 10**4 and base >= 0:
            base_root = root(base, Fraction(2))
            if isinstance(base_root, Fraction):
                return power(base_root, Fraction(exponent.numerator))
    if abs(real(exponent)) > _LARGEST_EXPONENT:
        raise TooLargeError
    return CONTEXT.power(real(base), real(exponent))


def root(value: Value, index: Value) -> Value:
    if isinstance(value, Fraction) and isinstance(index, Fraction):
        if index == 2 and value >= 0:
            above, below = math.isqrt(value.numerator), math.isqrt(value.denominator)
            if above * above == value.numerator and below * below == value.denominator:
                return Fraction(above, below)
        if index.denominator == 1 and index.numerator % 2 and value < 0:
            return -root(-value, index)
    if isinstance(index, Fraction) and index == 2:
        return CONTEXT.sqrt(real(value))
    return CONTEXT.power(real(value), 1 / real(index))


def factorial(value: Value) -> Value:
    """n! of a whole number; of others Euler's gamma function of n + 1, so that (n+1)! is (n+1) n! for any letter n."""
    if isinstance(value, Fraction) and value > _LARGEST_FACTORIAL:
        raise TooLargeError
    if not isinstance(value, Fraction) or value.denominator != 1 or value < 0:
        return CONTEXT.gamma(real(value) + 1)
    return Fraction(math.factorial(int(value)))


def choose(above: Value, below: Value) -> Value:
    """Of whole numbers, or of a letter over a whole number: above (above - 1) ... / below!"""
    if not isinstance(below, Fraction) or below.denominator != 1 or below < 0:
        raise NotUnderstoodError("binom")
    if isinstance(above, Fraction) and above.denominator == 1 and above >= 0:
        if max(above, below) > _LARGEST_FACTORIAL:
            raise TooLargeError
        return Fraction(math.comb(int(above), int(below)))
    if below > _LARGEST_CHOICE:
        raise TooLargeError
    value: Value = Fraction(1)
    for taken in range(int(below)):
        value = value * add(above, Fraction(-taken)) / (taken + 1)
    return value


def hashable(value: Value) -> Hashable:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, mpmath.mpc) or hasattr(value, "_mpc_"):
        size = abs(value)
        parts = [Fraction(0) if abs(part) < size * _NEARLY_ZERO else part for part in (value.real, value.imag)]
        real, imaginary = (hashable(part) for part in parts)
        return real if imaginary == 0 else (real, imaginary)
    if not CONTEXT.isfinite(value):
        raise NotUnderstoodError("infinite")
    sign, mantissa, exponent, bits = value._mpf_
    if not mantissa:
        return Fraction(0)
    if exponent > -2000 and exponent + bits < 60:
        exact = Fraction(mantissa) * Fraction(2) ** exponent
        near = exact.limit_denominator(10**6)
        if near and abs(near - exact) <= exact / 2**_SURE_BITS:
            return -near if sign else near
    # The leading bits alone, rounded.
    drop = max(bits - _SURE_BITS, 0)
    leading = mantissa >> drop if not drop else (mantissa + (1 << (drop - 1))) >> drop
    while leading % 2 == 0:
        leading //= 2
        drop += 1
    return (sign, leading, exponent + drop)
