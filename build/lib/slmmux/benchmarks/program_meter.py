"""Counts what a program does, so that its budget ends at the same place on every machine.

Runs inside the sandbox and imports the standard library alone. `program_rewriting.py` makes a program report its
loop passes and operations, `program_calls.py` its calls.

Counted are steps (loop passes, calls, and the elements that built-in functions walk over), words of eight bytes
that strings, containers and large integers take, and characters that are printed. Not counted is work inside
C code whose size no argument shows, such as a regular expression that backtracks; processor time bounds it.
"""

import io
import operator
import re
import types
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

MODULE = "solution"
# Below this, an integer takes no more room than others.
LARGE = 1 << 512
TEXTS = {str, bytes, bytearray}
CONTAINERS = {list, tuple, set, frozenset, dict, deque}
# Where the types of containers and iterators are defined; a program's own count by themselves.
_LIBRARY = {"builtins", "collections", "itertools"}
PLAIN = {int, float, bool, complex, type(None)}


_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class OverBudget(BaseException):
    """Raised where a budget is used up. A program that catches it meets it again at its next step."""


class Meter:
    """Counters of one run, and the operations that report to them.

    steps, words, characters: the budgets. `over` names the one that was exceeded, or is None.
    """

    __slots__ = ("budgets", "known", "left", "over", "room", "unprinted")

    def __init__(self, steps: int, words: int, characters: int):
        self.budgets = {"steps": steps, "words": words, "characters": characters}
        self.restart()

    def restart(self) -> None:
        """Full budgets again."""
        self.left, self.room, self.unprinted = self.budgets.values()
        self.over: str | None = None
        self.known: dict[int, tuple[int, Any]] = {}

    def step(self) -> bool:
        """One step; True, so that it can stand in a condition."""
        self.left -= 1
        if self.left < 0:
            self.exceeded("steps")
        return True

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            self.exceeded("steps")

    def allocate(self, words: int) -> None:
        self.room -= words
        # Filling the room takes time too.
        self.left -= words >> 3
        if self.room < 0:
            self.exceeded("words")
        if self.left < 0:
            self.exceeded("steps")

    def printed(self, text: str) -> int:
        self.unprinted -= len(text)
        if self.unprinted < 0:
            self.exceeded("characters")
        return len(text)

    def exceeded(self, budget: str) -> None:
        self.over = self.over or budget
        raise OverBudget(self.over)

    def sized(self, value: Any) -> Any:
        """The value, the room that it takes counted."""
        kind = type(value)
        if kind is int:
            if not -LARGE < value < LARGE:
                self.allocate(value.bit_length() >> 6)
        elif kind in TEXTS:
            self.allocate(len(value) >> 3)
        elif kind in CONTAINERS:
            self.allocate(len(value))
        return value

    def text(self, value: Any) -> Any:
        """`sized`, and without the address of an object in a text."""
        if type(value) is str and " at 0x" in value:
            value = _ADDRESS.sub(" at 0x0", value)
        return self.sized(value)

    def walked(self, value: Any) -> Any:
        """An argument that built-in code may walk over: counted at once where its size is known, else as it goes."""
        kind = type(value)
        if kind in PLAIN or kind is types.GeneratorType:
            return value
        if kind in TEXTS:
            self.spend(len(value) >> 3)
        elif kind is range:
            self.spend(max(0, (value.stop - value.start) // value.step))
        elif kind.__module__ in _LIBRARY:
            if hasattr(kind, "__len__"):
                self.spend(len(value))
            elif hasattr(kind, "__next__"):
                return self._counting(value)
        return value

    def _counting(self, iterator: Iterator) -> Iterator:
        for value in iterator:
            self.step()
            if type(value) in CONTAINERS:
                self.allocate(len(value))
            yield value

    def searched(self, value: Any) -> Any:
        """The right side of `in`."""
        kind = type(value)
        if kind is list or kind is tuple or kind in TEXTS or kind is deque:
            self.spend(len(value) >> 3)
        elif hasattr(kind, "__next__"):
            return self.walked(value)
        return value

    def times(self, a: Any, b: Any, multiply: Callable = operator.mul) -> Any:
        if isinstance(b, int) and isinstance(a, int):
            if not (-LARGE < a < LARGE and -LARGE < b < LARGE):
                self.multiplied(a.bit_length() >> 6, b.bit_length() >> 6)
        elif isinstance(a, int):
            self._repeated(b, a)
        elif isinstance(b, int):
            self._repeated(a, b)
        return multiply(a, b)

    def multiplied(self, words_a: int, words_b: int) -> None:
        self.spend(words_a * words_b >> 6)
        self.allocate(words_a + words_b)

    def _repeated(self, value: Any, count: int) -> None:
        if type(value) in CONTAINERS:
            self.allocate(len(value) * max(count, 0))
        elif type(value) in TEXTS:
            self.allocate(len(value) * max(count, 0) >> 3)

    def power(self, a: Any, b: Any, raised: Callable = operator.pow) -> Any:
        if isinstance(a, int) and isinstance(b, int) and b > 0 and (words := a.bit_length() * b >> 6) > 8:
            self.allocate(words)
            self.spend(words * words >> 6)
        return raised(a, b)

    def shifted(self, a: Any, b: Any, shift: Callable = operator.lshift) -> Any:
        if isinstance(a, int) and isinstance(b, int) and b > 0:
            self.allocate((a.bit_length() + b) >> 6)
        return shift(a, b)


class PrintedText(io.TextIOBase):
    """Standard output that keeps nothing and counts the characters."""

    def __init__(self, meter: Meter):
        self.meter = meter

    def write(self, text: str) -> int:
        return self.meter.printed(text)
