"""Imports between folders go forward only, and the mathematics needs NumPy, SciPy and Numba alone."""

import subprocess
import sys

from import_graph import ROOT, all_modules, imports_of

# Folder or top file → what it may import. `stages`, `commands`, `serving` and `analysis` stand at the end.
BASE = {"errors", "files", "settings", "generation_settings", "config", "paths", "result_files"}
MATHEMATICS = {"votes", "orchestration", "statistics", "selection", "theory"}
DATA = {"sandbox", "benchmarks", "tables", "generation", "samples", "discussion", "published"}
ALLOWED = {
    "errors": set(),
    "files": {"errors"},
    "settings": set(),
    "yaml_file": {"errors"},
    "generation_settings": {"settings"},
    "config": {"errors", "generation_settings", "settings", "yaml_file"},
    "paths": set(),
    "binomial": set(),
    "processes": set(),
    "parquet_file": {"errors", "files"},
    "tables": {"errors", "parquet_file"},
    "result_files": {"files"},
    "tracking": {"errors", "files", "paths", "yaml_file"},
    "sandbox": {"errors", "settings", "config"},
    "benchmarks": BASE | {"sandbox", "tables"},
    "generation": BASE | {"benchmarks", "extras", "tables"},
    "samples": BASE | {"benchmarks", "generation", "parquet_file", "sandbox", "tables", "votes"},
    "published": BASE | {"benchmarks", "votes"},
    "votes": {"errors", "files"},
    "orchestration": {"errors", "votes"},
    "statistics": {"errors", "orchestration", "theory"},
    "selection": BASE | {"votes", "orchestration", "statistics"},
    "theory": {"binomial", "errors", "votes", "orchestration"},
    "released_code": {"errors", "benchmarks", "votes", "orchestration"},
    "stages": BASE | DATA | MATHEMATICS | {"processes", "tracking", "released_code"},
    "discussion": BASE | {"binomial", "benchmarks", "generation", "tables", "votes"},
    "serving": BASE | DATA | MATHEMATICS | {"extras", "tracking", "yaml_file"},
    "commands": BASE | {"parquet_file", "yaml_file"} | DATA | MATHEMATICS | {"tracking", "serving", "released_code"},
    "api": {"errors", "settings", "votes", "samples", "orchestration", "selection", "stages"},
    "extras": {"errors"},
    "cli": {"errors", "extras", "tracking"},
}
# The parts that work on arrays alone. The rest of `selection` runs Optuna and writes tables.
PURE = ("votes", "orchestration", "theory")
PURE_SELECTION = ("subset_objective", "choice", "pareto", "budget_objectives", "ascent", "policies")


def folder(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def test_the_library_never_imports_the_analysis():
    for module in all_modules():
        if module.startswith("slmmux"):
            assert not [name for name in imports_of(module) if name.startswith("analysis")], module


def test_imports_between_folders_go_forward():
    for module in all_modules():
        if module.startswith("slmmux.") and folder(module) in ALLOWED:
            reached = {folder(name) for name in imports_of(module) if name != "slmmux"} - {folder(module)}
            assert reached <= ALLOWED[folder(module)], f"{module} imports {reached - ALLOWED[folder(module)]}"


def test_every_folder_of_the_library_has_its_arrows():
    assert {folder(module) for module in all_modules() if module.startswith("slmmux.")} == set(ALLOWED)


def test_the_allowed_arrows_have_no_circle():
    done: set[str] = set()
    while len(done) < len(ALLOWED):
        ready = {name for name, reached in ALLOWED.items() if name not in done and reached <= done}
        assert ready, f"a circle among {set(ALLOWED) - done}"
        done |= ready


def test_the_analysis_has_no_circle_between_its_folders():
    arrows: dict[str, set[str]] = {}
    for module in all_modules():
        if module.startswith("analysis."):
            reached = {folder(name) for name in imports_of(module) if name.startswith("analysis.")}
            arrows.setdefault(folder(module), set()).update(reached - {folder(module)})
    done: set[str] = set()
    while len(done) < len(arrows):
        ready = {name for name, reached in arrows.items() if name not in done and reached <= done}
        assert ready, f"a circle among {set(arrows) - done}"
        done |= ready


def test_no_two_modules_import_each_other():
    graph = {module: imports_of(module) for module in all_modules()}
    packages = {module for module in graph if any(other.startswith(f"{module}.") for other in graph)}
    for module, reached in graph.items():
        for other in reached - packages - {module}:
            assert module not in graph[other] or module in packages, f"{module} <-> {other}"


def test_the_mathematics_imports_with_numpy_scipy_and_numba_alone():
    modules = [m for m in all_modules() if m.startswith("slmmux.") and folder(m) in PURE]
    modules += [f"slmmux.selection.{name}" for name in PURE_SELECTION]
    blocked = ("pandas", "pyarrow", "pydantic", "yaml", "optuna", "mlflow", "dvc", "matplotlib", "datasets", "openai")
    code = f"""
import sys
for name in {blocked}:
    sys.modules[name] = None
import importlib
for name in {modules}:
    importlib.import_module(name)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
