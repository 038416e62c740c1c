"""Which lists of a function are only read in it."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from flake8_naq.prescan.containers import read_only_displays


@pytest.mark.parametrize(
    ("body", "read_only"),
    [
        ("return len(xs)", True),
        ("return [x.read() for x in xs]", True),
        ("for x in xs:\n    print(x.name)", True),
        ("return xs[0].read()", True),
        ("return p", False),
        ("return xs", False),
        ("keep(xs)", False),
        ("xs.append(p)", False),
        ("xs = xs", False),
        ("for x in xs:\n    x.close()", False),
        ("for x in xs:\n    keep(x)", False),
        ("for x, y in xs:\n    x.read()", False),
        ("xs[0].close()", False),
        ("y = xs[0]", False),
        ("global xs\nlen(xs)", False),
        ("def inner():\n    return xs", False),
    ],
)
def test_a_list_is_only_read(body: str, read_only: bool) -> None:
    tree = ast.parse(f"def f(p):\n    xs = [open(one) for one in p]\n{indent(body, '    ')}\n")
    assert bool(read_only_displays(tree.body[0], {"close"})) is read_only


def test_a_module_is_not_looked_at() -> None:
    assert not read_only_displays(ast.parse("xs = [open(p)]\nlen(xs)\n"), {"close"})
