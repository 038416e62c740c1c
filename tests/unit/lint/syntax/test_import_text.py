"""The import statements of a text, without parsing."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path

import pytest

from flake8_naq.syntax.import_text import ImportStatement, import_statements


def one(level: int, module: str, names: tuple[str, ...], *aliases: str) -> ImportStatement:
    return ImportStatement(level, module, names, aliases or names or ("",))



@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import a", [one(0, "a", ())]),
        ("import a.b as c, d  # e", [one(0, "a.b", (), "c"), one(0, "d", ())]),
        ("from a.b import c as d, e", [one(0, "a.b", ("c", "e"), "d", "e")]),
        ("from a import (\n    b,  # x, y\n    c,\n)", [one(0, "a", ("b", "c"))]),
        ("from a import (\n    b,  # see (x)\n    c as d)", [one(0, "a", ("b", "c"), "b", "d")]),
        ("from a import \\\n    b", [one(0, "a", ("b",))]),
        ("from a \\\n    import b", [one(0, "a", ("b",))]),
        ("from \\\r\n a import (b,\r\n c)\r\n", [one(0, "a", ("b", "c"))]),
        ("from . import b", [one(1, "", ("b",))]),
        ("from ...a.b import c", [one(3, "a.b", ("c",))]),
        ("from.a import(b)", [one(1, "a", ("b",))]),
        ("from a import *", [one(0, "a", ("*",))]),
        ("try: import a\nexcept ImportError: import b; x = 1", [one(0, "a", ()), one(0, "b", ())]),
        ("important = reimport = 1", []),
        ("import", []),
        ("from a import (b", [one(0, "a", ("b",))]),
    ],
)
def test_statements(text: str, found: list[ImportStatement]) -> None:
    assert list(import_statements(text.encode())) == found


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("import a.b, c.d as e", [("a", "a"), ("e", "c.d")]),
        ("from a.b import c as d, e", [("d", "a.b.c"), ("e", "a.b.e")]),
        ("from .. import b", [("b", "b")]),
        ("from ..a import *", [("*", "a.*")]),
    ],
)
def test_bindings(text: str, bound: list[tuple[str, str]]) -> None:
    assert [pair for statement in import_statements(text.encode()) for pair in statement.bindings()] == bound


def parsed(tree: ast.Module) -> set[tuple[int, str, str]]:
    found: set[tuple[int, str, str]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update((0, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update((node.level, node.module or "", alias.name) for alias in node.names)
    return found


def test_nothing_that_the_parser_finds_is_left_out() -> None:
    """Over modules of the standard library."""
    paths = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    assert len(paths) > 100
    for path in paths:
        source = path.read_bytes()
        statements = list(import_statements(source))
        quick = {(level, module, name) for level, module, names, _ in statements for name in names or ("",)}
        assert parsed(ast.parse(source)) <= quick, path
