"""Programs that take all there is: memory, files, processes, time. Each ends within its limits and leaves nothing
running.

docs/sandbox.md names for every attack the test here, or in another test_hostile_*.py, that tries it.
"""

import os
import time

import pytest
from attacks import CALLS, attempts
from sandbox_callers import ORDINARY, Caller


def test_memory_that_no_process_owns(sandbox):
    """System V and POSIX shared memory, memory as a file, a file system in memory, message queues."""
    program = f"""{CALLS}
size = 64 << 20
found = {{
    "shmget": call(29, 194, 0, size, 0o1600),
    "msgget": call(68, 186, 0, 0o1600),
    "semget": call(64, 190, 0, 100, 0o1600),
    "memfd_create": call(319, 279, b"x", 0),
    "memfd_secret": call(447, 447, 0),
    "mq_open": call(240, 180, b"x", 0o102, 0o600, 0),
    "unshare": call(272, 97, 0x10000000 | 0x20000),
    "mount": call(165, 40, b"tmpfs", b"/tmp", b"tmpfs", 0, 0),
    "fsopen": call(430, 430, b"tmpfs", 0),
    "add_key": call(248, 217, b"user", b"x", b"x" * 1000, 1000, -3),
    "io_uring_setup": call(425, 425, 8, ctypes.create_string_buffer(200)),
    "userfaultfd": call(323, 282, 0),
    "bpf": call(321, 280, 0, 0, 0),
}}
print([name for name, result in found.items() if result != -1])
try: open("/dev/shm/x", "wb"); print("/dev/shm")
except OSError: pass
"""
    assert sandbox.run(program).output == "[]\n"


@pytest.mark.parametrize("source", ["x = bytearray(10**10)", "x = []\nwhile True: x.append('y' * 10**6)"])
def test_memory(sandbox, source):
    assert sandbox.run(source).status in ("failed", "limit")


def test_memory_in_files_and_pipes(sandbox):
    program = """
import os
held, written = [], 0
try:
    while True:
        held.append(os.pipe())
        os.set_blocking(held[-1][1], False)
        try:
            while True: written += os.write(held[-1][1], bytes(1 << 16))
        except BlockingIOError: pass
except OSError: pass
try:
    for n in range(100):
        with open(f"big{n}", "wb") as file:
            while True: written += file.write(bytes(1 << 20))
except OSError: pass
print(written)
"""
    assert int(sandbox.run(program).output) < 20 << 20


def test_a_file_without_end(sandbox):
    program = "with open('big', 'wb') as f:\n    while True: f.write(bytes(1 << 20))"
    assert sandbox.run(program).status == "failed"


def test_files_without_end(sandbox):
    program = "import os\nfor n in range(10**5): os.close(os.open(str(n), os.O_CREAT | os.O_WRONLY))"
    assert sandbox.run(program).status == "failed"


def test_processes(sandbox):
    program = attempts(
        "os.fork()", "os.system('true')", "subprocess.run(['/bin/true'])", "os.execv('/bin/true', ['x'])"
    )
    # os.system tells of its failure by its result.
    assert sandbox.run(program).output in ("", "os.system('true')\n")


def test_fork_bomb(sandbox):
    program = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    assert sandbox.run(program, wall_seconds=2.0).status == "limit"


def test_fork_bomb_of_a_program_that_may_fork(strict):
    """Its processes leave their group and session, too, if they can."""
    program = "import os\nwhile True:\n    try: os.fork() or os.setsid()\n    except OSError: pass"
    assert strict.run(program, may_fork=True, wall_seconds=2.0).status == "limit"


def test_thread_bomb(strict):
    program = """
import threading, time
started = 0
try:
    for _ in range(1000):
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        started += 1
except RuntimeError: pass
print(started)
"""
    assert strict.run(program, processes=5).output == "4\n"


