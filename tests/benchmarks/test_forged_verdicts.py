"""Programs that try to look right without being right: what they write, patch, override or find changes no verdict."""

import pytest
from test_program_runs import DOUBLE, seen

WRONG = "def double(n):\n    return -7\n"
# Every frame, every object and every open file of the process.
SEARCH = """
import gc, os, sys
def everything():
    frame = sys._getframe()
    while frame:
        yield from list(frame.f_locals.values()) + list(frame.f_globals.values()) + list(frame.f_code.co_consts)
        frame = frame.f_back
    for thing in gc.get_objects():
        if isinstance(thing, dict): yield from list(thing.values())
"""
FORGERIES = {
    "writes to every open file": "import os\ndef double(n):\n    for f in range(64):\n"
    "        for line in (b'passed\\n', b'0 passed\\n', b'end\\n', b'[\"value\", [\"int\", \"0x6\"]]\\n'):\n"
    "            try: os.write(f, line)\n            except OSError: pass\n    return -7\n",
    "replies twice": SEARCH + "def double(n):\n    for f in range(3, 64):\n"
    '        try: os.write(f, b\'["value", ["int", "%s"]]\\n\' % hex(n).encode())\n'
    "        except OSError: pass\n    return 2 * n\n",
    "calls a writer that it finds": SEARCH + "def double(n):\n    for thing in everything():\n"
    "        if callable(thing) and getattr(thing, '__name__', '') in ('write', '<lambda>'):\n"
    "            for words in (('passed',), (3, b'passed\\n')):\n"
    "                try: thing(*words)\n                except Exception: pass\n    return -7\n",
    "looks for the tests": SEARCH + "import re\ndef double(n):\n    for thing in everything():\n"
    "        found = isinstance(thing, str) and re.search('candid' + r'ate.%d. == (\\d+)' % n, thing)\n"
    "        if found: return int(found.group(1))\n",
    "equals everything": "class Any(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\n"
    "def double(n):\n    return Any(3)\n",
    "an object that equals everything": "class Any:\n    def __eq__(self, other): return True\n"
    "def double(n):\n    return Any()\n",
    "a list that equals everything": "class Any(list):\n    def __eq__(self, other): return True\n"
    "def double(n):\n    return Any()\n",
    "a pickle": "class Any:\n    def __reduce__(self): return (eval, ('6',))\ndef double(n):\n    return Any()\n",
    "a check of its own": WRONG + "def check(candidate): pass\ncandidate = lambda n: 2 * n\n",
    "no assertion errors": "import builtins\nbuiltins.AssertionError = type('E', (Exception,), {})\n" + WRONG,
    "another compiler": "import builtins\nreal = compile\n"
    "builtins.compile = lambda s, *a, **k: real('def check(c): pass', *a, **k)\nbuiltins.exec = lambda *a: None\n"
    + WRONG,
    "another json": 'import json\njson.dumps = lambda *a, **k: \'["value", ["int", "0x6"]]\'\n' + WRONG,
    "ends its process": "import os\ndef double(n):\n    os._exit(0)\n",
    "says so at exit": "import atexit, os\natexit.register(lambda: os.write(1, b'passed'))\n" + WRONG,
    "says so in a thread": "import os, threading\n"
    "def say():\n    for f in range(64):\n        try: os.write(f, b'passed\\n')\n        except OSError: pass\n"
    "threading.Thread(target=say).start()\n" + WRONG,
    "crashes": "import ctypes\ndef double(n):\n    ctypes.string_at(0)\n",
}


@pytest.fixture(scope="module")
def verdicts():
    programs = [*FORGERIES.values(), DOUBLE]
    return dict(zip([*FORGERIES, "is right"], seen(*programs)))


@pytest.mark.parametrize("forgery", FORGERIES)
def test_no_program_forges_its_verdict(verdicts, forgery):
    assert not verdicts[forgery].passed


def test_forgers_change_no_verdict_of_a_program_beside_them(verdicts):
    assert verdicts["is right"].passed
    assert verdicts["is right"] == seen(DOUBLE)[0]


STRANGE_BUT_RIGHT = [
    "class Number(int):\n    def __eq__(self, other): return False\ndef double(n):\n    return Number(2 * n)\n",
    "from fractions import Fraction\ndef double(n):\n    return Fraction(2 * n)\n",
    "from decimal import Decimal\ndef double(n):\n    return Decimal(2 * n)\n",
    "def double(n):\n    return 2.0 * n\n",
    "def double(n):\n    return 2 * n + 0j\n",
    "def double(n, *, by=2):\n    return by * n\n",
    "import builtins, os\nbuiltins.open = None\nos.listdir = None\n" + DOUBLE,
]


def test_right_values_of_any_number_type_are_right():
    assert [run.passed for run in seen(*STRANGE_BUT_RIGHT)] == [True] * len(STRANGE_BUT_RIGHT)


@pytest.mark.parametrize(
    "body, expected",
    [
        ("return [n, (n, '\\ud800')]", "[3, (3, '\\ud800')]"),
        ("return {'ü': {1.5, None}, 1: (True, b'x', 10 ** 400)}", "{'ü': {1.5, None}, 1: (True, b'x', 10 ** 400)}"),
        ("return {(1, 2): frozenset('ab')}", "{(1, 2): frozenset('ba')}"),
        ("import collections\n    return collections.OrderedDict(a=1)", "{'a': 1}"),
        ("import collections\n    return collections.namedtuple('P', 'x')(1)", "(1,)"),
    ],
)
def test_values_arrive_as_they_are(body, expected):
    tests = f"def check(candidate):\n    assert candidate(3) == {expected}\n"
    assert seen(f"def double(n):\n    {body}\n", tests=tests, inputs=[])[0].passed


@pytest.mark.parametrize("body", ["yield 1\n    yield 2", "return map(int, '12')", "return range(1, 3)"])
def test_what_can_be_walked_over_can_be(body):
    tests = "def check(candidate):\n    assert list(candidate(3)) == [1, 2] and candidate(3) != [1, 2]\n"
    assert seen(f"def double(n):\n    {body}\n", tests=tests, inputs=[])[0].passed


ESCAPES = [
    "libc.fork()", "libc.vfork()", "libc.kill(-1, 9)", "libc.kill(os.getppid(), 9)", "libc.kill(0, 9)",
    "libc.syscall(56, 17, 0, 0, 0, 0)", "libc.syscall(435, 0, 0)", "os.kill(os.getppid(), 9)", "os.fork()",
]  # fmt: skip


def test_no_process_and_no_signal_past_the_filter():
    """By system calls, which no hook of the interpreter sees. Who stands beside the program would be gone."""
    body = "".join(
        f"    try: found += [({e!r}, {e})]\n    except PermissionError: pass\n" for e in ESCAPES
    )  # fmt: skip
    program = (
        "import ctypes, os\nlibc = ctypes.CDLL(None)\ndef double(n):\n    found = []\n"
        + body
        + "    return [r for e, r in found]\n"
    )
    tests = "def check(candidate):\n    assert set(candidate(3)) == {-1}\n"
    assert seen(program, DOUBLE, tests=tests, inputs=[])[0].passed
