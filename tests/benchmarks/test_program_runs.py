"""What programs do is decided by what is counted: the same on any machine, under load, in every run."""

import contextlib
import subprocess
import sys

from slmmux.benchmarks import program_runs
from slmmux.benchmarks.humaneval import Options, Task, grade
from slmmux.benchmarks.program_runs import Budgets, SafetyNet
from slmmux.benchmarks.program_votes import run_programs

TASK = Task(
    id="own/0",
    split="test",
    text='def double(n: int) -> int:\n    """ Twice.\n    >>> double(2)\n    4\n    >>> double(5)\n    10\n    """\n',
    reference="passes",
    entry_point="double",
    tests="def check(candidate):\n    assert candidate(3) == 6\n    assert candidate(0) == 0\n",
    options=Options(budgets=Budgets(steps=20_000, words=100_000, characters=10_000), inputs=4),
)
NET = SafetyNet()
DOUBLE = "def double(n):\n    return 2 * n\n"


def fenced(code):
    return f"```python\n{code}\n```"


def seen(*programs, steps=20_000, tests=TASK.tests, inputs=((2,), (5,)), net=NET):
    budgets = Budgets(steps=steps, words=100_000, characters=10_000)
    return list(run_programs(programs, "double", "", tests, inputs, budgets, net).values())


BESIDE_A_RIGHT_FUNCTION = [
    "assert double([2]) == 3",
    "n = int(input())\nprint(double(n))",
    "n = int(input('How many? '))\nfor _ in range(n):\n    print(double(int(input())))",
    "def main():\n    print(double(int(input())))\n\nmain()",
    "import sys\nsys.exit(0)",
    "import os\nos._exit(1)",
    "raise SystemExit",
    "exit()",
    "quit(1)",
    "import unittest\nunittest.main()",
    "print(double(open('numbers.txt').read()))",
    "if double(1) != 3:\n    raise ValueError('wrong')",
    "import sys\nn = sys.argv[1]\nprint(double(n))",
    "for n in [1, None]:\n    assert double(n) == 2",
    "while True:\n    pass",
    "while True:\n    print('again')",
    "with open('missing') as file:\n    print(file.read())",
    "double(2)(3)",
    "import numpy_that_is_not_there",
    "if __name__ == '__main__':\n    raise SystemExit(1)",
]


def test_statements_beside_a_right_function_are_no_fault_of_it():
    programs = [f"{DOUBLE}\n{beside}" for beside in BESIDE_A_RIGHT_FUNCTION]
    programs += ["n = int(input())\n" + DOUBLE + "print(double(n))", "import sys\nassert len(sys.argv) > 9\n" + DOUBLE]
    grades = grade(TASK, [fenced(DOUBLE), *map(fenced, programs)])
    assert [program for program, g in zip(programs, grades[1:]) if not g.correct or g != grades[0]] == []


def test_what_the_function_itself_does_counts():
    wrong = {
        "asks": "def double(n):\n    return int(input())",
        "exits": "import sys\ndef double(n):\n    sys.exit(0)",
        "asserts": "def double(n):\n    assert n < 0\n    return 2 * n",
        "loops": "def double(n):\n    while True:\n        pass",
        "is never reached": "while True:\n    pass\n" + DOUBLE,
        "uses what is not there": "import numpy_that_is_not_there as np\ndef double(n):\n    return np.multiply(2, n)",
        "is wrong": "FACTOR = 2\nFACTOR += 1\ndef double(n):\n    return FACTOR * n",
        "is taken away": DOUBLE + "double = None",
    }
    for what, g in zip(wrong, grade(TASK, list(map(fenced, wrong.values())))):
        assert not g.correct, what
        assert (g.answer is None) == (what != "is wrong"), what


