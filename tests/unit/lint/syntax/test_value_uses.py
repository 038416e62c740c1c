"""What the code around a use does with the value."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.syntax.tree import Tree, names_in
from flake8_naq.syntax.value_uses import is_only_inspected, looks_up


def use_of_x(text: str) -> tuple[Tree, ast.Name]:
    tree = Tree(ast.parse(text))
    return tree, next(names_in(tree.module, "x"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if x: pass", True),
        ("while not x: pass", True),
        ("assert x and y", True),
        ("a if x else b", True),
        ("x is None", True),
        ("f'{x}'", True),
        ("len(x)", True),
        ("x if a else b", False),
        ("f(x)", False),
        ("m.len(x)", False),
        ("y = x", False),
        ("y = x or z", False),
        ("x.close()", False),
    ],
)
def test_a_value_that_is_only_inspected(text: str, expected: bool) -> None:
    tree, name = use_of_x(text)
    assert is_only_inspected(tree, name) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x.close", True),
        ("x.close()", True),
        ("x.transport.close()", True),
        ("(await x.get()).close()", True),
        ("x[0].close()", True),
        ("x.closed", False),
        ("x.publish(y.close())", False),
        ("Wrapper(x.transport).close()", True),
    ],
)
def test_an_attribute_that_is_looked_up_in_a_value(text: str, expected: bool) -> None:
    tree, name = use_of_x(f"async def f():\n    {text}")
    assert looks_up(tree, tree.parents[name], {"close"}) is expected
