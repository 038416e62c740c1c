"""What keeps the linter easy to read: the size of classes, and of the engine."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import flake8_naq

PACKAGE = Path(flake8_naq.__file__).parent
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
MOST_METHODS = 20
MOST_ENGINE_LINES = 4_300


def methods(owner: ast.ClassDef) -> int:
    return sum(isinstance(node, FUNCTIONS) for node in owner.body)


def test_no_class_has_more_than_twenty_methods() -> None:
    found = {
        f"{path.relative_to(PACKAGE)}: {node.name}": methods(node)
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    assert len(found) > 100
    assert {name: number for name, number in found.items() if number > MOST_METHODS} == {}


@pytest.mark.parametrize(("source", "number"), [("pass", 0), ("def f(self): pass\n async def g(self): pass", 2)])
def test_methods_are_counted(source: str, number: int) -> None:
    (owner,) = ast.parse(f"class A:\n {source}").body
    assert isinstance(owner, ast.ClassDef)
    assert methods(owner) == number


def test_the_engine_stays_small() -> None:
    paths = [path for room in ("cfg", "dataflow") for path in (PACKAGE / room).rglob("*.py")]
    assert len(paths) > 20
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths) <= MOST_ENGINE_LINES