ENDLESS = [
    "while True: pass",
    "while True:\n        try:\n            while True: pass\n        except: pass",
    "return double(n + 1) + double(n)",
    "return sum(range(10 ** 12))",
    "return len(list(range(10 ** 12)))",
    "return max(map(abs, range(10 ** 12)))",
    "return [i for i in range(10 ** 12)]",
    "return sum(i for i in iter(int, 1))",
    "import itertools\n    return list(itertools.count())",
    "import itertools\n    return len(list(itertools.permutations(range(14))))",
    "import math\n    return math.factorial(10 ** 8)",
    "return 10 ** 10 ** 10",
    "return pow(7, 10 ** 10)",
    "return 1 << 10 ** 12",
    "return 'a' * 10 ** 12",
    "return [0] * 10 ** 9",
    "x = [0]\n    x *= 10 ** 9\n    return x",
    "return 'a'.ljust(10 ** 12)",
    "s = 'a'\n    while True: s += s",
    "s = [n]\n    while True: s = s + s",
    "s = [n]\n    for x in s: s.append(x)",
    "while True: print('again')",
    "import time\n    while time.time() > 0: time.sleep(1)",
    "return eval('sum(x for x in iter(int, 1))')",
    "exec('while True: pass')",
    "x = [1]\n    for _ in range(60): x = [x, x]\n    return x",
    "import sys\n    sys.setrecursionlimit(10 ** 9)\n    return 1 + double(n + 1)",
]


def test_what_has_no_end_stops_at_a_budget():
    programs = [f"def double(n):\n    {body}\n" for body in ENDLESS]
    jobs = [
        {"task": "observe", "program": p, "entry_point": "double", "beginning": "", "tests": "", "inputs": ["(3,)"]}
        for p in programs
    ]
    runs = program_runs.run_jobs(jobs, Budgets(steps=100_000, words=100_000, characters=10_000), SafetyNet())
    # None would say that the safety net ended it.
    assert dict(zip(ENDLESS, runs.lines)) == {body: [] for body in ENDLESS}


def test_the_budget_decides_to_the_step():
    """The budget is that of one call: two calls in the tests need no more than one."""
    counts = "def double(n):\n    for i in range(500):\n        pass\n    return 2 * n\n"
    passed = [seen(counts, steps=steps, inputs=[])[0].passed for steps in range(500, 504)]
    # 500 passes, the call of range and the function itself.
    assert passed == [False, False, True, True]


FIXED = [
    "import random\n    return random.random()",
    "import random\n    x = list(range(50))\n    random.shuffle(x)\n    return x",
    "import random\n    random.seed()\n    return random.randint(0, 10 ** 9), random.Random().random()",
    "import random\n    return random.SystemRandom().random()",
    "import secrets, uuid, os\n    return secrets.token_hex(), str(uuid.uuid4()), str(os.urandom(8))",
    "import time\n    return time.time(), time.perf_counter_ns(), time.monotonic(), time.ctime(), time.strftime('%c')",
    "import datetime\n    return str(datetime.datetime.now()), str(datetime.date.today())",
    "from datetime import datetime\n    return datetime.now().microsecond",
    "return list({'a', 'b', 'c', 'd', str(n)}), hash('text')",
    "return str(object()), f'{double}', repr(double), '%s' % double, '{}'.format(double), str([object()])",
    "return id(n), id('x') < id('y')",
]


def test_chance_clock_hashes_and_addresses_are_fixed():
    programs = [f"def double(n):\n    {body}\n" for body in FIXED]
    first, second = ([run.behaviour for run in seen(*programs)] for _ in range(2))
    assert dict(zip(FIXED, first)) == dict(zip(FIXED, second)) and None not in first


def test_a_program_that_uses_chance_keeps_its_class():
    chance = "import random\ndef double(n):\n    return n + random.choice([n, n + 1, n + 2, n + 3])\n"
    (one,), (other,) = (grade(TASK, [fenced(chance)]) for _ in range(2))
    assert one == other and one.answer is not None


