"""Which modules of the project a module imports, read from the sources: also imports inside functions."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("slmmux", "analysis")


def module_file(module: str) -> Path | None:
    """The file of a module of the project, None for anything else."""
    path = ROOT / Path(*module.split("."))
    if module.split(".")[0] not in PACKAGES:
        return None
    if (path / "__init__.py").is_file():
        return path / "__init__.py"
    return path.with_suffix(".py") if path.with_suffix(".py").is_file() else None


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def all_modules() -> list[str]:
    return sorted(module_name(path) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@cache
def imports_of(module: str) -> frozenset[str]:
    """The modules that this module names in an import, wherever in the file. A package that registers modules by name
    (`import_module`) imports those that it names."""
    path = module_file(module)
    # The top package names what it offers, and imports it when it is first used.
    if path is None or module == "slmmux":
        return frozenset()
    tree, found = ast.parse(path.read_text(encoding="utf-8")), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name for name in names if module_file(name)} | {node.module}
    if path.name == "__init__.py" and "import_module(" in path.read_text(encoding="utf-8"):
        strings = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        found |= {f"{module}.{name}" for name in strings if name.isidentifier()}
    return frozenset(name for name in found if module_file(name))


def closure(module: str) -> set[str]:
    """The module, everything that it imports directly or indirectly, and the packages these lie in."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or module_file(name) is None:
            continue
        found.add(name)
        parents = name.split(".")[:-1]
        waiting += imports_of(name) | {".".join(parents[:i]) for i in range(1, len(parents) + 1)}
    return found
