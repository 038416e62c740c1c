"""The conditions that several fixes share, each with the reason that it gives."""

from __future__ import annotations

import ast
from collections.abc import Callable
from textwrap import indent

import pytest

from flake8_naq.edits.checks import (
    check_bound_here,
    check_lines_not_silenced,
    check_local,
    check_not_silenced,
    check_unused_after,
)
from flake8_naq.edits.model import CannotFix
from flake8_naq.syntax.text import Text
from flake8_naq.syntax.tree import Tree


def reason(check: Callable[[], None]) -> str:
    """Why the check refuses, or nothing where it does not."""
    try:
        check()
    except CannotFix as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("f()\n", ""),
        ("f()  # noqa\n", "line 1 is under noqa"),
        ("f(\n    1,  # noqa: NAQ101\n)\n", "line 2 is under noqa"),
        ("f(\n    1,\n)  # NOQA\n", "line 3 is under noqa"),
        ("f()\ng()  # noqa\n", ""),
        ("# noqa\nf()\n", ""),
    ],
)
def test_noqa_on_a_line_of_the_node(source: str, expected: str) -> None:
    node = ast.parse(source).body[0]
    assert reason(lambda: check_not_silenced(Text(source), node)) == expected


def test_the_first_of_the_lines_is_named() -> None:
    text = Text("a\nb  # noqa\nc  # noqa\n")
    assert reason(lambda: check_lines_not_silenced(text, [1])) == ""
    assert reason(lambda: check_lines_not_silenced(text, [1, 3, 2])) == "line 3 is under noqa"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a = b = 1", ""),
        ("global a\na = 1", "'a' belongs to an outer scope"),
        ("nonlocal b\na = b = 1", "'b' belongs to an outer scope"),
        ("global c\na = 1", ""),
        ("def inner():\n    nonlocal a\n    a = 2", "'a' belongs to an outer scope"),
        ("a = 1\ndef inner():\n    nonlocal a\n    print(a)", ""),
        ("def inner():\n    if a:\n        nonlocal a\n    print(a)", "'a' belongs to an outer scope"),
        ("a = 1\nprint(locals())", "line 3 may read variables by name"),
        ("a = 1\nprint(eval('a'))", "line 3 may read variables by name"),
        ("a = 1\nprint(vars(a))", ""),
    ],
)
def test_local_names(body: str, expected: str) -> None:
    function = ast.parse(f"def f():\n{indent(body, '    ')}\n").body[0]
    assert reason(lambda: check_local(function, ["a", "b"])) == expected


@pytest.mark.parametrize(
    ("other", "body", "expected"),
    [
        ("", "a = 1", ""),
        ("", "global a\na = 1", ""),
        ("", "global b\na = 1", ""),
        ("", "nonlocal a\na = 1", "'a' belongs to an outer scope"),
        ("", "a = 1\ndef inner():\n    nonlocal a\n    a = 2", "'a' belongs to an outer scope"),
        ("", "def inner():\n    global a\n    a = 2", "'a' belongs to an outer scope"),
        ("def g():\n    global a\n    a = 2", "global a\na = 1", "'a' belongs to an outer scope"),
        ("def g():\n    global a\n    a = 2", "a = 1", ""),
        ("", "global a\na = 1\nprint(locals())", "line 4 may read variables by name"),
    ],
)
def test_names_that_one_function_binds(other: str, body: str, expected: str) -> None:
    tree = Tree(ast.parse(f"def f():\n{indent(body, '    ')}\n\n{other}\n"))
    assert reason(lambda: check_bound_here(tree, tree.module.body[0], "a")) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a = g()\na.x()", ""),
        ("a = g()\na.x()\nb()", ""),
        ("a = g()\na.x()\nb(a)", "the name 'a' is used after the block, on line 4"),
        ("a = g()\na.x()\ndel a", "the name 'a' is used after the block, on line 4"),
        ("a = g()\na.x()\na = 1\nb(a)", ""),
        ("a = g()\na.x()\nb()\nlambda: a", "the name 'a' is used after the block, on line 5"),
    ],
)
def test_reads_after_the_block(body: str, expected: str) -> None:
    tree = Tree(ast.parse(f"def f():\n{indent(body, '    ')}\n"))
    function = tree.module.body[0]
    assert isinstance(function, ast.FunctionDef)
    start, inside = function.body[0], function.body[:2]
    assert reason(lambda: check_unused_after(tree, start, inside, "a")) == expected
