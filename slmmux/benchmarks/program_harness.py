"""What runs inside the sandbox around programs: their hidden tests, or their outputs on given inputs.

Only ever run there: `program_runs.py` sends this file's text with its two companions. Each program runs in a
forked process, which can start no other one, has its own pipe for results and leaves no file. What it prints
goes nowhere, and each result starts with a word that it was not told: so printing does not forge a result. A
program that searches its process for the word could forge its own; that is no aim of models that answer a
question.
"""

import __future__

import ast
import contextlib
import hashlib
import json
import os
import select
import shutil
import signal
import sys
import time
import types
from collections.abc import Callable

from slmmux.benchmarks import program_surroundings
from slmmux.benchmarks.program_meter import MODULE, Meter, OverBudget
from slmmux.benchmarks.program_rewriting import Metering

_real_time, _real_sleep = time.monotonic, time.sleep
_TREE_DEPTH = 10_000


def run_all(jobs: list[dict], settings: dict, word: str) -> None:
    """Run each job and print its lines as "WORD NUMBER LINE". The last one of a job is "end".

    A line "fault WHAT" says that a safety net ended the job, so that its other lines say nothing.
    """
    sys.setrecursionlimit(_TREE_DEPTH)
    protect()
    out = os.dup(1)
    for number, job in enumerate(jobs):
        for line in run_apart(job, settings):
            os.write(out, f"{word} {number} {line}\n".encode())
        empty_folder()


def protect() -> None:
    """Keep the other processes of this user from reading and changing this one's memory, where the system can."""
    with contextlib.suppress(Exception):
        import ctypes

        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)


def empty_folder() -> None:
    for entry in os.scandir("."):
        with contextlib.suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)


def run_apart(job: dict, settings: dict) -> list[str]:
    """The lines of one job, run in a process of its own."""
    word = os.urandom(8).hex()
    reading, writing = os.pipe()
    try:
        child = fork()
    except OSError:
        return ["fault no process"]
    if child == 0:
        os.close(reading)
        try:
            run_job(job, settings, lambda line: os.write(writing, f"{word} {line}\n".encode()))
        finally:
            os._exit(0)
    os.close(writing)
    text, in_time = read(reading, settings["wall_seconds"])
    os.close(reading)
    if not in_time:
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    lines = [line[len(word) + 1 :] for line in text.splitlines() if line.startswith(f"{word} ")]
    if not in_time:
        return ["fault time"]
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL):
        return ["fault processor time"]
    # A program that ended its process is as much at its end as others.
    return lines if lines[-1:] == ["end"] or any(line.startswith("fault") for line in lines) else [*lines, "end"]


def fork() -> int:
    for _ in range(50):
        with contextlib.suppress(BlockingIOError):
            return os.fork()
        _real_sleep(0.1)
    return os.fork()


def read(pipe: int, seconds: float) -> tuple[str, bool]:
    """(what comes from the pipe, whether it was closed in time)."""
    deadline, received = _real_time() + seconds, bytearray()
    while select.select([pipe], [], [], max(0.0, deadline - _real_time()))[0]:
        chunk = os.read(pipe, 1 << 16)
        if not chunk:
            return received.decode("utf-8", "replace"), True
        # More than this is no result of ours.
        if len(received) < 1 << 20:
            received += chunk
    return "", False


def run_job(job: dict, settings: dict, write: Callable[[str], object]) -> None:
    """In the child: load the program, then check or observe it."""
    # The sandbox's standard error goes nowhere. Its weak mode permits no opening for writing, not even of /dev/null.
    for descriptor in (0, 1):
        os.dup2(2, descriptor)
    for name in [name for name in sys.modules if name.split(".")[0] == "slmmux"]:
        del sys.modules[name]
    leave_others_alone()
    meter = Meter(**settings["budgets"])
    try:
        statements = prepare(job["program"])
        program_surroundings.fix()
        meter.install()
        bound_recursion(settings["depth"])
        names = load(statements, meter)
        restart(meter)
        if job["task"] == "check":
            check(names, job, meter, write)
        else:
            observe(names, job, meter, settings["slow_calls"], write)
    except MemoryError:
        write("fault memory")
        return
    except BaseException:
        pass
    write("end")


REFUSED = ("os.kill", "os.killpg", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system")


def leave_others_alone() -> None:
    """Refuse signals and new processes: the harness stands beside the program, and runs the others. Threads may be."""

    def hook(event: str, arguments: tuple) -> None:
        if event in REFUSED or event.startswith("subprocess."):
            raise PermissionError(f"{event} is not permitted")

    if hasattr(signal, "pidfd_send_signal"):
        del signal.pidfd_send_signal
    sys.addaudithook(hook)


def bound_recursion(depth: int) -> None:
    """As many calls inside each other as a program has by default, and at most `depth` where it asks for more."""
    set_limit = sys.setrecursionlimit
    # The harness itself stands below the program.
    set_limit(1000 + 50)
    sys.setrecursionlimit = lambda limit: set_limit(max(100, min(limit, depth)))


def prepare(program: str) -> list[types.CodeType]:
    """The program's top-level statements, rewritten for the meter."""
    tree, flags, statements = ast.parse(program), 0, []
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for name in statement.names:
                flags |= getattr(__future__, name.name).compiler_flag
        else:
            statements.append(Metering().rewrite(ast.Module([statement], [])))
    return [compile(s, "solution.py", "exec", flags=flags, dont_inherit=True) for s in statements]


def load(statements: list[types.CodeType], meter: Meter) -> dict:
    """The names that the program defines. It is not the main module, so that no demonstration of its use runs.

    A statement that fails is left out: a demonstration, a wrong assertion or an exit is no fault of the
    function beside it. Nothing is run behind a statement that exceeds a budget.
    """
    module = sys.modules[MODULE] = types.ModuleType(MODULE)
    for statement in statements:
        try:
            exec(statement, module.__dict__)
        except MemoryError:
            raise
        except BaseException:
            pass
        if meter.over:
            break
    return module.__dict__


def restart(meter: Meter) -> None:
    meter.restart()
    program_surroundings.restart()


def check(names: dict, job: dict, meter: Meter, write: Callable[[str], object]) -> None:
    """Write "passed" if the program passes its tests and keeps to the budgets in each of their calls."""
    function = names[job["entry_point"]]

    def candidate(*arguments, **named):
        meter.restart()
        result = function(*arguments, **named)
        if meter.over:
            raise OverBudget(meter.over)
        return result

    exec(compile(job["tests"], "tests.py", "exec"), names)
    names["check"](candidate)
    if meter.over is None:
        write("passed")


def observe(names: dict, job: dict, meter: Meter, slow_calls: int, write: Callable[[str], object]) -> None:
    """Write a line "output NUMBER DIGEST" for each input (Python text of a tuple of arguments) on which the
    function returns within the budgets. After `slow_calls` that did not, the rest is not tried."""
    function = names[job["entry_point"]]
    slow = 0
    for number, text in enumerate(job["inputs"]):
        if slow == slow_calls:
            break
        restart(meter)
        try:
            # Read anew each time: a program may change its arguments.
            output = json.dumps(plain(function(*eval(text)), meter.step))
        except MemoryError:
            raise
        except (Exception, OverBudget):
            slow += meter.over is not None
            continue
        if meter.over:
            slow += 1
            continue
        write(f"output {number} {hashlib.sha256(output.encode()).hexdigest()}")


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
