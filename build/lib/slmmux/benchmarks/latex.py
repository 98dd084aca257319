"""Whether two LaTeX expressions have the same value, by math-verify in a process that can be lost.

A model writes 9^{9^{9^{9}}} and computer algebra hangs or takes all memory. math-verify's own timeouts use
SIGALRM: they fail outside the main thread and can't interrupt one long multiplication. Here the comparison
runs in a worker process with a limit on processor time and on memory; past either, the worker is gone, the
two count as different, and the next comparison starts a new one. An answer that a worker was lost over is
remembered and not asked about again, so that it costs one limit in all. Answers are read alone before they are
compared, so that the loss falls on the right one.
"""

import atexit
import json
import logging
import os
import select
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)

CPU_SECONDS = 5.0
# Only where processor time does not pass, as in a swapped-out or stopped worker.
WALL_SECONDS = 60.0
START_SECONDS = 300.0
MEMORY_BYTES = 4 << 30


class _Worker:
    """One worker process, started at the first question and after each loss. Safe to share among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def ask(self, *texts: str) -> bool | None:
        """Whether a text can be read, or two are the same; None where the worker was lost over it."""
        with self._lock:
            # After a fork the pipes belong to the parent.
            process = self._process
            if process is None or self._owner != os.getpid():
                process = self._start()
            try:
                _pipe(process.stdin).write(json.dumps(texts).encode("ascii") + b"\n")
                line = _line(process, WALL_SECONDS)
            except BrokenPipeError:
                line = b""
            if line not in (b"0\n", b"1\n"):
                self._stop()
                return None
            return line == b"1\n"

    def close(self) -> None:
        with self._lock:
            if self._process is not None and self._owner == os.getpid():
                self._stop()

    def _start(self) -> subprocess.Popen[bytes]:
        if find_spec("math_verify") is None:
            raise ModuleNotFoundError("no module named 'math_verify'", name="math_verify")
        script = Path(__file__).with_name("latex_worker.py")
        command = [sys.executable, "-P", str(script), str(CPU_SECONDS), str(MEMORY_BYTES)]
        # Unbuffered, so that `select` sees all there is.
        self._process = process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
        self._owner = os.getpid()
        if _line(process, START_SECONDS) != b"ready\n":
            self._stop()
            raise RuntimeError(f"the process that compares LaTeX does not start: {' '.join(command)}")

        return process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            _pipe(process.stdin).close()
            _pipe(process.stdout).close()


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """A pipe of the worker, which is started with both."""
    assert stream is not None
    return stream


def _line(process: subprocess.Popen[bytes], seconds: float) -> bytes:
    """The worker's next line, empty where it writes none in time."""
    out = _pipe(process.stdout)
    ready, _, _ = select.select([out], [], [], seconds)
    return out.readline() if ready else b""


_worker = _Worker()


@atexit.register
def close_worker() -> None:
    """Ends the process that compares; the next comparison starts another."""
    _worker.close()


# Text → whether math-verify reads it; False too where the worker was lost over it.
_readable: dict[str, bool] = {}


def is_readable(text: str) -> bool:
    """Whether math-verify can read a text within its limits. A text it can't is the same as no other."""
    if text not in _readable:
        verdict = _worker.ask(text)
        if verdict is None:
            log.warning("reading %r ran past its limits; taken as different from all others", text)
        _readable[text] = bool(verdict)
    return _readable[text]


def same_latex(reference: str, answer: str) -> bool:
    """Whether math-verify takes `answer` for `reference`, in this order: it is not symmetric.

    False too where one of them can't be read, or the comparison ran past its limits; the latter is logged as a
    warning.
    """
    if not (is_readable(answer) and is_readable(reference)):
        return False
    verdict = _worker.ask(reference, answer)
    if verdict is None:
        log.warning("comparing %r with the reference %r ran past its limits; taken as different", answer, reference)
        _readable[answer] = False
    return bool(verdict)