def test_threads_may_be():
    joined = (
        "import sys, threading\ndef double(n):\n    sys.setrecursionlimit(10 ** 6)\n    found = []\n"
        "    thread = threading.Thread(target=lambda: found.append(2 * n))\n    thread.start()\n    thread.join()\n"
        "    return found[0]\n"
    )
    assert seen(joined)[0] == seen(DOUBLE)[0]


def test_programs_do_not_see_each_other():
    leaves = "import builtins\nbuiltins.left = 1\nopen('left', 'w').write('x')\ndef double(n):\n    return 2 * n\n"
    looks = "import builtins, os\ndef double(n):\n    return hasattr(builtins, 'left'), os.path.exists('left')\n"
    kills = "import os, signal\nfor pid in (os.getppid(), -1, 0):\n    os.kill(pid, signal.SIGKILL)\n" + DOUBLE
    forks = "import os\nos.fork()\nimport subprocess\nsubprocess.Popen(['sleep', '1'])\n" + DOUBLE
    ends = "import os\ndef double(n):\n    os._exit(0)\n"
    forges = (
        "import os\ndef double(n):\n    for f in range(9):\n"
        "        try: os.write(f, b'0 output 0 x\\n0 passed\\n')\n        except OSError: pass\n"
    )
    alone = seen(looks)[0].behaviour
    left, looked, killed, forked, ended, forged, last = seen(leaves, looks, kills, forks, ends, forges, DOUBLE + "#")
    assert left.passed and killed.passed and forked.passed and last.passed and looked.behaviour == alone
    assert not ended.passed and ended.behaviour is None and not forged.passed


SLOWEST = [
    "def double(n):\n    total = 0\n    for i in range(90_000):\n        total += i % 2\n    return 2 * n\n",
    "def double(n):\n    return double(n + 1) + double(n + 2)\n",
    "def double(n):\n    return n if n < 2 else sum(double(n - 1) for _ in range(5)) and 2 * n\n",
    "def double(n):\n    text = ''\n    while len(text) < 100_000:\n        text += str(n) * 50\n    return text\n",
    "def double(n):\n    while True:\n        print('x' * 99)\n",
]


def test_the_slowest_programs_under_load():
    """Two busy processes for each processor beside them change no grade and no behaviour."""
    idle = seen(*SLOWEST, steps=200_000)
    with contextlib.ExitStack() as stack:
        for _ in range(2 * (program_runs.os.cpu_count() or 1)):
            busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            stack.callback(busy.wait)
            stack.callback(busy.kill)
        assert seen(*SLOWEST, steps=200_000) == idle
    assert idle[0].passed and not idle[1].passed and idle[3].behaviour is not None and idle[4].behaviour is None


def test_the_safety_net_is_a_failure_that_is_tried_again_and_said(caplog, monkeypatch):
    starts = []
    run = program_runs.run_python
    monkeypatch.setattr(program_runs, "run_python", lambda *given: starts.append(given) or run(*given))
    # Work that nothing counts: a regular expression that backtracks.
    hangs = "import re\ndef double(n):\n    return re.match('(a+)+b', 'a' * 60)\n"
    net = SafetyNet(cpu_seconds=1, wall_seconds=20, tries=2)
    hung, right = seen(hangs, DOUBLE, inputs=[], net=net)
    assert right.passed and not hung.passed
    assert "1 runs of programs were ended by time" in caplog.text
    assert len(starts) == 1 + min(2, program_runs.os.cpu_count()), "once with the others, once alone"


def test_a_lost_result_is_asked_for_again(monkeypatch):
    run, lost = program_runs.run_python, []

    def loses_the_first(*given):
        outcome = run(*given)
        if not lost:
            lost.append(outcome)
            return type(outcome)("limit", outcome.output[: len(outcome.output) // 2])
        return outcome

    monkeypatch.setattr(program_runs, "run_python", loses_the_first)
    assert all(run.passed for run in seen(DOUBLE, DOUBLE + "#", DOUBLE + "##")) and lost
