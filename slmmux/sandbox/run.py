"""The caller's side of the sandbox: start the jail, read its bounded output, and see that it ends."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from slmmux.sandbox.jail import FAILED, FINISHED, LIMIT

# Turned off in tests only, to see what holds on a system that permits no namespaces.
NAMESPACES = True
# What the jail may take beyond the program's own time, to start and to clean up.
GRACE_SECONDS = 20.0


@dataclass(frozen=True)
class Limits:
    """What a program may use. A child process that it starts has limits of its own, save the last three.

    cpu_seconds: processor time, whole seconds. memory_bytes: address space. file_bytes: the largest file, and
    the whole folder where mounts are permitted. wall_seconds: from start to end, children included.
    processes: how many of the unprivileged user's may run. output_bytes: what it may print.
    """

    cpu_seconds: int = 4
    memory_bytes: int = 512 << 20
    file_bytes: int = 8 << 20
    wall_seconds: float = 15.0
    processes: int = 8
    output_bytes: int = 1 << 20


@dataclass(frozen=True)
class Outcome:
    """How a program ended, and what it printed (cut at the limit).

    finished: it ran to its end. failed: it raised, exited with another status than 0 or was killed by a
    signal. limit: it ran past its processor or wall time, or printed too much.
    """

    status: Literal["finished", "failed", "limit"]
    output: str


def run_python(source: str, limits: Limits) -> Outcome:
    """Run a Python program in a sandbox and wait until it and all its children are gone.

    The program runs in a process of its own, in an empty folder, with an environment that holds nothing of
    the caller's, and with the standard library alone. `jail.py` says what confines it and how much of that
    depends on the system. Safe to call from several threads.

    Raises RuntimeError where the sandbox can't be set up; the program has not run then.
    """
    with tempfile.TemporaryDirectory(prefix="slmmux-jail-", ignore_cleanup_errors=True) as folder:
        # The unprivileged user has to pass through it.
        os.chmod(folder, 0o711)
        settings = {**asdict(limits), "folder": folder, "namespaces": NAMESPACES}
        jail = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-S",
                "-s",
                "-B",
                str(Path(__file__).with_name("jail.py")),
                json.dumps(settings),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A fixed hash seed, so that the order of a set does not change from run to run.
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"},
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
        with jail:
            try:
                _send(jail, source.encode("utf-8", "replace"))
                output, complete = _receive(jail, limits)
                status = jail.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                output, complete, status = b"", False, LIMIT
            finally:
                # Only ever needed where the jail itself hangs or the caller is interrupted.
                _kill(jail)
            # Below zero: a signal ended the jail, which only the program can have sent.
            if status >= 0 and status not in (FINISHED, FAILED, LIMIT):
                reason = jail.stderr.read(2000).decode("utf-8", "replace").strip().splitlines()
                raise RuntimeError(f"the sandbox can't be set up: {reason[-1] if reason else f'status {status}'}")
    text = output[: limits.output_bytes].decode("utf-8", "replace")
    if status == LIMIT or not complete:
        return Outcome("limit", text)
    return Outcome("finished" if status == FINISHED else "failed", text)


def output_of(program: str, limits: Limits) -> str | None:
    """What a Python program prints, at most `limits.output_bytes`; None if it fails or passes a limit.

    Raises what `run_python` raises.
    """
    outcome = run_python(program, limits)
    return outcome.output if outcome.status == "finished" else None


def _send(jail: subprocess.Popen, source: bytes) -> None:
    try:
        with jail.stdin as pipe:
            view = memoryview(source)
            while view:
                view = view[pipe.write(view) :]
    except BrokenPipeError:
        pass  # it could not start, and says why on its standard error


def _receive(jail: subprocess.Popen, limits: Limits) -> tuple[bytes, bool]:
    """(output, whether that is all). The pipe closes when the jail and everything in it is gone."""
    deadline = time.monotonic() + limits.wall_seconds + GRACE_SECONDS
    output = bytearray()
    while len(output) <= limits.output_bytes:
        ready, _, _ = select.select([jail.stdout], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return bytes(output), False
        chunk = os.read(jail.stdout.fileno(), 1 << 16)
        if not chunk:
            return bytes(output), True
        output += chunk
    jail.send_signal(signal.SIGTERM)
    return bytes(output), False


def _kill(jail: subprocess.Popen) -> None:
    if jail.poll() is None:
        os.killpg(jail.pid, signal.SIGKILL)
        jail.wait()
