"""Imports within naq point downward only: lower layers do not import jobs, and no two modules import each other."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import naq

PACKAGE = Path(naq.__file__).parent
# From the bottom: these import themselves and what is listed before them, nothing else of naq.
BOTTOM = (
    "error_text", "cancellation", "errors", "option_values", "settings", "config", "connection", "free_ports", "server",
    "testing",
)  # fmt: skip
FILES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = ["naq", *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FILES}


def imports(path: Path) -> set[str]:
    """Modules of naq that *path* imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            # What is imported from a package may be a module in it.
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            found.update(name if name in MODULES else str(node.module) for name in names)
    return found & set(MODULES)


@pytest.mark.parametrize("name", [name for name in MODULES if name.split(".")[1:2] and name.split(".")[1] in BOTTOM])
def test_the_bottom_knows_nothing_of_what_stands_on_it(name: str) -> None:
    own = name.split(".")[1]
    for imported in imports(MODULES[name]):
        layer = imported.split(".")[1]
        assert layer in BOTTOM[: BOTTOM.index(own) + 1], f"{name} imports {imported} from above"


def test_no_two_modules_need_each_other() -> None:
    graph = {name: imports(path) - {name} for name, path in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_linter_is_not_imported() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] == "flake8_naq" for name in names), path
