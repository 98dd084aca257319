"""What a user reads when something outside goes wrong: one line, exit status 2, no traceback."""

import errno
import io
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from slmmux.cli import _Formatter, run_command_line
from slmmux.errors import InputError, line_of, printable, without_passwords


class Command:
    """A module as the command line imports it, whose run raises `error`."""

    def __init__(self, error):
        self.error = error

    def add_parser(self, subparsers):
        subparsers.add_parser("odd")

    def run(self, args):
        raise self.error


def told(monkeypatch, capsys, error) -> tuple[int, str]:
    monkeypatch.setitem(sys.modules, "odd_command", Command(error))
    status = run_command_line("slmmux", None, {"all": {"odd": ("odd_command", "x")}}, ["odd"])
    return status, capsys.readouterr().err


@pytest.mark.parametrize(
    "error, line",
    [
        (InputError("samples.parquet: no rows"), "samples.parquet: no rows"),
        (InputError("a\nb\x1b[31mred\ud800"), r"a b\x1b[31mred\ud800"),
        (OSError(errno.ENOSPC, "No space left on device", "data/x"), "data/x: no space left on the device: free some"),
        (OSError(errno.ENOSPC, "No space left on device"), "no space left on the device: free some"),
        (OSError(errno.EROFS, "Read-only file system", "results/y"), "results/y: read-only file system: make it"),
        (PermissionError(errno.EACCES, "Permission denied", "z"), "z: permission denied: make it writable"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "d"), "d: is a directory"),
        (MemoryError(), "out of memory: close other programs"),
    ],
)
def test_what_comes_from_outside_is_one_line(monkeypatch, capsys, error, line):
    status, text = told(monkeypatch, capsys, error)
    assert status == 2
    assert text.startswith(f"slmmux odd: {line}") and text.count("\n") == 1


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), AssertionError("y"), OSError("no number")])
def test_an_error_of_the_program_is_not_hidden(monkeypatch, capsys, error):
    assert line_of(error) is None
    with pytest.raises(type(error)):
        told(monkeypatch, capsys, error)


def test_a_message_of_the_log_does_not_steer_the_terminal(monkeypatch, capsys):
    class Logging(Command):
        def run(self, args):
            logging.getLogger("slmmux").warning("model %s", "\x1b]0;x\x07\nnext")

    monkeypatch.setitem(sys.modules, "odd_command", Logging(None))
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    assert run_command_line("slmmux", None, {"all": {"odd": ("odd_command", "x")}}, ["odd"]) == 0
    text = capsys.readouterr().err
    assert text.count("\n") == 1 and "\x1b" not in text and r"\x1b]0;x\x07 next" in text


def test_printable_keeps_every_printable_text():
    assert printable("Größe 10 µs → ok") == "Größe 10 µs → ok"


def test_a_closed_pipe_ends_without_a_traceback(tmp_path):
    code = (
        "import sys, types; m = types.ModuleType('odd_command')\n"
        "m.add_parser = lambda s: s.add_parser('odd')\n"
        "def run(args):\n    for n in range(200000): print('line', n)\n"
        "m.run = run; sys.modules['odd_command'] = m\n"
        "from slmmux.cli import run_command_line\n"
        "sys.exit(run_command_line('slmmux', None, {'all': {'odd': ('odd_command', 'x')}}, ['odd']))\n"
    )
    script = tmp_path / "run.py"
    script.write_text(code, encoding="utf-8")
    shell = f"{sys.executable} {script} 2>{tmp_path}/err | head -1; echo ${{PIPESTATUS[0]}}"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, env=env)
    assert done.stdout.splitlines() == ["line 0", "141"]
    assert Path(f"{tmp_path}/err").read_text() == ""
    reading, writing = os.pipe()
    os.close(reading)
    script.write_text(
        code.replace("for n in range(200000): print('line', n)", "raise FileNotFoundError(2, 'none', 'x')")
    )
    assert subprocess.run([sys.executable, script], stdout=writing, stderr=writing, env=env).returncode == 2
    os.close(writing)


def test_a_locale_without_unicode_shows_the_help_and_errors(tmp_path):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "slmmux.cli", "compose", "größe"]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, env=env)
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1 and b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "encoding, shown",
    [
        ("utf-8", "52.1 ± 2.0 × 3 → 你"),
        ("iso-8859-1", r"52.1 ± 2.0 × 3 -> \u4f60"),
        ("ascii", r"52.1 +- 2.0 x 3 -> \u4f60"),
    ],
)
def test_a_locale_that_lacks_characters_shows_what_looks_like_them(monkeypatch, encoding, shown):
    class Printing(Command):
        def run(self, args):
            print("52.1 ± 2.0 × 3 → 你")

    monkeypatch.setitem(sys.modules, "odd_command", Printing(None))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert run_command_line("slmmux", None, {"all": {"odd": ("odd_command", "x")}}, ["odd"]) == 0
    assert sys.stdout.buffer.getvalue().decode(encoding) == shown + "\n"


SECRET = "s3cr3t-v4lue"


@pytest.mark.parametrize(
    "text",
    [
        f"https://user:{SECRET}@host/simple",
        f"https://{SECRET}@host:8080/v1",
        f"postgresql+psycopg2://user:{SECRET}@db/mlflow",
        f"https://user:{SECRET}/with@sign@host/x",
        f"https://user:pa%2F{SECRET}@host/x",
        f"no such user: me:{SECRET}@host",
        f"ERROR: no address at https%3A%2F%2Fuser%3A{SECRET}%40host%2Fsimple",
        f"https://host/v1?token={SECRET}",
        f"https://host/v1?a=1&access_token={SECRET}&b=2",
        f"https://host/v1?api_key={SECRET}#x",
        f"https://host/v1?X-Amz-Signature={SECRET}",
        f"mysql://host/db?sslpassword={SECRET}",
        f"redirected to https%3A%2F%2Fhost%2Fv1%3Fapi_key%3D{SECRET}%26b%3D2",
        f"Authorization: Bearer {SECRET}",
        f"Incorrect API key provided: sk-{SECRET}",
    ],
)
def test_no_message_holds_a_password(monkeypatch, capsys, text):
    assert SECRET not in str(InputError(f"store {text}: not there"))
    for error in (InputError(text), OSError(errno.EACCES, text, "x"), OSError(errno.ENOENT, "no", text)):
        assert SECRET not in told(monkeypatch, capsys, error)[1]
    logging.getLogger("slmmux").addHandler(handler := logging.StreamHandler(sys.stderr))
    try:
        handler.setFormatter(_Formatter("%(message)s"))
        logging.getLogger("slmmux").warning("asked %s", text)
    finally:
        logging.getLogger("slmmux").removeHandler(handler)
    shown = capsys.readouterr().err
    assert "asked" in shown and SECRET not in shown


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8000/v1",
        "https://github.com/a/b at 0123456789ab: user@example.org, k=3",
        "sqlite:////tmp/a b/mlflow.db",
        "data/samples/a.parquet: 3: me@example.org; at 12:30 @ home",
        "--samples a=1,b=2: tokens=5 key 'x'",
        "results/x?samples=3&seed=1",
    ],
)
def test_what_is_no_password_is_shown(text):
    assert without_passwords(text) == text
