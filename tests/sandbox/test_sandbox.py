"""Hostile programs: each ends within its limits, harms nothing outside, and leaves nothing running."""

import os
import random
import socket
import stat
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from slmmux.sandbox import Limits, output_of, run, run_python

ROOT = os.getuid() == 0
LIMITS = Limits(cpu_seconds=1, wall_seconds=8.0, memory_bytes=256 << 20, output_bytes=10_000)


def readable_by_all(path: Path) -> bool:
    return all(p.stat().st_mode & stat.S_IXOTH for p in path.resolve().parents)


@pytest.fixture(params=["namespaces", "without"])
def mode(request, monkeypatch):
    """Both kinds of confinement that `jail.py` describes."""
    if request.param == "without":
        monkeypatch.setattr(run, "NAMESPACES", False)
        if ROOT and not readable_by_all(Path(os.__file__)):
            python = Path("/usr/bin/python3.11")
            if not python.exists():
                pytest.skip("no Python that an unprivileged user can read")
            monkeypatch.setattr(sys, "executable", str(python))
    elif run_python("import os; print(os.getpid())", LIMITS).output != "2\n":
        pytest.skip("this system permits no namespaces")
    return request.param


@pytest.fixture
def running():
    """A time that marks what a test starts, and a check that nothing so marked is running."""
    marker = f"1.{random.randrange(10**8, 10**9)}"

    def left() -> list[bytes]:
        found = []
        for entry in Path("/proc").iterdir():
            try:
                command = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
            except OSError:
                continue
            if marker.encode() in command:
                found.append(command)
        return found

    yield replace(LIMITS, wall_seconds=float(marker))
    assert left() == []


@pytest.fixture
def outside():
    """A folder that anybody may write to, with a file in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "kept").write_text("kept")
        yield folder


def test_a_program_runs_with_the_standard_library(mode):
    source = "import math, json, collections, typing, dataclasses\nprint(math.gcd(12, 18), 'é'.encode('cp1252'))"
    assert run_python(source, LIMITS) == run.Outcome("finished", "6 b'\\xe9'\n")


@pytest.mark.parametrize(
    "source, printed", [("print('a' * 3)", "aaa\n"), ("print(1); 1 / 0", None), ("while True: print('x' * 999)", None)]
)
def test_the_output_of_a_program(source, printed):
    assert output_of(source, LIMITS) == printed


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


def test_every_run_is_the_same(mode):
    source = "print(sorted({'a', 'b', 'c'}), {'a', 'b', 'c'}, __name__)"
    assert run_python(source, LIMITS) == run_python(source, LIMITS)


def test_endless_loop(mode, running):
    limits = running
    started = time.monotonic()
    assert run_python("print(1, flush=True)\nwhile True: pass", limits).status == "limit"
    assert time.monotonic() - started < 7


def test_endless_sleep(mode, running):
    limits = running
    assert run_python("import time\nprint('here', flush=True)\ntime.sleep(1000)", limits) == run.Outcome(
        "limit", "here\n"
    )


def test_fork_bomb(mode, running):
    limits = running
    source = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    assert run_python(source, limits).status == "limit"


@pytest.mark.parametrize("source", ["x = bytearray(10**10)", "x = []\nwhile True: x.append('y' * 10**6)"])
def test_memory_bomb(mode, source):
    started = time.monotonic()
    assert run_python(source, LIMITS).status in ("failed", "limit")
    assert time.monotonic() - started < 7


def test_printing_without_end(mode, running):
    limits = running
    outcome = run_python("while True: print('x' * 1000)", limits)
    assert outcome.status == "limit" and len(outcome.output) == limits.output_bytes


def test_a_file_without_end(mode):
    source = "with open('big', 'wb') as f:\n    while True: f.write(bytes(1 << 20))"
    assert run_python(source, LIMITS).status == "failed"


def test_its_folder_is_empty_and_its_own(mode):
    source = """
