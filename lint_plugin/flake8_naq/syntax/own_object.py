"""What methods do with their own object: attributes of `self`, calls of methods on it, and other uses of `self`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Set

from flake8_naq.syntax.names import Scope


def own_attribute(node: ast.AST) -> str:
    """Return `nc` for `self.nc`, and an empty text for other nodes."""
    if type(node) is ast.Attribute and type(node.value) is ast.Name and node.value.id == "self":
        return node.attr
    return ""


def own_calls(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls of methods on `self` among the nodes, with the name of the method."""
    for node in nodes:
        if type(node) is ast.Call and (name := own_attribute(node.func)):
            yield name, node


def gives_self(nodes: Iterable[ast.AST]) -> bool:
    """Return whether `self` is passed or stored in the nodes, by which other code gets the object.

    To return it gives nothing: the caller has the object on which it called the method.
    """
    nodes = list(nodes)
    looked_up = {id(node.value) for node in nodes if isinstance(node, (ast.Attribute, ast.Return))}
    loads = (node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return any(node.id == "self" and id(node) not in looked_up for node in loads)


def with_callers(methods: Iterable[str], calls: Mapping[str, Set[str]]) -> set[str]:
    """Return the methods and all methods that call one of them, at any distance.

    `calls` has, for each method of a class, the names of the methods that it calls.
    """
    found, before = set(methods), -1
    while before != len(found):
        before = len(found)
        found.update(name for name, called in calls.items() if called & found)
    return found


def methods_around(owner: Scope, node: ast.expr) -> Iterator[str]:
    """Yield the names of the methods of a class that the node is in."""
    for name, function in owner.functions.items():
        if function.lineno <= node.lineno <= (function.end_lineno or 0):
            yield name
