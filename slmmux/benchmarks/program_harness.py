"""What runs inside the sandbox around programs: their hidden tests, or their outputs on given inputs.

Only ever run there: `program_runs.py` sends this file's text with its companions. Each job has two processes. One
holds the program (`program_process.py`); the other one holds the tests, calls the program's function through a pipe
and writes the result to a pipe of its own. The program has neither this pipe nor the tests' process in its reach, and
what it returns arrives as data: so it can return the right answer or a wrong one, and forge nothing.
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import sys
import time
import types
from collections.abc import Callable
from typing import Any

from slmmux.benchmarks import program_surroundings
from slmmux.benchmarks.program_process import serve
from slmmux.benchmarks.program_values import packed, unpacked

_TREE_DEPTH = 10_000
# A longer reply is no value that tests compare with.
_LONGEST_REPLY = 1 << 24
# How long a process may take to be gone once its pipes are closed.
_ENDING_SECONDS = 5.0
_DIGITS = frozenset("0123456789abcdef")


class NoReply(Exception):
    """The function gave no value: it raised, exceeded a budget, or its process ended."""


def run_all() -> None:
    """Run each job that standard input holds and print its lines as "NUMBER LINE". The last one of a job is "end".

    A line "fault WHAT" says that a safety net ended the job, so that its other lines say nothing.
    """
    sys.setrecursionlimit(_TREE_DEPTH)
    protect()
    jobs, settings = json.load(sys.stdin)
    # Its buffer has every job.
    sys.stdin = None
    out = os.dup(1)
    for number in range(len(jobs)):
        for line in run_apart(jobs, number, settings):
            os.write(out, f"{number} {line}\n".encode())
        empty_folder()


def protect() -> None:
    """Keep the other processes of this user from reading and changing this one's memory, where the system can."""
    with contextlib.suppress(Exception):
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)


def empty_folder() -> None:
    for entry in os.scandir("."):
        with contextlib.suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)


def run_apart(jobs: list[dict], number: int, settings: dict) -> list[str]:
    """The lines of one job, run in processes of its own."""
    to_program, from_program, result = os.pipe(), os.pipe(), os.pipe()
    pipes = {*to_program, *from_program, *result}
    running: list[int] = []
    try:
        theirs = (to_program[0], from_program[1])
        running.append(start(pipes.difference(theirs), lambda: hold_program(jobs, number, settings, *theirs)))
        ours = (to_program[1], from_program[0], result[1])
        running.append(start(pipes.difference(ours), lambda: hold_tests(jobs[number], settings, *ours)))
    except OSError:
        for process in running:
            end(process, 0.0)
        for descriptor in pipes:
            os.close(descriptor)
        return ["fault no process"]
    for descriptor in pipes - {result[0]}:
        os.close(descriptor)
    program, tests = running
    text, in_time = read(result[0], settings["wall_seconds"])
    os.close(result[0])
    wait = _ENDING_SECONDS if in_time else 0.0
    ended_by = {end(tests, wait), end(program, wait if text.endswith("lost\n") else 0.0)}
    if not in_time:
        return ["fault time"]
    if ended_by & {signal.SIGXCPU, signal.SIGKILL}:
        return ["fault processor time"]
    lines = [line for line in text.splitlines() if line != "lost"]
    # A program that ended its process is as much at its end as others.
    return lines if any(line.startswith("fault") for line in lines) else [*lines, "end"]


def start(not_its_own: set[int], body: Callable[[], object]) -> int:
    """A process that runs `body` and ends, without these descriptors."""
    child = fork()
    if child == 0:
        try:
            for descriptor in not_its_own:
                os.close(descriptor)
            # The sandbox's standard error goes nowhere. Its weak mode permits no opening for writing, not even of
            # /dev/null.
            for descriptor in (0, 1):
                os.dup2(2, descriptor)
            body()
        finally:
            os._exit(0)
    return child


def fork() -> int:
    for _ in range(50):
        with contextlib.suppress(BlockingIOError):
            return os.fork()
        time.sleep(0.1)
    return os.fork()


def end(process: int, seconds: float) -> int:
    """Wait for a process, kill it after so long, and return the signal that ended it before; 0 for none."""
    status = ended(process, seconds)
    if status is None:
        try:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        except PermissionError:
            # The weak mode permits no signals. The end of its requests ends it, and the sandbox's end at the latest.
            status = ended(process, _ENDING_SECONDS)
    return os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else 0


def ended(process: int, seconds: float) -> int | None:
    """How a process ended within so many seconds, as waitpid says it; None where it has not."""
    deadline = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found or time.monotonic() >= deadline:
            return status if found else None
        time.sleep(0.002)


