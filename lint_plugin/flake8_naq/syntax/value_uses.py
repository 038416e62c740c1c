"""What the code around a use does with the value: questions that are alike for a name, an attribute and an item."""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Final

from flake8_naq.syntax.tree import Tree

_TESTS: Final = (ast.If, ast.While, ast.IfExp, ast.Assert)
_MEASURES: Final = frozenset({"len", "bool", "str", "repr", "id"})


def is_only_inspected(tree: Tree, node: ast.expr) -> bool:
    """Return whether the value is only tested, compared, measured or written as text."""
    inner: ast.AST = node
    parent = tree.parents[inner]
    while isinstance(parent, ast.BoolOp):
        inner, parent = parent, tree.parents[parent]
    if isinstance(parent, ast.UnaryOp):
        return True
    if isinstance(parent, _TESTS):
        return parent.test is inner
    if isinstance(parent, ast.Call):
        return isinstance(parent.func, ast.Name) and parent.func.id in _MEASURES
    return isinstance(parent, (ast.Compare, ast.FormattedValue))


def looks_up(tree: Tree, node: ast.AST, attributes: Collection[str]) -> bool:
    """Return whether one of the attributes is looked up in the node, or in what it leads to: `nc.transport.close()`.

    An object that is made with the value, `Wrapper(nc.transport)`, counts as what the value leads to.
    """
    while isinstance(node, (ast.Attribute, ast.Call, ast.Await, ast.Subscript)):
        if isinstance(node, ast.Attribute) and node.attr in attributes:
            return True
        node = tree.parents[node]
    return False
