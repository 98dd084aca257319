"""A repository that cannot be written, a full disk, and words that steer: one line, exit status 2, nothing written."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import yaml
from conftest import ROOT, small_params

from slmmux.cli import main
from slmmux.paths import samples_file
from slmmux.tables import SAMPLES, table_of, write_table

READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec "$@"'
# Filled to the last byte after the repository's files are in it.
FULL = (
    'cp -r "$0" "$0.kept" && mount -t tmpfs -o size=2m tmpfs "$0" && cp -r "$0.kept/." "$0" && cd "$0" && '
    '{ cat /dev/zero > filler 2> /dev/null; }; exec "$@"'
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """Two models' samples, the parameters and the profiles."""
    folder = tmp_path_factory.mktemp("hostile") / "repository"
    shutil.copytree(ROOT / "experiments", folder / "experiments")
    (folder / "params.yaml").write_text(yaml.safe_dump(small_params("http://127.0.0.1:1/v1")), encoding="utf-8")
    for model in ("chatty", "base"):
        rows = [
            {
                "benchmark": "short_answers", "split": split, "question_id": f"{split}{q}", "model": model, "sample": j,
                "response": "r", "answer": str(j), "correct": j == q % 2, "prompt_tokens": 1, "completion_tokens": 1,
                "finish_reason": "stop",
            }
            for split in ("validation", "test") for q in range(3) for j in range(2)
        ]  # fmt: skip
        write_table(folder / samples_file("short_answers", model), table_of(rows, SAMPLES), {})
    return folder


def run_in(place: str, repository, *words: str) -> subprocess.CompletedProcess:
    """A command in the repository as the mounted `place` makes it, in a mount namespace of its own."""
    inside = ["unshare", "--mount", "sh", "-c", place, str(repository)]
    try:
        probe = subprocess.run([*inside, "true"], capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no program `unshare`")
    finally:
        shutil.rmtree(f"{repository}.kept", ignore_errors=True)
    if probe.returncode:
        pytest.skip(f"this user may not mount: {probe.stderr.decode(errors='replace').strip()[:80]}")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        return subprocess.run([*inside, sys.executable, "-m", *words], capture_output=True, text=True, env=env)
    finally:
        shutil.rmtree(f"{repository}.kept", ignore_errors=True)


def files_of(folder) -> dict:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "words", [("slmmux.cli", "compose", "laptop"), ("slmmux.cli", "votes", "short_answers"), ("analysis", "report")]
)
def test_a_read_only_repository(repository, words):
    before = files_of(repository)
    done = run_in(READ_ONLY, repository, *words)
    assert done.returncode == 2, done.stderr
    line = done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    # The report lacks its results first.
    assert "read-only file system: make it writable" in line or words[0] == "analysis"
    assert files_of(repository) == before


@pytest.mark.parametrize("words", [("compose", "laptop"), ("votes", "short_answers")])
def test_a_full_disk(repository, words):
    done = run_in(FULL, repository, "slmmux.cli", *words)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "no space left on the device: free some" in done.stderr.splitlines()[-1]


def test_commands_that_only_read_work_in_a_read_only_repository(repository):
    path = samples_file("short_answers", "chatty").as_posix()
    done = run_in(READ_ONLY, repository, "slmmux.cli", "evaluate", path)
    assert done.returncode == 0, done.stderr
    assert '"questions": 3' in done.stdout


@pytest.mark.parametrize("option", ["--samples", "--models", "--split", "--filter", "--validation-accuracy"])
def test_an_option_whose_value_is_two_dashes(capsys, option):
    assert main(["evaluate", "x.parquet", f"{option}=--"]) == 2
    assert capsys.readouterr().err == f"slmmux evaluate: {option}: no value after the sign =\n"


def test_control_characters_of_files_and_names_are_shown(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.json").write_text('{"responses": [{"problem": 1, "\\u001b]0;x\\u0007": 2}]}')
    (tmp_path / "params.yaml").write_text('"a\\e[31m": 1\nmodel_names: "\\e]0;x\\a"\n', encoding="utf-8")
    for words in (
        ["evaluate", "\x1b[31mx.json"],
        ["evaluate", "x.json"],
        ["evaluate", "x.json", "--split", "\x1b]0;x\x07"],
        ["votes", "b"],
        ["plan", "\x1b[2J.yaml"],
        ["compose", "\x1b[2J"],
    ):
        assert main(words) == 2
        out, err = capsys.readouterr()
        assert "\x1b" not in out + err and "\x07" not in out + err
        assert err.count("\n") == 1


def test_a_locale_without_unicode(tmp_path):
    path = tmp_path / "größe.json"
    answers = [{"extracted_answer": "ü", "is_correct": True}]
    path.write_text(json.dumps({"responses": [{"problem": "é", "samples": answers}]}), encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    env["PYTHONIOENCODING"] = "ascii"
    done = subprocess.run(
        [sys.executable, "-m", "slmmux.cli", "evaluate", str(path)], capture_output=True, env=env, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["accuracy"] == 1.0
