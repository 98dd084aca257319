"""A clock and random numbers that are the same in every run of a program. Runs inside the sandbox.

Each reading of a clock shows one millisecond more than the last, and sleeping moves the clock only: a program
that waits for a time to pass ends.
"""

import datetime
import os
import random
import time

START_NANOSECONDS = 1_700_000_000 * 10**9
READING_NANOSECONDS = 10**6

_now = START_NANOSECONDS
_random_bytes = random.Random(0).randbytes
_real_seed, _real_new = random.Random.seed, random.Random


def restart() -> None:
    """The clock and the random numbers as at the start."""
    global _now, _random_bytes
    _now = START_NANOSECONDS
    _random_bytes = _real_new(0).randbytes
    random.seed(0)


def _read() -> int:
    global _now
    _now += READING_NANOSECONDS
    return _now


def _sleep(seconds: float) -> None:
    global _now
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    _now += int(seconds * 10**9)


def _of_now(function):
    """A function of the module time whose time is now by default."""
    return lambda *seconds: function(*seconds) if seconds and seconds[0] is not None else function(_read() // 10**9)


class Random(random.Random):
    """Seeded with 0 where no seed is given."""

    def __new__(cls, *arguments, **named):
        return super().__new__(cls)

    def __init__(self, x=None):
        super().__init__(0 if x is None else x)

    def seed(self, a=None, version=2):
        super().seed(0 if a is None else a, version)


class Date(datetime.date):
    @classmethod
    def today(cls):
        return cls.fromtimestamp(_read() / 10**9)


class DateTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(_read() / 10**9, tz)

    @classmethod
    def utcnow(cls):
        return cls.fromtimestamp(_read() / 10**9, datetime.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls):
        return cls.now()


def fix() -> None:
    """Replace the clocks and the sources of random numbers of this process."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time"):
        setattr(time, name, lambda: _read() / 10**9)
        setattr(time, f"{name}_ns", _read)
    time.sleep = _sleep  # type: ignore[assignment]
    time.localtime, time.gmtime = _of_now(time.gmtime), _of_now(time.gmtime)
    time.ctime = lambda seconds=None: time.asctime(time.localtime(seconds))
    formatted = time.strftime
    time.strftime = lambda form, when=None: formatted(form, time.localtime() if when is None else when)
    Date.__name__, DateTime.__name__ = "date", "datetime"
    datetime.date, datetime.datetime = Date, DateTime  # type: ignore[misc]
    generator = Random()
    random._inst = generator
    for name in vars(random.Random).keys() | {"random", "seed", "getrandbits", "getstate", "setstate"}:
        if name in vars(random) and not name.startswith("_"):
            setattr(random, name, getattr(generator, name))
    random.Random = Random  # type: ignore[misc]

    def urandom(count: int) -> bytes:
        return _random_bytes(count)

    os.urandom = random._urandom = urandom  # type: ignore[attr-defined]
    restart()
