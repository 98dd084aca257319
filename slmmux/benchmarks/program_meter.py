"""Counts what a program does, so that its budget ends at the same place on every machine.

Runs inside the sandbox and imports the standard library alone. `program_rewriting.py` makes a program report to it.

Counted are steps (loop passes, calls, and the elements that built-in functions walk over), words of eight bytes
that strings, containers and large integers take, and characters that are printed. Not counted is work inside
C code whose size no argument shows, such as a regular expression that backtracks; processor time bounds it.
"""

import ast
import builtins
import functools
import io
import itertools
import math
import operator
import re
import sys
import types
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from slmmux.benchmarks.program_rewriting import CHECKED_FIRST, Metering

MODULE = "solution"
# Below this, an integer takes no more room than others.
LARGE = 1 << 512
TEXTS = {str, bytes, bytearray}
CONTAINERS = {list, tuple, set, frozenset, dict, deque}
# Where the types of containers and iterators are defined; a program's own count by themselves.
_LIBRARY = {"builtins", "collections", "itertools"}
PLAIN = {int, float, bool, complex, type(None)}


def _names(text: str) -> set[str]:
    return set(text.split())


_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

# Built-in functions that take the same time whatever they are given, or only what another call counts.
_FREE = """abs ord chr range iter next zip enumerate reversed hash callable isinstance issubclass len print
round type bool int float complex object getattr setattr hasattr delattr globals locals vars dir super input divmod
bin hex oct property staticmethod classmethod slice open memoryview __import__"""
FREE: set[Any] = {getattr(builtins, name) for name in _names(_FREE)} | {
    getattr(math, name)
    for name in ("sqrt", "floor", "ceil", "log", "log2", "log10", "gcd", "isqrt", "pow", "fabs", "sin")
}
# Methods of texts and containers that take the same time whatever their size.
FREE_METHODS = _names("append add get items keys values pop popitem popleft appendleft discard setdefault clear")
# Methods that take long, or take up room, even where the object itself is small.
GROWING_METHODS = _names(
    """join extend extendleft update union intersection difference replace translate format format_map ljust rjust
    center zfill expandtabs fromkeys intersection_update difference_update symmetric_difference insert"""
)


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
            self._exceeded("steps")
        return True

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            self._exceeded("steps")

    def allocate(self, words: int) -> None:
        self.room -= words
        # Filling the room takes time too.
        self.left -= words >> 3
        if self.room < 0:
            self._exceeded("words")
        if self.left < 0:
            self._exceeded("steps")

    def printed(self, text: str) -> int:
        self.unprinted -= len(text)
        if self.unprinted < 0:
            self._exceeded("characters")
        return len(text)

    def _exceeded(self, budget: str) -> None:
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
                self._multiplied(a.bit_length() >> 6, b.bit_length() >> 6)
        elif isinstance(a, int):
            self._repeated(b, a)
        elif isinstance(b, int):
            self._repeated(a, b)
        return multiply(a, b)

    def _multiplied(self, words_a: int, words_b: int) -> None:
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

    def called(self, function: Any) -> Any:
        """What to call instead of `function`: itself, or a version that counts what it does."""
        self.left -= 1
        if self.left < 0:
            self._exceeded("steps")
        kind = type(function)
        if kind is types.FunctionType:
            return function if function.__module__ == MODULE else self._counted(function)
        if kind is types.BuiltinFunctionType:
            return self._built_in(function)
        if kind is type:
            if function in FREE or function.__module__ == MODULE:
                return function
            return self._special(function) or self._counted(function)
        return function

    def _built_in(self, function: Any) -> Any:
        owner = function.__self__
        if owner is None or type(owner) is types.ModuleType:
            return function if function in FREE else self._special(function) or self._counted(function)
        name = function.__name__
        if type(owner) in TEXTS or type(owner) in CONTAINERS:
            if name in FREE_METHODS or (len(owner) < 64 and name not in GROWING_METHODS):
                return function
            self.spend(len(owner) >> 3)
            if name in ("ljust", "rjust", "center", "zfill", "expandtabs"):
                return self._padding(function)
            if name == "replace":
                return self._replacing(function, len(owner))
        return self._counted(function)

    def _counted(self, function: Callable) -> Callable:
        def call(*arguments, **named):
            result = function(*map(self.walked, arguments), **{k: self.walked(v) for k, v in named.items()})
            return self.text(result) if type(result) is str else self.sized(result)

        return call

    def _padding(self, function: Callable) -> Callable:
        def call(*arguments, **named):
            for width in (*arguments, *named.values()):
                if isinstance(width, int):
                    self.allocate(max(width, 0) >> 3)
            return self.sized(function(*arguments, **named))

        return call

    def _replacing(self, function: Callable, length: int) -> Callable:
        def call(*arguments):
            if len(arguments) > 1 and type(arguments[1]) in TEXTS and len(arguments[1]) > 64:
                self.allocate(length * len(arguments[1]) >> 3)
            return self.sized(function(*arguments))

        return call

    def _special(self, function: Any) -> Callable | None:
        try:
            name = _SPECIAL.get(function)
        except TypeError:
            return None
        return getattr(self, name) if name else None

    def _call_back(self, function: Any) -> Any:
        """A function that built-in code calls for each element."""
        return self.called(function) if callable(function) else function

    def _map(self, function, *iterables):
        return map(self._call_back(function), *iterables)

    def _filter(self, function, iterable):
        return filter(self._call_back(function), self.walked(iterable))

    def _reduce(self, function, iterable, *start):
        return functools.reduce(self._call_back(function), self.walked(iterable), *start)

    def _with_key(self, function: Callable) -> Callable:
        def call(*arguments, **named):
            if "key" in named:
                named["key"] = self._call_back(named["key"])
            return self.sized(function(*map(self.walked, arguments), **named))

        return call

    def _sorted(self, *arguments, **named):
        return self._with_key(sorted)(*arguments, **named)

    def _min(self, *arguments, **named):
        return self._with_key(min)(*arguments, **named)

    def _max(self, *arguments, **named):
        return self._with_key(max)(*arguments, **named)

    def _pow(self, a, b, modulus=None):
        if modulus is None:
            return self.power(a, b)
        if isinstance(b, int) and isinstance(modulus, int):
            self.spend(b.bit_length() * (1 + (modulus.bit_length() >> 6)) ** 2 >> 6)
        return pow(a, b, modulus)

    def _factorial(self, n):
        if isinstance(n, int) and n > 64:
            words = n * n.bit_length() >> 6
            self.allocate(words)
            self.spend(words * words >> 6)
        return math.factorial(n)

    def _choose(self, function: Callable) -> Callable:
        def call(n, *k):
            if isinstance(n, int) and n > 64:
                chosen = min([n, *(value for value in k if isinstance(value, int))])
                self._multiplied(max(0, chosen), max(0, chosen))
            return self.sized(function(n, *k))

        return call

    def _comb(self, n, k):
        return self._choose(math.comb)(n, k)

    def _perm(self, n, *k):
        return self._choose(math.perm)(n, *k)

    def _bytes(self, *arguments, **named):
        if arguments and isinstance(arguments[0], int):
            self.allocate(arguments[0] >> 3)
        return self._counted(bytes)(*arguments, **named)

    def _bytearray(self, *arguments, **named):
        if arguments and isinstance(arguments[0], int):
            self.allocate(arguments[0] >> 3)
        return self._counted(bytearray)(*arguments, **named)

    def _evaluate(self, source, names=None, own=None):
        return self._run(eval, "eval", source, names, own)

    def _execute(self, source, names=None, own=None):
        return self._run(exec, "exec", source, names, own)

    def _run(self, function, mode, source, names, own):
        frame = sys._getframe(2)
        if names is None:
            names, own = frame.f_globals, frame.f_locals if own is None else own
        if isinstance(source, str):
            source = compile(Metering().rewrite(ast.parse(source.strip(), mode=mode)), "<string>", mode)
        return function(source, names, own) if own is not None else function(source, names)

    def _identity(self, value):
        """Numbers instead of addresses, in the order in which they are asked for."""
        self.step()
        # The object is kept, so that no other one takes its address.
        return self.known.setdefault(id(value), (len(self.known) + 1, value))[0] << 4

    def install(self) -> None:
        """Give the names that `Metering` uses to this process, and count what is printed."""
        for name, method in _OPERATIONS.items():
            setattr(builtins, name, getattr(self, method))
        for _, function in CHECKED_FIRST.values():
            setattr(builtins, f"__meter_{function}__", getattr(operator, function))
        sys.stdout = sys.stderr = _Counter(self)


_SPECIAL: dict[Any, str] = {
    map: "_map",
    filter: "_filter",
    functools.reduce: "_reduce",
    sorted: "_sorted",
    min: "_min",
    max: "_max",
    pow: "_pow",
    operator.pow: "power",
    operator.mul: "times",
    operator.lshift: "shifted",
    math.factorial: "_factorial",
    math.comb: "_comb",
    math.perm: "_perm",
    bytes: "_bytes",
    bytearray: "_bytearray",
    eval: "_evaluate",
    exec: "_execute",
    id: "_identity",
}
_OPERATIONS = {
    "__meter_step__": "step",
    "__meter_called__": "called",
    "__meter_sized__": "sized",
    "__meter_text__": "text",
    "__meter_walked__": "walked",
    "__meter_searched__": "searched",
    "__meter_times__": "times",
    "__meter_power__": "power",
    "__meter_shifted__": "shifted",
}


class _Counter(io.TextIOBase):
    """Standard output that keeps nothing and counts the characters."""

    def __init__(self, meter: Meter):
        self.meter = meter

    def write(self, text: str) -> int:
        return self.meter.printed(text)


# Lazy functions whose arguments are walked over only when their result is.
FREE |= {itertools.count, itertools.repeat, itertools.cycle}
