"""Malformed inputs, drawn with a seed: random damage to good inputs, and values that parsers like to trip over.

FUZZ_INPUTS sets how many inputs a target gets, FUZZ_SEED which ones.
"""

import copy
import logging
import os
import random
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from slmmux.errors import InputError

INPUTS = int(os.environ.get("FUZZ_INPUTS", "2000"))
SEED = os.environ.get("FUZZ_SEED", "1")
# Of the processor, for one input. An input longer than this many characters is cut.
SECONDS = 30.0
LONGEST = 6000

DEEP: list = []
for _ in range(600):
    DEEP = [DEEP]
VALUES = (
    *(None, True, False, 0, -1, 1, 2**31, -(2**63), 2**64, 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf")),
    *("", " ", "-", "--", "0", "1e999", "\x00", "\x1b]0;x\x07", "\ud800", "e\u0301\u202e", "²", "٣", "a\nb"),
    *("x" * 3000,),
    *([], {}, [[]], [None], {"": None}, DEEP, ["x", 1, None], {"a": {"a": {"a": []}}}),
)
# What parsers of JSON like to trip over.
TOKENS = (b"null", b"true", b"1e999", b"NaN", b'"\\ud800"', b"[" * 3000, b'{"a":' * 1500, b"-", b"[]", b"{}", b'""')


class Hung(BaseException):
    """An input that takes more than SECONDS. Not an Exception: no handler of the code under test may swallow it."""


def _hung(*_) -> None:
    raise Hung


@contextmanager
def _bounded_time() -> Iterator[None]:
    before = signal.signal(signal.SIGVTALRM, _hung)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings on what was read, which are many and take longer than the reading."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def fuzz(name: str, draw: Callable[[random.Random], object], parse: Callable, refused=InputError) -> int:
    """Parse INPUTS drawn inputs; how many were refused. Fails on any exception but `refused` with one printable line,
    and on a hang."""
    rng = random.Random(f"{SEED} {name}")
    found: Counter = Counter()
    first: dict = {}
    several = 0
    with _bounded_time(), _quiet():
        for number in range(INPUTS):
            given = draw(rng)
            signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
            try:
                parse(given)
            except refused as error:
                several += 1
                assert str(error), f"{name}: a refusal without a message, input {number}: {given!r:.500}"
            except (Exception, Hung) as error:
                frame = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{type(error).__name__}: {error!s:.80} at {frame.filename}:{frame.lineno}"
                found[where] += 1
                first.setdefault(where, f"input {number}: {given!r:.700}")
    assert not found, f"{name}, seed {SEED}: " + "\n".join(f"{n} x {w}\n  {first[w]}" for w, n in found.most_common(8))
    return several


def damaged_bytes(rng: random.Random, good: bytes, tokens: tuple[bytes, ...] = ()) -> bytes:
    """`good` with one to four changes: bits flipped, pieces cut, doubled, overwritten or moved, tokens put in."""
    content = bytearray(good)
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(content) + 1)
        end = min(len(content), start + rng.choice((1, 2, 8, 64)))
        kind = rng.randrange(7)
        if kind == 0 and start < len(content):
            content[start] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del content[start:end]
        elif kind == 2:
            content[start:start] = content[start:end] * rng.randint(1, 3)
        elif kind == 3:
            content[start:end] = rng.randbytes(end - start)
        elif kind == 4:
            del content[start:]
        elif kind == 5 and tokens:
            content[start : rng.choice((start, end))] = rng.choice(tokens)
        else:
            content[start:start] = rng.choice((b"\x00", b"\xff", b"\xed\xa0\x80", b"\x1b[2J", b"9" * 5000, b"-", b"\r"))
    return bytes(content[: max(LONGEST, len(good))])


def damaged_text(rng: random.Random, good: tuple[str, ...], tokens: tuple[str, ...]) -> str:
    """Good texts cut, joined and mixed with tokens; now and then a token many times, or only tokens."""
    text = rng.choice(good)
    for _ in range(rng.randint(1, 5)):
        start, piece = rng.randrange(len(text) + 1), rng.choice(tokens)
        kind = rng.randrange(6)
        if kind == 0:
            text = text[:start] + piece + text[start:]
        elif kind == 1:
            text = text[:start] + text[start + rng.randint(1, 6) :]
        elif kind == 2:
            text = text[:start] + rng.choice(good)[rng.randrange(5) :]
        elif kind == 3:
            text = "".join(rng.choices(tokens, k=rng.randint(1, 12)))
        elif kind == 4:
            text = text[:start] + rng.choice("\0\x1b²٣\u2028\u202e\ud800𝟘") + text[start:]
        elif rng.random() < 0.2:
            text = text[:start] + piece * rng.choice((50, 400)) + text[start:]
    return text[:LONGEST]


def damaged_data(rng: random.Random, good):
    """A copy of nested lists and dicts, one to three of whose places hold a value of VALUES, are gone or doubled."""
    data = copy.deepcopy(good)
    for _ in range(rng.randint(1, 3)):
        places = list(_places(data))
        if not places or rng.random() < 0.02:
            return _value(rng)
        container, key = rng.choice(places)
        kind = rng.randrange(5)
        if kind == 0:
            del container[key]
        elif kind == 1 and isinstance(container, list):
            container.append(container[key])
        elif kind == 2 and isinstance(container, dict):
            container[rng.choice(("", "x", "\x1b[2J", "\ud800", "-a", str(key) * 2))] = container[key]
        else:
            container[key] = _value(rng)
    return data


def _value(rng: random.Random):
    value = rng.choice(VALUES)
    return value if value is DEEP else copy.deepcopy(value)


def _places(data) -> Iterator[tuple]:
    """Every (container, key) in nested lists and dicts, without what lies in DEEP."""
    pending = [data]
    while pending:
        container = pending.pop()
        keys = list(container) if isinstance(container, dict) else range(len(container))
        for key in keys:
            yield container, key
            if isinstance(container[key], dict | list) and container[key] is not DEEP:
                pending.append(container[key])
