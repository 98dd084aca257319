"""What runs inside the sandbox around a program: its hidden tests, or its outputs on given inputs.

Only ever run there: `program_votes.py` sends this file's text, followed by one call. It imports the standard
library alone. Each line that it writes starts with a word that the program was not told, and what the program
prints goes nowhere: so printing does not forge a result. A program that searches its process for the word
could; that is no aim of models that answer a question.
"""

import hashlib
import json
import os
import signal
import sys
import types

# Processor time of one call, and how many calls may take more before the rest is not tried.
CALL_SECONDS, SLOW_CALLS = 0.5, 3


def load(program: str) -> dict:
    """The names that the program defines. It is not the main module, so that no demonstration of its use runs."""
    module = sys.modules["solution"] = types.ModuleType("solution")
    exec(compile(program, "solution.py", "exec"), module.__dict__)
    return module.__dict__


def results(word: str):
    """A function that writes one line for the caller; the program's own output is lost from here on."""
    out = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    write = os.write
    return lambda text: write(out, f"{word} {text}\n".encode())


def check(program: str, entry_point: str, tests: str, word: str) -> None:
    """Write "passed" if the program passes its tests."""
    write = results(word)
    names = load(program)
    exec(compile(tests, "tests.py", "exec"), names)
    names["check"](names[entry_point])
    write("passed")


def observe(program: str, entry_point: str, inputs: list[str], word: str) -> None:
    """Write a line for each input (Python text of a tuple of arguments) on which the function returns: its number
    and its output's digest."""
    write = results(word)
    function = load(program)[entry_point]

    slow = 0

    def too_slow(*_):
        nonlocal slow
        slow += 1
        raise TimeoutError

    signal.signal(signal.SIGVTALRM, too_slow)
    for number, text in enumerate(inputs):
        if slow == SLOW_CALLS:
            break
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, CALL_SECONDS)
            # Read anew each time: a program may change its arguments.
            output = json.dumps(plain(function(*eval(text))))
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        except Exception:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            continue
        write(f"{number} {hashlib.sha256(output.encode()).hexdigest()}")


def plain(value):
    """A form that is the same for outputs that tests would take as equal: 2, 2.0 and so 1 and True; sums of
    floats up to rounding; sets and dicts in any order. Lists and tuples differ."""
    if isinstance(value, bool | int):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    if isinstance(value, str) or value is None:
        return [type(value).__name__, value]
    if isinstance(value, list | tuple):
        return [type(value).__name__, *map(plain, value)]
    if isinstance(value, set | frozenset):
        return ["set", *sorted(map(plain, value), key=json.dumps)]
    if isinstance(value, dict):
        return ["dict", *sorted(([plain(k), plain(v)] for k, v in value.items()), key=json.dumps)]
    return [type(value).__name__]