@pytest.mark.parametrize("end", ["", "os._exit(1)", "while True: time.sleep(1)"])
def test_leftovers(sandbox, end):
    """Processes that hide from whoever looks for them; the fixture checks that they are gone."""
    program = f"""
import os, time, signal
for number in range(1, 32):
    try: signal.signal(number, signal.SIG_IGN)
    except OSError: pass
if os.fork() == 0:
    for leave in (os.setsid, os.setpgrp):
        try: leave()
        except OSError: pass
    if os.fork():
        os._exit(0)
    os.closerange(0, 99)
    while True: time.sleep(1)
print("started", flush=True)
time.sleep(0.3)
{end}
"""
    outcome = sandbox.run(program, may_fork=True, wall_seconds=6.0 if "while" in end else 60.0)
    assert outcome.output == "started\n"
    assert outcome.status == ("limit" if "while" in end else "failed" if "1" in end else "finished")
    assert sandbox.run("import os\nos.fork()", may_fork=False).status == "failed"


def test_a_process_that_is_made_its_sibling(sandbox):
    """By CLONE_PARENT; the fixture checks that it is gone."""
    program = f"""{CALLS}
import time
child = call(56, 220, 0x8000 | 17, 0, 0, 0, 0)
if child == 0:
    os.closerange(0, 99)
    time.sleep(1000)
print(child > 0)
"""
    assert sandbox.run(program, may_fork=True).output == "True\n"


def test_a_program_that_stops_itself(strict):
    program = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"
    assert strict.run(program, wall_seconds=1.0).status == "limit"


def test_deep_nesting(sandbox):
    """In what is written in C: refused, and where the program lifts Python's own bound, its stack ends it."""
    program = """
import ast, json, marshal, pickle, re, sys
deep = []
for _ in range(10**5): deep = [deep]
for nest in (
    lambda: json.loads("[" * 10**5), lambda: json.dumps(deep), lambda: pickle.dumps(deep), lambda: repr(deep),
    lambda: ast.parse("(" * 10**4 + ")" * 10**4), lambda: ast.literal_eval("-" * 10**5 + "1"),
    lambda: re.compile("(" * 10**4 + ")" * 10**4), lambda: marshal.loads(b"[\\1\\0\\0\\0" * 10**5),
):
    try: nest(); print("nested")
    except (RecursionError, MemoryError, SyntaxError, ValueError): pass
print("refused", flush=True)
sys.setrecursionlimit(10**9)
json.loads("[" * 10**6)
print("read")
"""
    outcome = sandbox.run(program)
    assert (outcome.status, outcome.output) == ("failed", "refused\n")


def test_much_on_standard_error(sandbox):
    program = "import sys\nfor _ in range(100): sys.stderr.write('x' * 10**6)\nprint(1)"
    assert sandbox.run(program).output == "1\n"


def test_printing_without_end(sandbox):
    outcome = sandbox.run("while True: print('x' * 1000)")
    assert (outcome.status, len(outcome.output)) == ("limit", 10_000)


def test_an_endless_loop(sandbox):
    outcome = sandbox.run("print(1, flush=True)\nwhile True: pass")
    assert (outcome.status, outcome.output) == ("limit", "1\n")


def test_a_loop_that_ignores_its_limit(sandbox):
    program = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    assert sandbox.run(program).status == "limit"


def test_endless_sleep(sandbox):
    program = "import time\nprint('here', flush=True)\ntime.sleep(1000)"
    outcome = sandbox.run(program, wall_seconds=4.0)
    assert (outcome.status, outcome.output) == ("limit", "here\n")


def test_a_program_without_output_that_sleeps(sandbox):
    """The caller waits for the process, not for its output to end."""
    assert sandbox.run("import os, time\nos.close(1)\ntime.sleep(1000)", wall_seconds=1.0).status == "limit"


def test_a_jail_that_is_killed(strict):
    (starter,) = strict.jail_processes()
    os.kill(starter, 9)
    assert strict.run("print(1)").output == "1\n"


def test_a_caller_that_is_killed(strict_caller):
    """Its programs end with it."""
    caller = Caller(strict_caller.mode, strict_caller.process.args[-4], strict_caller.user == ORDINARY)
    caller.ask("import time\ntime.sleep(1000)", 1, wall_seconds=100.0)
    while len(caller.jail_processes()) < 4:
        time.sleep(0.01)
    caller.process.kill()
    caller.close()
