"""Sandboxes of both modes, for the caller as it is and for an ordinary user, each with a home to attack."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path

import pytest

import slmmux
from slmmux.sandbox import Limits, Outcome
from slmmux.sandbox.landlock import has_landlock

ROOT = os.getuid() == 0
ORDINARY = 12345
LIMITS = Limits(cpu_seconds=1, wall_seconds=60.0, memory_bytes=256 << 20, output_bytes=10_000)
AS_ORDINARY = ("setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups")

CALLER = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from slmmux.sandbox.run import Limits, Refused, run_in_mode

def answer(source, limits, mode, given):
    try:
        outcome = run_in_mode(source, Limits(**limits), mode, given.encode())
        return outcome.status, outcome.output
    except Refused as error:
        return "refused", str(error)

for line in sys.stdin:
    source, limits, mode, copies, given = json.loads(line)
    with ThreadPoolExecutor(copies) as pool:
        print(json.dumps(list(pool.map(lambda _: answer(source, limits, mode, given), range(copies)))), flush=True)
"""


def copy_sandbox(folder: Path) -> None:
    """The package as far as the sandbox needs it: the standard library alone."""
    package = Path(slmmux.__file__).parent
    shutil.copytree(package / "sandbox", folder / "slmmux" / "sandbox")
    shutil.copy(package / "errors.py", folder / "slmmux")
    (folder / "slmmux" / "__init__.py").touch()


class Caller:
    """A process that runs programs in the sandbox, as some user and in one mode."""

    def __init__(self, mode: str, python: str, ordinary: bool) -> None:
        self.one_at_a_time = threading.Lock()
        self.mode, self.user = mode, ORDINARY if ordinary else os.getuid()
        # A copy that any user can read, whose name tells this caller's processes from all others.
        self.code = Path(tempfile.mkdtemp(prefix="sandbox-test-"))
        self.code.chmod(0o755)
        copy_sandbox(self.code)
        self.home = self.code / "home"
        self.home.mkdir(mode=0o700)
        (self.home / "key").write_text("a private key")
        (self.home / "key").chmod(0o600)
        self.own(self.home, self.home / "key")
        self.process = subprocess.Popen(
            [*(AS_ORDINARY if ordinary and ROOT else ()), python, "-B", "-c", CALLER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self.code,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(self.code), "A_SECRET": "a secret key"},
        )

    def own(self, *paths: Path) -> None:
        if ROOT:
            for path in paths:
                os.chown(path, self.user, self.user)

    def ask(self, source: str, copies: int, given: str = "", **limits) -> None:
        wanted = asdict(replace(LIMITS, **limits))
        self.process.stdin.write(json.dumps([source, wanted, self.mode, copies, given]) + "\n")
        self.process.stdin.flush()

    def run_many(self, source: str, copies: int, **limits) -> list[Outcome]:
        with self.one_at_a_time:
            self.ask(source, copies, **limits)
            return [Outcome(*answer) for answer in json.loads(self.process.stdout.readline())]

    def run(self, source: str, **limits) -> Outcome:
        return self.run_many(source, 1, **limits)[0]

    def jail_processes(self) -> list[int]:
        """Processes of this caller's jail: between programs, the one that starts them."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and f"{self.code}/slmmux/sandbox/jail.py" in (entry / "cmdline").read_text():
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    def count_at_rest(self, expected: int) -> int:
        """How many processes the jail has, once it has had time to get down to `expected`."""
        for _ in range(100):
            if len(self.jail_processes()) <= expected:
                break
            time.sleep(0.05)
        return len(self.jail_processes())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        assert self.count_at_rest(0) == 0
        shutil.rmtree(self.code)


@lru_cache
def python_for(unprivileged: bool) -> str | None:
    """An interpreter whose standard library the program's user can read."""
    prefix = AS_ORDINARY if ROOT and unprivileged else ()
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        check = "import os, sys; os.stat(sys.executable), open(os.__file__).close(); print(sys.version_info >= (3, 11))"
        result = subprocess.run([*prefix, python, "-c", check], capture_output=True, text=True, check=False)
        if result.stdout == "True\n":
            return python
    return None


def open_caller(mode: str, ordinary: bool) -> Iterator[Caller]:
    if ordinary and not ROOT:
        pytest.skip("these tests run as an ordinary user already")
    if ordinary and shutil.which("setpriv") is None:
        pytest.skip("no setpriv, with which to become an ordinary user")
    # In the weak mode, a program of root's reads its standard library as "nobody".
    python = python_for(ordinary or mode == "weak")
    if python is None:
        pytest.skip("no Python here that an ordinary user can read")
    caller = Caller(mode, python, ordinary)
    tried = caller.run("print(1)")
    if tried.status == "refused":
        caller.close()
        pytest.skip(f"this system permits no {mode} mode: {tried.output}")
    yield caller
    caller.close()


@pytest.fixture(scope="session", params=["strict", "strict-ordinary", "weak", "weak-ordinary"])
def any_caller(request):
    mode, _, user = request.param.partition("-")
    yield from open_caller(mode, user == "ordinary")


@pytest.fixture(scope="session", params=["strict", "strict-ordinary"])
def strict_caller(request):
    yield from open_caller("strict", request.param.endswith("ordinary"))


@pytest.fixture(scope="session")
def weak_caller():
    yield from open_caller("weak", ordinary=ROOT)


def left_nothing(caller: Caller) -> Iterator[Caller]:
    """The caller, and a check afterwards that no program of its is running."""
    yield caller
    assert caller.count_at_rest(1) == 1


@pytest.fixture
def sandbox(any_caller):
    """A sandbox of each mode and user."""
    yield from left_nothing(any_caller)


@pytest.fixture
def hiding(any_caller):
    """A sandbox of each mode and user, where the machine's files are hidden."""
    if any_caller.mode == "weak" and not has_landlock():
        pytest.skip("this kernel has no Landlock, without which the weak mode hides no files")
    yield from left_nothing(any_caller)


@pytest.fixture
def strict(strict_caller):
    yield from left_nothing(strict_caller)


@pytest.fixture
def weak(weak_caller):
    yield from left_nothing(weak_caller)
