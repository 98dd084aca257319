"""The caller's side of the sandbox: send programs to the jail, read their bounded output, and see that they end."""

import atexit
import contextlib
import logging
import marshal
import os
import select
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Literal

from slmmux.errors import InputError
from slmmux.sandbox.jail import LIMIT
from slmmux.sandbox.landlock import has_landlock
from slmmux.sandbox.namespaces import BROKEN
from slmmux.sandbox.program import FAILED, FINISHED
from slmmux.sandbox.seccomp import MACHINES, filter_program

log = logging.getLogger(__name__)

Mode = Literal["strict", "weak"]
# What the jail may take beyond the program's own time, to start and to clean up.
GRACE_SECONDS = 20.0
# The jail counts threads per program from this kernel on.
OLDEST_KERNEL = (5, 14)
# One arena: otherwise every thread takes 64 MB of address space.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "MALLOC_ARENA_MAX": "1",
}
WITHOUT_LANDLOCK = (
    "a program can read every file that its user can read (of root's programs: nobody), and the environments and the "
    "memory of that user's processes"
)
WITH_LANDLOCK = "a program can learn whether a file exists, and its size"
IN_EACH_WEAK_MODE = (
    "; its number of threads is bounded by its memory alone; it can write no file, not even in its own folder"
)


@dataclass(frozen=True)
class Limits:
    """What a program may use.

    cpu_seconds: processor time, whole seconds. memory_bytes: address space. file_bytes: its whole folder.
    wall_seconds: from start to end. output_bytes: what it may print. may_fork: whether it may start copies of
    itself, each with its own bounds of processor time and memory. processes: how many of these and of their
    threads at once, the first counted.
    """

    cpu_seconds: int = 4
    memory_bytes: int = 512 << 20
    file_bytes: int = 8 << 20
    wall_seconds: float = 15.0
    processes: int = 8
    output_bytes: int = 1 << 20
    may_fork: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a program ended, and what it printed (cut at the limit).

    finished: it ran to its end. failed: it raised, exited with another status than 0 or was killed by a
    signal. limit: it ran past its processor or wall time, or printed too much.
    """

    status: Literal["finished", "failed", "limit"]
    output: str


@dataclass(frozen=True, eq=False)
class Jail:
    """The process `jail.py` and the connection to it."""

    process: subprocess.Popen[bytes]
    connection: socket.socket


class Refused(Exception):
    """The jail could not be set up. The program has not run."""


_ENDINGS: dict[int, Literal["finished", "failed", "limit"]] = {FINISHED: "finished", FAILED: "failed", LIMIT: "limit"}
# Of the small program that finds the mode out.
PATIENT, TRIES = Limits(wall_seconds=60.0), 3
_weak_permitted = False
_lock = threading.RLock()
_jail: Jail | None = None


def accept_mode(least: Mode) -> None:
    """The least confinement that programs may run with. Until this is called, the strict mode."""
    global _weak_permitted
    _weak_permitted = least == "weak"


def run_python(source: str, limits: Limits, given: bytes = b"") -> Outcome:
    """Run a Python program in a sandbox and wait until it is gone. given: what it reads from its standard input.

    The program runs in a process of its own, with an environment that holds nothing of the caller's and with the
    standard library alone; in the strict mode in an empty folder. `random` and hashes start from fixed seeds.
    `jail.py` says what confines it. Safe to call from several threads.

    Raises InputError where the sandbox can't be set up; the program has not run then.
    """
    with _lock:
        mode = _choose_mode(_weak_permitted)
    try:
        return run_in_mode(source, limits, mode, given)
    except Refused as error:
        raise InputError(f"a program could not be confined: {error}; nothing of it has run") from None


@lru_cache
def _choose_mode(weak_permitted: bool) -> Mode:
    """The mode that works on this machine, found out with one small program. Raises InputError if none may."""
    if os.uname().machine not in MACHINES:
        raise InputError(f"programs can't be confined on {os.uname().machine}; use one of {', '.join(MACHINES)}")
    try:
        _try("strict")
    except Refused as error:
        refusal = error
    else:
        log.info("programs run in the sandbox's strict mode")
        return "strict"
    if not weak_permitted:
        raise InputError(
            f"programs can't be confined here: {refusal}; permit user namespaces (docs/sandbox.md says how), or set "
            "`sandbox: weak` in experiments/config.yaml to run them less confined"
        )
    try:
        _try("weak")
    except Refused as error:
        raise InputError(f"programs can't be confined here, not even weakly: {error} (see docs/sandbox.md)") from None
    lacks = (WITH_LANDLOCK if has_landlock() else WITHOUT_LANDLOCK) + IN_EACH_WEAK_MODE
    log.warning("programs run in the sandbox's weak mode (%s): %s", refusal, lacks)
    return "weak"


def _try(mode: Mode) -> None:
    kernel = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
    if mode == "strict" and kernel < OLDEST_KERNEL:
        raise Refused(f"this kernel is older than Linux {'.'.join(map(str, OLDEST_KERNEL))}")
    # Only a loaded machine lets the limit pass: that says nothing about the mode, so it is tried again.
    for _ in range(TRIES):
        outcome = run_in_mode("print(1)", PATIENT, mode)
        if outcome.status != "limit":
            break
    if outcome != Outcome("finished", "1\n"):
        raise Refused(f"a program that prints 1 ended as {outcome}")


def run_in_mode(source: str, limits: Limits, mode: Mode, given: bytes = b"") -> Outcome:
    """`run_python` in a mode that is known to work. Raises Refused where it does not."""
    settings = {**asdict(limits), "strict": mode == "strict", "filter": _filter(mode, limits.may_fork)}
    request = marshal.dumps((settings, source.encode("utf-8", "replace")))
    for _ in range(2):
        jail = _open_jail()
        printed, complete, reply = _ask(jail.connection, request, limits, given)
        if reply or not complete:
            break
        # It was killed. The program has not run, or done nothing that lasts: so it is run again.
        _close(jail)
    text = printed[: limits.output_bytes].decode("utf-8", "replace")
    if not complete:
        return Outcome("limit", text)
    if reply[:1] in (b"", bytes([BROKEN])):
        raise Refused(reply[1:].decode("utf-8", "replace") or f"{sys.executable} did not start it, or was killed")
    return Outcome(_ENDINGS[reply[0]], text)


@lru_cache
def _filter(mode: Mode, may_fork: bool) -> bytes:
    return filter_program(os.uname().machine, mode == "strict", may_fork)


def _ask(connection: socket.socket, request: bytes, limits: Limits, given: bytes) -> tuple[bytes, bool, bytes]:
    """(what the program printed, whether that is all, the jail's reply: empty if the jail is not there)."""
    deadline = time.monotonic() + limits.wall_seconds + GRACE_SECONDS
    control, theirs = socket.socketpair()
    output, printed = os.pipe()
    with control, open(output, "rb", buffering=0):
        with (
            theirs,
            open(printed, "wb", buffering=0),
            _readable(given) as standard_input,
            contextlib.suppress(BrokenPipeError, ConnectionResetError),
        ):
            socket.send_fds(connection, [b"1"], [theirs.fileno(), printed, standard_input.fileno()])
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            control.sendall(request)
        received, complete = _receive(output, limits.output_bytes, deadline)
        if not complete:
            # The jail takes it as the order to kill.
            control.shutdown(socket.SHUT_WR)
        return received, complete, _reply(control, deadline)


def _readable(content: bytes) -> BinaryIO:
    """A file in memory, open for reading."""
    with os.fdopen(os.memfd_create("input"), "wb") as file:
        file.write(content)
        file.flush()
        return open(f"/proc/self/fd/{file.fileno()}", "rb", buffering=0)


def _receive(output: int, most: int, deadline: float) -> tuple[bytes, bool]:
    """(what was printed, whether that is all): up to a little more than `most`, or until the deadline."""
    received, waiting = bytearray(), select.poll()
    waiting.register(output, select.POLLIN)
    while len(received) <= most:
        if not waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
            return bytes(received), False
        chunk = os.read(output, 1 << 16)
        if not chunk:
            return bytes(received), True
        received += chunk
    return bytes(received), False


def _reply(control: socket.socket, deadline: float) -> bytes:
    """All that the jail sends before it closes the connection; "limit" where that takes too long."""
    reply = b""
    try:
        while True:
            control.settimeout(max(0.1, deadline - time.monotonic()))
            chunk = control.recv(4096)
            if not chunk:
                return reply
            reply += chunk
    except TimeoutError:
        return bytes([LIMIT])
    except ConnectionResetError:
        return reply


def _open_jail() -> Jail:
    """The process that starts programs; it is started if there is none."""
    global _jail
    with _lock:
        if _jail is None:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-S", "-s", "-B", str(Path(__file__).with_name("jail.py"))],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=ENVIRONMENT,
                    cwd="/",
                    start_new_session=True,
                )
            _jail = Jail(process, ours)
        return _jail


def _close(jail: Jail) -> None:
    """End the process that starts programs. Those that run already go on, and threads may still hold the
    connection, which is closed with the last of them."""
    global _jail
    with _lock:
        if jail is _jail:
            _jail = None
    jail.process.kill()
    jail.process.wait()


@atexit.register
def _close_at_exit() -> None:
    if _jail is not None:
        _close(_jail)
