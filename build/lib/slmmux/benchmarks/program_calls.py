"""What each call of a program costs: functions whose work their arguments show are counted before or while they run.

Runs inside the sandbox and imports the standard library alone, see `program_meter.py`.
"""

import ast
import builtins
import functools
import itertools
import math
import operator
import sys
import types
from collections.abc import Callable
from typing import Any

from slmmux.benchmarks.program_meter import CONTAINERS, MODULE, TEXTS, Meter, PrintedText
from slmmux.benchmarks.program_rewriting import CHECKED_FIRST, Metering


def _names(text: str) -> set[str]:
    return set(text.split())


# Built-in functions that take the same time whatever they are given, or only what another call counts.
_FREE = """abs ord chr range iter next zip enumerate reversed hash callable isinstance issubclass len print
round type bool int float complex object getattr setattr hasattr delattr globals locals vars dir super input divmod
bin hex oct property staticmethod classmethod slice open memoryview __import__"""
FREE: set[Any] = {getattr(builtins, name) for name in _names(_FREE)} | {
    getattr(math, name)
    for name in ("sqrt", "floor", "ceil", "log", "log2", "log10", "gcd", "isqrt", "pow", "fabs", "sin")
}
# Lazy functions whose arguments are walked over only when their result is.
FREE |= {itertools.count, itertools.repeat, itertools.cycle}
# Methods of texts and containers that take the same time whatever their size.
FREE_METHODS = _names("append add get items keys values pop popitem popleft appendleft discard setdefault clear")
# Methods that take long, or take up room, even where the object itself is small.
GROWING_METHODS = _names(
    """join extend extendleft update union intersection difference replace translate format format_map ljust rjust
    center zfill expandtabs fromkeys intersection_update difference_update symmetric_difference insert"""
)


class Calls:
    """Stands between a program and what it calls. `called` gives what to call instead of a function."""

    __slots__ = ("meter",)

    def __init__(self, meter: Meter):
        self.meter = meter

    def called(self, function: Any) -> Any:
        """What to call instead of `function`: itself, or a version that counts what it does."""
        meter = self.meter
        meter.left -= 1
        if meter.left < 0:
            meter.exceeded("steps")
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
            self.meter.spend(len(owner) >> 3)
            if name in ("ljust", "rjust", "center", "zfill", "expandtabs"):
                return self._padding(function)
            if name == "replace":
                return self._replacing(function, len(owner))
        return self._counted(function)

    def _counted(self, function: Callable) -> Callable:
        def call(*arguments, **named):
            result = function(*map(self.meter.walked, arguments), **{k: self.meter.walked(v) for k, v in named.items()})
            return self.meter.text(result) if type(result) is str else self.meter.sized(result)

        return call

    def _padding(self, function: Callable) -> Callable:
        def call(*arguments, **named):
            for width in (*arguments, *named.values()):
                if isinstance(width, int):
                    self.meter.allocate(max(width, 0) >> 3)
            return self.meter.sized(function(*arguments, **named))

        return call

    def _replacing(self, function: Callable, length: int) -> Callable:
        def call(*arguments):
            if len(arguments) > 1 and type(arguments[1]) in TEXTS and len(arguments[1]) > 64:
                self.meter.allocate(length * len(arguments[1]) >> 3)
            return self.meter.sized(function(*arguments))

        return call

    def _special(self, function: Any) -> Callable | None:
        try:
            name = _SPECIAL.get(function)
        except TypeError:
            return None
        return getattr(self if name.startswith("_") else self.meter, name) if name else None

    def _call_back(self, function: Any) -> Any:
        """A function that built-in code calls for each element."""
        return self.called(function) if callable(function) else function

    def _map(self, function, *iterables):
        return map(self._call_back(function), *iterables)

    def _filter(self, function, iterable):
        return filter(self._call_back(function), self.meter.walked(iterable))

    def _reduce(self, function, iterable, *start):
        return functools.reduce(self._call_back(function), self.meter.walked(iterable), *start)

    def _with_key(self, function: Callable) -> Callable:
        def call(*arguments, **named):
            if "key" in named:
                named["key"] = self._call_back(named["key"])
            return self.meter.sized(function(*map(self.meter.walked, arguments), **named))

        return call

    def _sorted(self, *arguments, **named):
        return self._with_key(sorted)(*arguments, **named)

    def _min(self, *arguments, **named):
        return self._with_key(min)(*arguments, **named)

    def _max(self, *arguments, **named):
        return self._with_key(max)(*arguments, **named)

    def _pow(self, a, b, modulus=None):
        if modulus is None:
            return self.meter.power(a, b)
        if isinstance(b, int) and isinstance(modulus, int):
            self.meter.spend(b.bit_length() * (1 + (modulus.bit_length() >> 6)) ** 2 >> 6)
        return pow(a, b, modulus)

    def _factorial(self, n):
        if isinstance(n, int) and n > 64:
            words = n * n.bit_length() >> 6
            self.meter.allocate(words)
            self.meter.spend(words * words >> 6)
        return math.factorial(n)

    def _choose(self, function: Callable) -> Callable:
        def call(n, *k):
            if isinstance(n, int) and n > 64:
                chosen = min([n, *(value for value in k if isinstance(value, int))])
                self.meter.multiplied(max(0, chosen), max(0, chosen))
            return self.meter.sized(function(n, *k))

        return call

    def _comb(self, n, k):
        return self._choose(math.comb)(n, k)

    def _perm(self, n, *k):
        return self._choose(math.perm)(n, *k)

    def _bytes(self, *arguments, **named):
        if arguments and isinstance(arguments[0], int):
            self.meter.allocate(arguments[0] >> 3)
        return self._counted(bytes)(*arguments, **named)

    def _bytearray(self, *arguments, **named):
        if arguments and isinstance(arguments[0], int):
            self.meter.allocate(arguments[0] >> 3)
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
        self.meter.step()
        # The object is kept, so that no other one takes its address.
        return self.meter.known.setdefault(id(value), (len(self.meter.known) + 1, value))[0] << 4


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
# What `Metering` calls, without its underscores.
_OPERATIONS = ("step", "sized", "text", "walked", "searched", "times", "power", "shifted")


def install(meter: Meter) -> None:
    """Give the names that `Metering` uses to this process, and count what is printed."""
    named = {name: getattr(meter, name) for name in _OPERATIONS} | {"called": Calls(meter).called}
    named |= {function: getattr(operator, function) for _, function in CHECKED_FIRST.values()}
    for name, operation in named.items():
        setattr(builtins, f"__meter_{name}__", operation)
    sys.stdout = sys.stderr = PrintedText(meter)
