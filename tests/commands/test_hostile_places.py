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
from conftest import ROOT, as_yaml
from small_study import small_params

from analysis.__main__ import main as analysis
from slmmux.benchmarks.question_list import read_questions
from slmmux.cli import main
from slmmux.paths import questions_file, samples_file
from slmmux.tables import SAMPLES, table_of, write_table

READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec "$@"'
# Three copies of the repository: one that is mounted to be read only, one whose modes close it, and one on a disk that
# is filled to the last byte after the repository's files are in it.
PLACES = """
cd "$0" && mount --bind read-only read-only && mount -o remount,ro,bind read-only && chmod -R a-w closed &&
mkdir -p full && mount -t tmpfs -o size=16m tmpfs full && cp -r copy/. full && {
cat /dev/zero > full/filler 2> /dev/null
"$@"; code=$?; chmod -R u+w closed; exit $code; }
"""
# Root passes over modes by a capability, which it has to do without here.
WITHOUT_MODES = (
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
)

# Every command that writes, in one process for each place. Their libraries, which take long to import, are imported
# once, in the first place.
WRITING = [
    "compose laptop", "questions short_answers", "votes short_answers", "import published", "compare short_answers",
    "search short_answers", "study short_answers", "export-hf out", "track", "trace short_answers",
    "register short_answers", "report",
]  # fmt: skip
# These write files of SQLite.
DATABASES = ("study", "track", "trace", "register")
RUN_ALL = """
import contextlib, io, json, os, resource, signal, sys, traceback
jobs, commands = map(json.loads, sys.argv[1:])
os.chdir(jobs[0][0])
import hydra, matplotlib.figure, optuna, reasoning_gym
if "track" in commands:
    import datasets, mlflow
import analysis.__main__, slmmux.cli
for folder, limit in jobs:
    if os.fork():
        os.wait()
        continue
    os.chdir(folder)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
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
    print(json.dumps(ended), flush=True)
    os._exit(0)
"""
NO_LIMIT = -1
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
    if probe.returncode:
        pytest.skip(f"this user may not: {probe.stderr.decode(errors='replace').strip()[:80]}")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    env.pop("MLFLOW_TRACKING_URI", None)
    return subprocess.run([*inside, sys.executable, *command], capture_output=True, text=True, env=env)


def files_of(folder) -> dict:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def places(repository):
    """The folder of the three places, and what every command ended with in each."""
    folder = repository.parent / "places"
    for name in ("copy", "read-only", "closed"):
        shutil.copytree(repository, folder / name)
    names = ("read-only", "closed", "full")
    jobs = json.dumps([[str(folder / name), NO_LIMIT] for name in names])
    without = WITHOUT_MODES if os.getuid() == 0 else ()
    done = run_in(PLACES, folder, "-c", RUN_ALL, jobs, json.dumps(WRITING), before=without)
    assert done.returncode == 0, done.stderr
    # Not even what the interpreter or a library writes by itself.
    assert "Traceback" not in done.stderr
    return folder, dict(zip(names, map(json.loads, done.stdout.splitlines()), strict=True))


def assert_refused(ended: dict, said: str, of_databases: str) -> None:
    """Each command told in one line what is wrong, besides what it noted before."""
    assert list(ended) == WRITING
    for words, (code, text) in ended.items():
        lines = [line for line in text.splitlines() if not line.startswith("INFO ")]
        assert code == 2 and len(lines) == 1, f"{words}: {code}: {text}"
        # Of files that are there, the name of one that nobody knows says nothing.
        assert ".part" not in lines[0] and (said in lines[0] or of_databases in lines[0]), f"{words}: {lines[0]}"


def test_a_read_only_repository(places, repository):
    folder, ended = places
    assert_refused(ended["read-only"], "read-only file system: make it writable", "unable to open database file")
    assert files_of(folder / "read-only") == files_of(repository)


def test_folders_that_are_closed_to_their_user(places, repository):
    folder, ended = places
    assert_refused(ended["closed"], "permission denied: make it writable", "unable to open database file")
    assert files_of(folder / "closed") == files_of(repository)


def test_a_full_disk(places):
    assert_refused(places[1]["full"], "no space left on the device: free some", "database or disk is full")


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


@pytest.fixture(scope="module")
def limited(repository):
    """Limit → the files before, what every command ended with, and the files after, where no file grows past it."""
    limits, commands = (0, 20_000), [words for words in WRITING if words.split()[0] not in DATABASES]
    folders = [repository.parent / str(limit) for limit in limits]
    for folder in folders:
        shutil.copytree(repository, folder, ignore=shutil.ignore_patterns(".slmmux"))
    before = [files_of(folder) for folder in folders]
    jobs = json.dumps([[str(folder), limit] for folder, limit in zip(folders, limits)])
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", RUN_ALL, jobs, json.dumps(commands)]
    done = subprocess.run(words, capture_output=True, text=True, env=env)
    ended = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(codes) for codes in ended] == [commands] * len(limits)
    return dict(zip(limits, zip(before, ended, map(files_of, folders), strict=True)))


@pytest.mark.parametrize("limit", [0, 20_000])
def test_a_disk_that_is_full_in_the_middle(limited, limit):
    """Files that belong together are all as before, or all new."""
    before, ended, after = limited[limit]
    for words, (code, text) in ended.items():
        assert code == 0 or (code == 2 and "file too large" in text.splitlines()[-1]), f"{words}: {text}"
    assert any(code == 2 for code, _ in ended.values())
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
