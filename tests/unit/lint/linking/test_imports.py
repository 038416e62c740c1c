"""The import statements of a text, without parsing."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path

import pytest

from flake8_naq.linking.imports import ImportStatement, import_statements

ONE = ImportStatement


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import a", [ONE(0, "a", ())]),
        ("import a.b as c, d  # e", [ONE(0, "a.b", ()), ONE(0, "d", ())]),
        ("from a.b import c as d, e", [ONE(0, "a.b", ("c", "e"))]),
        ("from a import (\n    b,  # x, y\n    c,\n)", [ONE(0, "a", ("b", "c"))]),
        ("from a import \\\n    b", [ONE(0, "a", ("b",))]),
        ("from a \\\n    import b", [ONE(0, "a", ("b",))]),
        ("from \\\r\n a import (b,\r\n c)\r\n", [ONE(0, "a", ("b", "c"))]),
        ("from . import b", [ONE(1, "", ("b",))]),
        ("from ...a.b import c", [ONE(3, "a.b", ("c",))]),
        ("from.a import(b)", [ONE(1, "a", ("b",))]),
        ("from a import *", [ONE(0, "a", ("*",))]),
        ("try: import a\nexcept ImportError: import b; x = 1", [ONE(0, "a", ()), ONE(0, "b", ())]),
        ("important = reimport = 1", []),
        ("import", []),
        ("from a import (b", [ONE(0, "a", ("b",))]),
    ],
)
def test_statements(text: str, found: list[ImportStatement]) -> None:
    assert list(import_statements(text.encode())) == found


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
        quick = {(level, module, name) for level, module, names in statements for name in names or ("",)}
        assert parsed(ast.parse(source)) <= quick, path
