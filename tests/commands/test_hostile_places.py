"""A repository that cannot be written, a full disk, and words that steer: one line, exit status 2, nothing written."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, as_yaml, small_params

from analysis.__main__ import main as analysis
from slmmux.benchmarks.question_list import read_questions
from slmmux.cli import main
from slmmux.paths import questions_file, samples_file
from slmmux.tables import SAMPLES, table_of, write_table

READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec "$@"'
# Filled to the last byte after the repository's files are in it.
FULL = (
    'cp -r "$0" "$0.kept" && mount -t tmpfs -o size=16m tmpfs "$0" && cp -r "$0.kept/." "$0" && cd "$0" && '
    '{ cat /dev/zero > filler 2> /dev/null; }; exec "$@"'
)
# Root passes over modes by a capability, which it has to do without here.
WITHOUT_MODES = (
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
)
CLOSED = 'chmod -R a-w "$0" && cd "$0" && "$@"; code=$?; chmod -R u+w "$0"; exit $code'

# Every command that writes, in one process for each place: their libraries take long to import.
WRITING = [
    "compose laptop", "questions short_answers", "votes short_answers", "import published", "compare short_answers",
    "search short_answers", "study short_answers", "export-hf out", "track", "trace short_answers",
    "register short_answers", "report",
]  # fmt: skip
# These write files of SQLite.
DATABASES = ("study", "track", "trace", "register")
RUN_ALL = """
import contextlib, io, json, resource, signal, sys, traceback
import analysis.__main__, slmmux.cli
limit, *commands = sys.argv[1:]
if int(limit) >= 0:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
ended = {}
for words in commands:
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            main = analysis.__main__.main if words == "report" else slmmux.cli.main
            code = main(words.split())
        except BaseException:
            traceback.print_exc()
            code = 1
    ended[words] = code, said.getvalue()
print(json.dumps(ended))
"""
CRUX = {
    "raw_generations": {f"sample_{n}": ["[1, 2]", "(1, 2)"] for n in range(20)},
    "raw_scored_generations": {f"sample_{n}": [True, False] for n in range(20)},
}


def published(folder: Path) -> dict:
    content = json.dumps(CRUX).encode()
    (folder / "local/published/here").mkdir(parents=True)
    (folder / "local/published/here/m.json").write_bytes(content)
    return {
        "repository": "a/b", "commit": "0" * 40, "local": "here", "path": "{model}.json", "reader": "crux_eval",
        "licence": None, "validation_share": 0.5, "sha256": {"m": hashlib.sha256(content).hexdigest()},
    }  # fmt: skip


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A small study as far as the report: two models' samples, votes, results, the parameters and the profiles."""
    folder = tmp_path_factory.mktemp("hostile") / "repository"
    shutil.copytree(ROOT / "experiments", folder / "experiments")
    shutil.copy(ROOT / "dvc.yaml", folder)
    params = small_params("http://127.0.0.1:1/v1")
    params |= {"published_names": ["published"], "published_together": ["all"]}
    params["published"] = {"published": published(folder)}
    params["pools"]["teams"] = {"published": {}}
    (folder / "params.yaml").write_text(as_yaml(params), encoding="utf-8")
    with contextlib.chdir(folder):
        assert main(["questions", "short_answers"]) == 0
        questions = read_questions(questions_file("short_answers"))
        for model, wrong in (("chatty", 3), ("base", 2)):
            rows = [
                {
                    "benchmark": "short_answers", "split": question["split"], "question_id": name, "model": model,
                    "sample": j, "response": "r", "answer": str((q + j) % wrong), "correct": (q + j) % wrong == 1,
                    "prompt_tokens": 1, "completion_tokens": 1, "finish_reason": "stop",
                }
                for q, (name, question) in enumerate(questions.items()) for j in range(3)
            ]  # fmt: skip
            write_table(samples_file("short_answers", model), table_of(rows, SAMPLES), {})
        for command in ("votes", "compare", "search", "certainty"):
            assert main([command, "short_answers"]) == 0
    return folder


