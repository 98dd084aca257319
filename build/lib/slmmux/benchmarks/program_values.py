"""Values that cross from a program's process to the tests, as data: nothing of the program runs beside its tests.

Runs inside the sandbox and imports the standard library alone. A class of the program's own would compare as it
likes; here its instances arrive as the built-in values that they hold, or as an object that equals nothing.
"""

import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any


class Items:
    """What a program returned that can be walked over and is no list, tuple, set or dictionary, such as a generator.
    Equal to nothing but itself."""

    def __init__(self, items: list) -> None:
        self._items = items

    def __iter__(self):
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, place):
        return self._items[place]


def packed(value: Any, step: Callable[[], object] = lambda: None) -> Any:
    """The value as JSON has it, a list [kind, ..] each. `step` is called for each part."""
    step()
    if value is None or isinstance(value, bool):
        return ["is", value]
    if isinstance(value, int):
        # In base 16, which Python writes for integers of any size.
        return ["int", hex(value)]
    if isinstance(value, float):
        return ["float", float.__repr__(value)]
    if isinstance(value, complex):
        return ["complex", float.__repr__(value.real), float.__repr__(value.imag)]
    if isinstance(value, str):
        return ["str", str.__str__(value)]
    if isinstance(value, bytes | bytearray):
        return ["bytes", bytes(value).hex()]
    if isinstance(value, dict):
        return ["dict", *([packed(k, step), packed(v, step)] for k, v in value.items())]
    for kind in (list, tuple, set, frozenset):
        if isinstance(value, kind):
            return [kind.__name__, *(packed(v, step) for v in value)]
    if isinstance(value, Fraction | Decimal):
        return [type(value).__name__, str(value)]
    if isinstance(value, Iterable):
        return ["items", *(packed(v, step) for v in value)]
    return ["other"]


_OF_TEXT: dict[str, Callable[[str], Any]] = {
    "int": lambda text: int(text, 16),
    "float": float,
    "str": str,
    "bytes": bytes.fromhex,
    "Fraction": Fraction,
    "Decimal": Decimal,
}
_OF_PARTS: dict[str, Callable[[list], Any]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "items": Items,
}


def unpacked(data: Any) -> Any:
    """The value of what `packed` gave. Raises ValueError, TypeError, IndexError or an ArithmeticError on anything
    else."""
    kind, *parts = data
    if kind == "is" and (parts[0] is None or isinstance(parts[0], bool)):
        return parts[0]
    if kind == "other":
        return object()
    if kind == "complex":
        return complex(float(parts[0]), float(parts[1]))
    if kind == "dict":
        return {unpacked(key): unpacked(value) for key, value in parts}
    if kind in _OF_PARTS:
        return _OF_PARTS[kind]([unpacked(part) for part in parts])
    if kind in _OF_TEXT and isinstance(parts[0], str):
        return _OF_TEXT[kind](parts[0])
    raise ValueError(f"no value: {kind!r}")


def plain(value, step: Callable[[], object] = lambda: None):
    """A form that is the same for outputs that tests would take as equal: 2, 2.0 and so 1 and True; sums of
    floats up to rounding; sets and dicts in any order. Lists and tuples differ. `step` is called for each part."""
    step()
    if isinstance(value, bool | int):
        # Python refuses to write longer integers in decimals.
        return str(int(value)) if abs(value) < 1 << 10_000 else hex(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    if isinstance(value, str) or value is None:
        return [type(value).__name__, value]
    if isinstance(value, list | tuple):
        return [type(value).__name__, *(plain(v, step) for v in value)]
    if isinstance(value, set | frozenset):
        return ["set", *sorted((plain(v, step) for v in value), key=json.dumps)]
    if isinstance(value, dict):
        return ["dict", *sorted(([plain(k, step), plain(v, step)] for k, v in value.items()), key=json.dumps)]
    return [type(value).__name__]
