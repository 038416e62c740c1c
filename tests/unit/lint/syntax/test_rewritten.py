"""Trees in which some nodes are other ones."""

from __future__ import annotations

import ast

from flake8_naq.syntax.rewritten import rewritten

SOURCE = """
def f(x):
    if x:
        first(x)
    else:
        second(x)
    third(x)
"""


def _renamed(node: ast.AST) -> ast.AST:
    is_second = isinstance(node, ast.Call) and ast.unparse(node.func) == "second"
    return ast.Constant(2) if is_second else node


def test_what_changes_is_replaced_and_the_first_tree_is_left() -> None:
    tree = ast.parse(SOURCE)
    assert ast.unparse(rewritten(tree, _renamed)) == ast.unparse(ast.parse(SOURCE.replace("second(x)", "2")))
    assert ast.unparse(tree) == ast.unparse(ast.parse(SOURCE))


def test_what_does_not_change_is_shared() -> None:
    function = ast.parse(SOURCE).body[0]
    found = rewritten(function, _renamed)
    assert isinstance(function, ast.FunctionDef)
    assert isinstance(found, ast.FunctionDef)
    assert found is not function
    assert found.body[1] is function.body[1]
    assert isinstance(found.body[0], ast.If)
    assert isinstance(function.body[0], ast.If)
    assert found.body[0].body is not function.body[0].orelse
    assert found.body[0].body[0] is function.body[0].body[0]
    assert found.body[0].lineno == function.body[0].lineno


def test_a_tree_without_a_change_is_the_same() -> None:
    tree = ast.parse("first(x)")
    assert rewritten(tree, _renamed) is tree