def read(pipe: int, seconds: float) -> tuple[str, bool]:
    """(what comes from the pipe, whether it was closed in time)."""
    deadline, received = time.monotonic() + seconds, bytearray()
    while select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
        chunk = os.read(pipe, 1 << 16)
        if not chunk:
            return received.decode("utf-8", "replace"), True
        received += chunk
    return "", False


def hold_program(jobs: list[dict], number: int, settings: dict, requests: int, replies: int) -> None:
    """In the program's process: keep only what the program may know, then serve its function."""
    job = jobs[number]
    program, entry_point = job["program"], job["entry_point"]
    # Emptied, not forgotten: the frames below still hold them.
    for other in jobs:
        other.clear()
    jobs.clear()
    keep = sorted({2, requests, replies})
    for low, high in zip([3, *(k + 1 for k in keep[1:])], [*keep[1:], os.sysconf("SC_OPEN_MAX")]):
        os.closerange(low, high)
    for name in [name for name in sys.modules if name.split(".")[0] == "slmmux"]:
        del sys.modules[name]
    serve(program, entry_point, settings, requests, replies)


def hold_tests(job: dict, settings: dict, requests: int, replies: int, result: int) -> None:
    """In the tests' process: write the lines of the job, "lost" at the end where the program's process is gone."""

    def write(line: str) -> None:
        os.write(result, f"{line}\n".encode())

    program = Program(requests, replies)
    try:
        if job["task"] == "check":
            check(job, program, write)
        else:
            observe(job, program, settings["slow_calls"], write)
    except MemoryError:
        write("fault memory")
    except BaseException:
        pass
    if program.lost:
        write("lost")


class Program:
    """A program in another process, asked through pipes. lost: whether that process is gone."""

    def __init__(self, requests: int, replies: int) -> None:
        self.lost = False
        self._requests, self._replies = requests, os.fdopen(replies, "rb")

    def function(self, function: str) -> Callable:
        """The program's function of this name. A call raises NoReply where it gives no value within the budgets."""

        def call(*positional, **named) -> Any:
            arguments = [packed(a) for a in positional], {name: packed(a) for name, a in named.items()}
            kind, *parts = self.ask("call", [function, *arguments])
            if kind != "value":
                raise NoReply(kind)
            try:
                return unpacked(*parts)
            except Exception:
                raise NoReply("what it returned is no value") from None

        return call

    def ask(self, kind: str, data: Any) -> list:
        """The program's reply: a list with its kind first. Raises MemoryError where the program ran out of memory."""
        line = b""
        with contextlib.suppress(BrokenPipeError):
            text = memoryview(json.dumps([kind, data]).encode() + b"\n")
            while text:
                text = text[os.write(self._requests, text) :]
            line = self._replies.readline(_LONGEST_REPLY)
        self.lost = self.lost or not line
        try:
            reply = json.loads(line)
            known = isinstance(reply, list) and isinstance(reply[0], str)
        except (ValueError, IndexError, RecursionError):
            known = False
        if not known:
            raise NoReply("no reply")
        if reply[0] == "memory":
            raise MemoryError
        return reply


def check(job: dict, program: Program, write: Callable[[str], object]) -> None:
    """Write "passed" if the function passes its tests and keeps to the budgets in each of their calls.

    Tests see what the question itself defines. Its functions are the program's, as in HumanEval's own evaluation,
    where a program may define its own ones.
    """
    program_surroundings.fix()
    names: dict[str, Any] = {"__name__": "tests"}
    with contextlib.suppress(Exception):
        exec(compile(job["beginning"], "beginning.py", "exec"), names)
    given = [name for name, value in names.items() if isinstance(value, types.FunctionType)]
    names.update({name: program.function(name) for name in [*given, job["entry_point"]]})
    exec(compile(job["tests"], "tests.py", "exec"), names)
    program_surroundings.restart()
    names["check"](names[job["entry_point"]])
    write("passed")


def observe(job: dict, program: Program, slow_calls: int, write: Callable[[str], object]) -> None:
    """Write a line "output NUMBER DIGEST" for each input (Python text of a tuple of arguments) on which the
    function returns within the budgets. After `slow_calls` that did not, the rest is not tried."""
    slow = 0
    for number, text in enumerate(job["inputs"]):
        if slow == slow_calls:
            break
        kind, *parts = program.ask("observe", text)
        slow += kind == "slow"
        if kind == "output" and is_digest(parts):
            write(f"output {number} {parts[0]}")


def is_digest(parts: list) -> bool:
    return len(parts) == 1 and isinstance(parts[0], str) and len(parts[0]) == 64 and _DIGITS.issuperset(parts[0])
