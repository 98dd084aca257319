"""The repository as a downloaded ZIP: no .git, nobody's name, no home. What `make repro` does there works."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, as_yaml
from small_study import small_params

# `make` would install the libraries first; these are there.
MADE = ".venv/core"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """What the archive of a commit holds, with the parameters of a small study."""
    folder = tmp_path_factory.mktemp("zip") / "slm-mux-main"
    for name in ("Makefile", "dvc.yaml", "pyproject.toml", "experiments", "slmmux", "requirements", ".dvc/config"):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (folder / "params.yaml").write_text(as_yaml(small_params("http://127.0.0.1:1/v1")), encoding="utf-8")
    (folder / ".venv").mkdir()
    (folder / MADE).touch()
    return folder


def run(folder: Path, path: str, *words: str) -> subprocess.CompletedProcess:
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "MLFLOW_", "DVC_"))}
    quiet = {"DVC_NO_ANALYTICS": "1", "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(folder)}
    env = kept | quiet | {"PATH": path, "HOME": str(home)}
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, env=env)


def test_the_pipeline_runs_without_git(unpacked, warm_path):
    assert run(unpacked, warm_path, "make", ".dvc/config.local").returncode == 0
    done = run(unpacked, warm_path, "dvc", "repro", "questions")
    assert done.returncode == 0, done.stderr
    assert (unpacked / "data/questions/short_answers.parquet").is_file()
    assert not (unpacked / ".git").exists()
    again = run(unpacked, warm_path, "dvc", "repro", "questions")
    assert again.returncode == 0 and "Running stage" not in again.stdout
    tracked = run(unpacked, warm_path, "slmmux", "track")
    assert tracked.returncode == 0, tracked.stderr
    assert "1 new runs of stages that ran" in tracked.stdout


def test_what_needs_git_says_so(unpacked, warm_path):
    assert run(unpacked, warm_path, "make", ".dvc/config.local").returncode == 0
    tried = run(unpacked, warm_path, "dvc", "exp", "run", "-S", "evaluation.samples=1", "questions")
    assert tried.returncode != 0
    assert "Traceback" not in tried.stderr and "git" in tried.stderr.lower()
