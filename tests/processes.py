"""Processes of their own that a test starts: commands that it kills, and servers that stop whatever happens."""

import multiprocessing
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slmmux.cli import main


def forked(*words: str) -> multiprocessing.Process:
    """A command in a process forked from the test's, which need not import the libraries again."""
    process = multiprocessing.get_context("fork").Process(target=_run, args=(words,))
    process.start()
    return process


def _run(words: tuple[str, ...]) -> None:
    sys.exit(main(list(words)))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def serving(command: list[str], ready: str, log: Path, **env: str) -> Iterator[None]:
    """Run a server until the block ends; it is ready when the address `ready` answers. Its words go to `log`."""
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | env, start_new_session=True)
    try:
        deadline = time.monotonic() + 900
        while True:
            assert process.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < deadline, f"{command[0]} did not start: {log.read_text()[-3000:]}"
            try:
                urllib.request.urlopen(ready, timeout=2)
                break
            except OSError:
                time.sleep(1)
        yield
    finally:
        # Its own session: the processes it started end with it.
        os.killpg(process.pid, 15)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
