"""What keeps the library easy to read: the size of its classes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import naq

PACKAGE = Path(naq.__file__).parent
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
MOST_METHODS = 20
# Classes that have more, with their number, which must not grow.
LARGER = {
    # One name on the server is one line of it, which users read; names have no parts.
    "names.py: Names": 24,
}


def methods(owner: ast.ClassDef) -> int:
    """Return the number of methods; those of one name, as the signatures of an overloaded method, count once."""
    return len({node.name for node in owner.body if isinstance(node, FUNCTIONS)})


def test_no_class_has_more_than_twenty_methods() -> None:
    found = {
        f"{path.relative_to(PACKAGE).as_posix()}: {node.name}": methods(node)
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    assert len(found) > 100
    assert {name: number for name, number in found.items() if number > MOST_METHODS} == LARGER


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("pass", 0),
        ("def f(self): pass\n async def g(self): pass", 2),
        ("@overload\n def f(self, x: int): ...\n @overload\n def f(self, x: str): ...\n def f(self, x): pass", 1),
    ],
)
def test_methods_are_counted(source: str, number: int) -> None:
    (owner,) = ast.parse(f"class A:\n {source}").body
    assert isinstance(owner, ast.ClassDef)
    assert methods(owner) == number