import os, shutil
print(os.listdir('.'))
open('mine', 'w').write('x')
os.makedirs('a/b')
os.rename('mine', 'a/mine')
shutil.rmtree('a')
print(os.listdir('.'), os.getcwd(), open(os.devnull, 'w').write('x'))
"""
    for _ in range(2):
        outcome = run_python(source, LIMITS)
        assert outcome.status == "finished" and outcome.output.startswith("[]\n[] /")
    assert not Path(outcome.output.split()[2]).exists()


def test_files_outside_can_be_neither_written_nor_deleted(mode, outside):
    attempts = [
        f"open('{outside}/new', 'w')",
        f"open('{outside}/kept', 'w')",
        f"os.unlink('{outside}/kept')",
        f"os.rename('{outside}/kept', '{outside}/gone')",
        f"shutil.rmtree('{outside}')",
        f"os.chmod('{outside}', 0)",
        f"os.symlink('/', '{outside}/link')",
        f"open('{Path(__file__)}', 'a')",
        f"os.open('kept', os.O_WRONLY, dir_fd=os.open('{outside}', os.O_RDONLY))",
        f"os.remove('kept', dir_fd=os.open('{outside}', os.O_RDONLY))",
        f"os.chmod(os.open('{outside}/kept', os.O_RDONLY), 0)",
        f"os.symlink('{outside}/kept', 'mine') or open('mine', 'w')",
    ]
    tries = [f"try:\n    {a}\n    print({a!r})\nexcept (OSError, PermissionError): pass" for a in attempts]
    outcome = run_python("import os, shutil\n" + "\n".join(tries), LIMITS)
    assert (outcome.status, outcome.output) == ("finished", "")
    assert [p.name for p in outside.iterdir()] == ["kept"] and (outside / "kept").read_text() == "kept"


def test_no_socket_reaches_anything(mode):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        source = f"""
import socket
for address in ("127.0.0.1", "10.0.0.1"):
    try:
        socket.create_connection((address, {port}), timeout=1)
        print("connected")
    except OSError: pass
try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s: s.sendto(b"x", ("10.0.0.1", 53))
    print("sent")
except OSError: pass
"""
        assert run_python(source, LIMITS) == run.Outcome("finished", "")
        with pytest.raises(TimeoutError):
            server.accept()


def test_killing_its_parents(mode, running):
    limits = running
    source = f"""
import os, signal
for pid in (os.getppid(), 1, {os.getpid()}, -1, 0):
    for number in (signal.SIGTERM, signal.SIGKILL):
        try: os.kill(pid, number)
        except OSError: pass
"""
    run_python(source, limits)
    assert run_python("print(1)", limits).status == "finished"


@pytest.mark.parametrize("end", ["", "os._exit(1)", "while True: time.sleep(1)"])
def test_a_daemon_is_found_and_killed(mode, running, end):
    limits = running
    source = f"""
import os, time, signal
for number in range(1, 32):
    try: signal.signal(number, signal.SIG_IGN)
    except OSError: pass
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    os.closerange(0, 99)
    try: os.execv("/bin/sleep", ["sleep", "{limits.wall_seconds}"])
    except OSError: pass
    while True: time.sleep(1)
print("started", flush=True)
time.sleep(0.3)
{end}
"""
    outcome = run_python(source, limits)
    assert outcome == run.Outcome("limit" if "while" in end else "failed" if "1" in end else "finished", "started\n")


def test_no_secret_in_its_reach(mode, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "a-secret-key")
    source = """
import glob, os, sys
print(os.environ, sys.argv)
for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline") + glob.glob("/root/*"):
    try: print(open(path, errors="replace").read())
    except OSError: pass
"""
    output = run_python(source, LIMITS).output
    assert "environ(" in output and "a-secret-key" not in output
    if mode == "namespaces":
        assert "pytest" not in output, "no other process is visible"


@pytest.mark.skipif(not ROOT, reason="only root can become another user")
def test_root_becomes_nobody(mode):
    source = "import os\nprint(os.getresuid(), os.getresgid(), os.getgroups())\nos.setuid(0)\nprint('root again')"
    ids = (65534, 65534, 65534)
    assert run_python(source, LIMITS).output == f"{ids} {ids} []\n"


def test_a_sandbox_that_does_not_start_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="can't be set up"):
        run_python("print(1)", LIMITS)


def test_threads_may_share_it():
    outcomes = []
    threads = [
        threading.Thread(target=lambda n=n: outcomes.append(run_python(f"print({n})", LIMITS))) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(o.output for o in outcomes) == [f"{n}\n" for n in range(4)]
