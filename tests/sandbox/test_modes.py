"""Which mode is chosen where something is refused, and what is said of it."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sandbox_callers import ROOT, copy_sandbox, python_for

from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.sandbox import Limits, run, run_python, seccomp
from slmmux.sandbox.landlock import has_landlock

LARGEST = "/proc/sys/user/max_user_namespaces"


@pytest.fixture
def said(tmp_path):
    """What a process says that is refused a call: lines."""
    # Root's programs of the weak mode read their standard library as "nobody".
    python = python_for(True) if ROOT else sys.executable
    if python is None:
        pytest.skip("no Python here that an ordinary user can read")
    copy_sandbox(tmp_path)

    def run_refused(call: str, mode: str, *before: str) -> list[str]:
        script = Path(__file__).with_name("refused_calls.py")
        command = [*before, python, "-B", str(script), call, mode]
        result = subprocess.run(
            command, capture_output=True, text=True, check=True, cwd="/", env={"PYTHONPATH": str(tmp_path)}
        )
        return result.stdout.splitlines()

    return run_refused


@pytest.mark.parametrize("call", ["clone", "mount"])
def test_without_namespaces_nothing_runs_unless_the_weak_mode_is_asked_for(said, call):
    (line,) = said(call, "strict")
    assert line.startswith("InputError programs can't be confined here: ")
    assert "Operation not permitted" in line and "`sandbox: weak`" in line and "docs/sandbox.md" in line


@pytest.mark.parametrize(
    "before, reason",
    [
        # A root to whom no other user is known may not map "nobody".
        (("unshare", "--user", "--map-root-user"), "writing uid_map of a namespace: Operation not permitted"),
        (
            ("unshare", "--user", "--map-root-user", "sh", "-c", 'echo 0 >$0 && exec "$@"', LARGEST, "env"),
            "making namespaces: No space left on device",
        ),
    ],
)
def test_namespaces_that_are_refused_by_the_system(said, before, reason):
    if subprocess.run(["unshare", "--user", "--map-root-user", "true"], check=False).returncode:
        pytest.skip("this system permits no user namespaces to try it in")
    (line,) = said("nothing", "strict", *before)
    assert line.startswith(f"InputError programs can't be confined here: {reason}; permit user namespaces")


@pytest.mark.parametrize("calls", ["clone", "mount", "clone,landlock"])
def test_the_weak_mode_says_once_what_it_does_not_hold(said, calls):
    warning, *printed = said(calls, "weak")
    assert warning.startswith("WARNING programs run in the sandbox's weak mode (")
    assert "Operation not permitted" in warning and "can write no file" in warning
    hiding = has_landlock() and "landlock" not in calls
    assert ("whether a file exists" if hiding else "can read every file") in warning
    assert printed == ["1", "1"]


@pytest.mark.parametrize("mode", ["strict", "weak"])
def test_the_strict_mode_is_taken_where_it_can_be_had(said, mode):
    line, *printed = said("nothing", mode)
    if "InputError" in line or "WARNING" in line:
        pytest.skip(f"this system permits no strict mode: {line}")
    assert (line, printed) == ("INFO programs run in the sandbox's strict mode", ["1", "1"])


def test_without_a_filter_there_is_no_mode(said):
    (line,) = said("prctl", "weak")
    assert line.startswith("InputError programs can't be confined here, not even weakly: filtering system calls")


@pytest.fixture
def new_choice():
    run._choose_mode.cache_clear()
    yield
    run._choose_mode.cache_clear()


def test_a_jail_that_does_not_start(new_choice, monkeypatch):
    monkeypatch.setattr(run, "_jail", None)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(InputError, match="can't be confined here: /bin/false did not start it"):
        run_python("print(1)", Limits())


@pytest.mark.parametrize(
    "release, machine, message",
    [("4.18.0-553.el8", "x86_64", "older than Linux 5.14"), ("6.1.0", "riscv64", "confined on riscv64; use one of")],
)
def test_other_machines(new_choice, monkeypatch, release, machine, message):
    uname = os.uname_result(("Linux", "host", release, "#1", machine))
    monkeypatch.setattr(os, "uname", lambda: uname)
    with pytest.raises(InputError, match=message):
        run_python("print(1)", Limits())


def test_the_shipped_configuration_is_strict():
    assert load_config(Path(__file__).parents[2] / "params.yaml").sandbox == "strict"


HEADERS = {
    0: (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), r"#define __NR_(\w+) (\d+)"),
    1: (Path("/usr/include/asm-generic/unistd.h"), r"#define __NR(?:3264)?_(\w+) (\d+)"),
}


@pytest.mark.parametrize("column", HEADERS)
def test_numbers_of_system_calls(column):
    path, pattern = HEADERS[column]
    if not path.exists():
        pytest.skip(f"no {path} to compare with: this is {platform.machine()}, or the kernel's headers are missing")
    known = {name: int(number) for name, number in re.findall(pattern, path.read_text())}
    known.setdefault("newfstatat", known.get("fstatat"))
    listed = seccomp.CALLS | seccomp.STRICT_CALLS
    assert {name: numbers[column] for name, numbers in listed.items()} == {name: known.get(name) for name in listed}


def test_every_attack_is_in_the_documentation():
    root = Path(__file__).parents[2]
    files = sorted((root / "tests/sandbox").glob("test_hostile_*.py"))
    tests = re.findall(r"^def (test_\w+)", "".join(path.read_text() for path in files), re.MULTILINE)
    rows = re.findall(r"^\|.*\| `(test_\w+)` \|$", (root / "docs/sandbox.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(tests)
    elsewhere = re.findall(r"\(`(test_\w+)`\)", (root / "docs/sandbox.md").read_text())
    assert elsewhere and all(
        f"def {name}(" in Path(__file__).with_name("test_programs.py").read_text() for name in elsewhere
    )


def test_a_loaded_machine_is_not_taken_for_one_without_namespaces(monkeypatch):
    """A limit that the small program passes says nothing about the mode: it is tried again."""
    endings = [run.Outcome("limit", ""), run.Outcome("limit", ""), run.Outcome("finished", "1\n")]
    monkeypatch.setattr(run, "run_in_mode", lambda source, limits, mode: endings.pop(0))
    run._try("strict")
    assert not endings
    endings[:] = [run.Outcome("limit", "")] * run.TRIES
    with pytest.raises(run.Refused, match="a program that prints 1 ended as"):
        run._try("strict")