def run_in(place: str, repository, *command: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
    """Python in the repository as `place` makes it, in a mount namespace of its own."""
    inside = [*before, "unshare", "--mount", "sh", "-c", place, str(repository)]
    try:
        probe = subprocess.run([*inside, "true"], capture_output=True)
    except FileNotFoundError as error:
        pytest.skip(f"there is no program {error.filename}")
    finally:
        shutil.rmtree(f"{repository}.kept", ignore_errors=True)
    if probe.returncode:
        pytest.skip(f"this user may not: {probe.stderr.decode(errors='replace').strip()[:80]}")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    env.pop("MLFLOW_TRACKING_URI", None)
    try:
        return subprocess.run([*inside, sys.executable, *command], capture_output=True, text=True, env=env)
    finally:
        shutil.rmtree(f"{repository}.kept", ignore_errors=True)


def files_of(folder) -> dict:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_refused(done: subprocess.CompletedProcess, said: str, of_databases: str) -> None:
    """Each command told in one line what is wrong, besides what it noted before."""
    assert done.returncode == 0, done.stderr
    ended = json.loads(done.stdout)
    assert list(ended) == WRITING
    for words, (code, text) in ended.items():
        lines = [line for line in text.splitlines() if not line.startswith("INFO ")]
        assert code == 2 and len(lines) == 1, f"{words}: {code}: {text}"
        # Of files that are there, the name of one that nobody knows says nothing.
        assert ".part" not in lines[0] and (said in lines[0] or of_databases in lines[0]), f"{words}: {lines[0]}"
    # Not even what the interpreter or a library writes by itself.
    assert "Traceback" not in done.stderr


def test_a_read_only_repository(repository):
    before = files_of(repository)
    done = run_in(READ_ONLY, repository, "-c", RUN_ALL, "-1", *WRITING)
    assert_refused(done, "read-only file system: make it writable", "unable to open database file")
    assert files_of(repository) == before


def test_folders_that_are_closed_to_their_user(repository):
    before = files_of(repository)
    without = WITHOUT_MODES if os.getuid() == 0 else ()
    done = run_in(CLOSED, repository, "-c", RUN_ALL, "-1", *WRITING, before=without)
    assert_refused(done, "permission denied: make it writable", "unable to open database file")
    assert files_of(repository) == before


def test_a_full_disk(repository):
    done = run_in(FULL, repository, "-c", RUN_ALL, "-1", *WRITING)
    assert_refused(done, "no space left on the device: free some", "database or disk is full")


CUTS = {
    "empty": lambda text: "",
    "cut in the middle": lambda text: text[: len(text) // 2],
    "its header alone": lambda text: text.split("\n")[0] + "\n",
    "without its first column": lambda text: "\n".join(line.partition(",")[2] for line in text.split("\n")),
    "other words for numbers": lambda text: re.sub(r"\d+", "x", text),
    "a list": lambda text: "[1, 2]",
    "bytes": lambda text: "\x00\ud800",
}


READ_BY = [
    ("compare/short_answers/methods.json", analysis, "report"),
    ("certainty/short_answers/power.csv", analysis, "report"),
    ("certainty/short_answers/chosen.csv", analysis, "report"),
    ("certainty/short_answers/power.csv", main, "plan params.yaml"),
    ("search/short_answers/choices.csv", main, "register short_answers"),
]


@pytest.mark.parametrize("name, command, words", READ_BY, ids=[f"{name}-{words}" for name, _, words in READ_BY])
def test_damaged_results(repository, tmp_path, monkeypatch, capsys, name, command, words):
    """One line that names the file, or what is damaged is not needed."""
    folder = tmp_path / "repository"
    shutil.copytree(repository, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    path, refused = folder / "results" / name, 0
    whole = path.read_text(encoding="utf-8")
    for damage, cut in CUTS.items():
        path.write_bytes(cut(whole).encode("utf-8", "surrogatepass"))
        code = command(words.split())
        lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("INFO ")]
        assert code == 0 or (code == 2 and len(lines) == 1 and path.name in lines[0]), (damage, lines)
        refused += code == 2
    assert refused >= 2


@pytest.mark.parametrize("limit", [0, 20_000])
def test_a_disk_that_is_full_in_the_middle(repository, tmp_path, limit):
    """No file grows past this size: files that belong together are all as before, or all new."""
    folder = tmp_path / "repository"
    shutil.copytree(repository, folder)
    shutil.rmtree(folder / ".slmmux", ignore_errors=True)
    before = files_of(folder)
    commands = [words for words in WRITING if words.split()[0] not in DATABASES]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL, str(limit), *commands], capture_output=True, text=True, env=env, cwd=folder
    )
    ended = json.loads(done.stdout)
    assert list(ended) == commands
    for words, (code, text) in ended.items():
        assert code == 0 or (code == 2 and "file too large" in text.splitlines()[-1]), f"{words}: {text}"
    assert any(code == 2 for code, _ in ended.values())
    after = files_of(folder)
    assert not [path for path in after if path.name.endswith(".part") or path.parts[0].startswith(".out")]
    changed = {path for path in after if before.get(path) != after[path] and path.parts[0] != ".slmmux"}
    assert all(len(after[path]) <= limit for path in changed)
    if limit == 0:
        assert not changed


def test_commands_that_only_read_work_in_a_read_only_repository(repository):
    path = samples_file("short_answers", "chatty").as_posix()
    done = run_in(READ_ONLY, repository, "-m", "slmmux.cli", "evaluate", path)
    assert done.returncode == 0, done.stderr
    assert '"questions": 6' in done.stdout


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
