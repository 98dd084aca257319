"""What programs can do in the sandbox, that its verdicts do not depend on what else runs, and its limits."""

import threading
from dataclasses import asdict
from pathlib import Path

import pytest

from slmmux.benchmarks import program_runs
from slmmux.benchmarks.program_votes import run_programs
from slmmux.sandbox import Limits, Outcome, run, run_python

LIMITS = Limits(cpu_seconds=1, wall_seconds=60.0, memory_bytes=256 << 20, output_bytes=10_000)


@pytest.fixture(autouse=True, scope="module")
def strict_mode():
    try:
        run.run_in_mode("print(1)", LIMITS, "strict")
    except run.Refused as error:
        pytest.skip(f"this system permits no strict mode: {error}")


def test_a_program_runs_with_the_standard_library(sandbox):
    source = "import math, json, sqlite3, typing, dataclasses\nprint(math.gcd(12, 18), 'é'.encode('cp1252'))"
    assert sandbox.run(source) == Outcome("finished", "6 b'\\xe9'\n")


@pytest.mark.parametrize(
    "source",
    [
        "import threading\nthreading.Thread(target=lambda: print('done')).start()",
        "import sys, threading\nsys.setrecursionlimit(10**5)\nthreading.stack_size(64 << 20)\n"
        "def deep(n): return n and deep(n - 1)\n"
        "threading.Thread(target=lambda: (deep(20_000), print('done'))).start()",
        "import asyncio\nasync def main(): await asyncio.sleep(0); print('done')\nasyncio.run(main())",
        "import concurrent.futures as c\nwith c.ThreadPoolExecutor(4) as pool: print(*pool.map(str, ['done']))",
        "import signal, time\ndef late(*_): print('done')\nsignal.signal(signal.SIGALRM, late)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.01)\ntime.sleep(0.1)",
        "import os\nopen(os.devnull).read()\nos.dup2(2, 1)\nprint('lost')",
    ],
)
def test_what_programs_do_at_times(sandbox, source):
    outcome = sandbox.run(source)
    assert outcome == Outcome("finished", "" if "lost" in source else "done\n")


FAILING = r"""
1 / 0
def f(:
raise SystemExit(3)
import os; os._exit(43)
import os; os.abort()
import os; os.closerange(0, 99); print(1)
import sys; sys.stdout.close(); print(1)
import slmmux
input()
"""


@pytest.mark.parametrize("source", [*FAILING.strip().splitlines(), "\0", "\ud800"])
def test_a_program_that_fails_has_failed(source):
    assert run_python(source, LIMITS).status == "failed"


@pytest.mark.parametrize(
    "source, printed", [("print('a' * 3)", "aaa\n"), ("print(1); 1 / 0", None), ("while True: print('x' * 999)", None)]
)
def test_the_output_of_a_program(source, printed):
    outcome = run_python(source, LIMITS)
    assert (outcome.output if outcome.status == "finished" else None) == printed


def test_its_folder_is_empty_and_its_own(strict):
    source = """
import os, shutil, tempfile
print(os.listdir('.'))
open('mine', 'w').write('x')
os.makedirs('a/b')
os.rename('mine', 'a/mine')
shutil.rmtree('a')
with tempfile.NamedTemporaryFile() as file: print(os.path.dirname(file.name) == os.getcwd())
open('left', 'w').write('x')
print(os.listdir('.'), os.listdir('/tmp'), os.getcwd(), open(os.devnull, 'w').write('x'))
"""
    for _ in range(2):
        assert strict.run(source) == Outcome("finished", "[]\nTrue\n['left'] ['left'] /program 1\n")
    assert not Path("/program").exists()


def test_every_run_is_the_same(sandbox):
    """Hashes, random numbers and process ids, also after a new start of the process that starts programs."""
    source = "import os, random\nprint({'a', 'b', 'c'}, random.random(), random.sample(range(99), 9), __name__)"
    first = sandbox.run(source)
    assert first.status == "finished"
    assert {sandbox.run(source) for _ in range(3)} == {first}
    assert run_python(source, LIMITS).output == first.output
    run._close(run._open_jail())
    assert run_python(source, LIMITS).output == first.output


def test_many_at_once_each_have_their_own_processes(strict):
    """Twelve programs with eight threads each, of which the limit of a user would permit a few."""
    source = """
import threading, time
threads = [threading.Thread(target=time.sleep, args=(0.5,)) for _ in range(7)]
for thread in threads: thread.start()
print(threading.active_count())
"""
    assert strict.run_many(source, 12) == [Outcome("finished", "8\n")] * 12


def test_threads_of_a_caller_share_it():
    outcomes = []
    threads = [
        threading.Thread(target=lambda n=n: outcomes.append(run_python(f"print({n})", LIMITS))) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(o.output for o in outcomes) == [f"{n}\n" for n in range(4)]


def test_no_time_at_all_is_a_limit_that_was_passed(sandbox):
    outcome = sandbox.run("print(1)", wall_seconds=0.0)
    # A program may have printed before its caller, on a busy machine, looks at the clock for the first time.
    assert outcome.status == "limit" and outcome.output in ("", "1\n")


def test_no_output_at_all_is_a_limit_that_was_passed(sandbox):
    outcome = sandbox.run("print(1)", output_bytes=0)
    assert (outcome.status, outcome.output) == ("limit", "")


def test_forks_where_they_are_permitted(sandbox):
    source = """
import os
child = os.fork()
if child == 0: os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert sandbox.run(source, may_fork=True) == Outcome("finished", "7\n")
    assert sandbox.run(source).status == "failed"


def test_graded_programs_behave_alike_in_every_mode(sandbox, monkeypatch):
    """With the harness around them that HumanEval's programs have."""
    monkeypatch.setattr(
        program_runs,
        "run_python",
        lambda source, limits, given: sandbox.run(source, given=given.decode(), **asdict(limits)),
    )
    programs = [
        "def double(n):\n    print(n)\n    return 2 * n\n",
        "def double(n):\n    return n * n\n",
        "def double(n):\n    while True: pass\n",
    ]
    tests = "def check(candidate):\n    assert candidate(3) == 6\n"
    budgets = program_runs.Budgets(steps=20_000, words=100_000, characters=10_000)
    right, wrong, endless = run_programs(
        programs, "double", "", tests, ((2,), (5,)), budgets, program_runs.SafetyNet()
    ).values()
    assert right.passed and not wrong.passed and not endless.passed
    assert None not in right.behaviour and None not in wrong.behaviour and right.behaviour[0] == wrong.behaviour[0]
    assert right.behaviour[1] != wrong.behaviour[1] and endless.behaviour is None
