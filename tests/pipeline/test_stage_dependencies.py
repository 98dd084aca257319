"""A stage of dvc.yaml names every file of this project that its command imports, so that no result goes stale."""

import ast
import shlex
from pathlib import Path

import pytest
from import_graph import closure, module_file

from analysis.__main__ import COMMANDS as ANALYSIS
from slmmux.cli import COMMANDS as SLMMUX
from slmmux.yaml_file import read_yaml

ROOT = Path(__file__).resolve().parents[2]
STAGES = read_yaml(ROOT / "dvc.yaml")["stages"]
# Module or package → why a result may not depend on it.
LEFT_OUT = {
    "slmmux.cli": "parses the command line",
    "slmmux.config": "types of the parameters; their values are dependencies",
    "slmmux.generation_settings": "types of the parameters; their values are dependencies",
    "slmmux.settings": "types of the parameters; their values are dependencies",
    "slmmux.errors": "one exception",
    "slmmux.files": "writes files whole",
    "slmmux.yaml_file": "reads the parameters, whose values are dependencies",
    "slmmux.parquet_file": "writes and checks the files that are dependencies themselves",
    "slmmux.processes": "where a function runs, which no result depends on",
    "slmmux.paths": "names of the files that dvc.yaml declares",
    "slmmux.tables": "Parquet schemas of the files that are dependencies themselves",
    "slmmux.tracking": "records and MLflow",
    "analysis.__main__": "parses the command line",
}
# Stages whose outputs are the record of an engine, or a list with digests: they run again when what is asked
# changes, which their data and parameters say, not when code is edited.
BY_CONTENT = {
    "generate": "samples carry the digest of what was asked",
    "discuss": "transcripts carry the digest of what was asked",
    "label": "labels carry the digest of what was asked",
    "questions": "a list depends on its benchmark's file and on what lists are made of, not on how answers are read",
    "import": "what is imported has a sha256; its files are not shipped, so that only a changed reader asks for them",
    "track": "writes to MLflow only",
}


def command_module(stage: dict) -> str:
    words = shlex.split(stage["cmd"].replace("${", "").replace("}", ""))
    commands, name = (ANALYSIS, words[3]) if words[:3] == ["python", "-m", "analysis"] else (SLMMUX, words[1])
    return next(group[name][0] for group in commands.values() if name in group)


def has_imports(path: Path) -> bool:
    return any(isinstance(n, ast.Import | ast.ImportFrom) for n in ast.walk(ast.parse(path.read_text("utf-8"))))


def undeclared(stage: dict) -> set[str]:
    """Files of the command's import closure that lie outside the stage's dependencies."""
    declared = [Path(dep) for dep in stage.get("deps", []) if not dep.startswith(("data/", "results/"))]
    found = set()
    for module in closure(command_module(stage)):
        path = module_file(module).relative_to(ROOT)
        parts = module.split(".")
        if module == "slmmux":
            continue
        if any(".".join(parts[:i]) in LEFT_OUT for i in range(1, len(parts) + 1)):
            continue
        if path.name == "__init__.py" and not has_imports(ROOT / path):
            continue  # a docstring, or a list of names
        if not any(path == dep or dep in path.parents for dep in declared):
            found.add(path.as_posix())
    return found


@pytest.mark.parametrize("name", sorted(STAGES.keys() - BY_CONTENT.keys()))
def test_a_stage_depends_on_all_that_its_command_imports(name):
    assert undeclared(STAGES[name]) == set()


@pytest.mark.parametrize("name", sorted(STAGES.keys() - BY_CONTENT.keys()))
def test_a_missing_dependency_is_noticed(name):
    stage, module = STAGES[name], module_file(command_module(STAGES[name])).relative_to(ROOT)
    code = [dep for dep in stage["deps"] if module.is_relative_to(dep)]
    assert code
    less = stage | {"deps": [dep for dep in stage["deps"] if dep not in code]}
    assert module.as_posix() in undeclared(less)


def test_every_declared_dependency_on_code_exists():
    for name, stage in STAGES.items():
        for dep in stage.get("deps", []):
            if dep.startswith(("slmmux", "analysis")) and "$" not in dep:
                assert (ROOT / dep).exists(), f"{name}: {dep}"


def test_the_law_of_a_draw_is_a_dependency_of_all_that_rests_on_it():
    for name in ("compare", "search", "scaling", "subjects", "gains", "attribution", "compare_discussions", "theory"):
        assert "slmmux/votes" in STAGES[name]["deps"], name
