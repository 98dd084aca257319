"""The canonical form of an answer: what it is compared by."""

from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Form:
    """The canonical form of an answer.

    key:       equal for two answers exactly where they are the same; None where the answer is not understood.
    text:      the answer in one notation, for what is not understood.
    qualifier: the variable of "x = 3" or the base of "101_2", whose keys are those of 3 and 101.
    items:     the keys of a list, pair or interval in their order.
    equation:  the key of the equation as such, whichever side is which.
    decimal:   the value of a decimal of many digits.
    """

    key: Hashable | None
    text: str
    qualifier: str | None = None
    items: tuple[Hashable, ...] = ()
    equation: Hashable | None = None
    decimal: Fraction | None = None

    @property
    def is_word(self) -> bool:
        return isinstance(self.key, tuple) and self.key[0] == "word"

    @property
    def number(self) -> Fraction | None:
        """The value where it is one real number, if irrational to some 36 digits."""
        if not (isinstance(self.key, tuple) and self.key[0] == "value" and len(self.key[1]) == 1):
            return None
        value = self.key[1][0]
        if isinstance(value, tuple) and len(value) == 3 and abs(value[2]) < 2000:
            sign, leading, exponent = value
            return (-1) ** sign * leading * Fraction(2) ** exponent
        return value if isinstance(value, Fraction) else None
