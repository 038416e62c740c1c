"""The functions that code calls, by their names or on its own object, at any distance."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from flake8_naq.syntax.names import FunctionNode
from flake8_naq.syntax.own_object import own_calls

Calls: TypeAlias = Callable[[Iterable[ast.AST]], list[str]]  # the names of what the nodes call
Inside: TypeAlias = Callable[[ast.AST], Iterable[ast.AST]]  # the nodes of a function that count


def called_methods(nodes: Iterable[ast.AST]) -> list[str]:
    """Return the names of the methods that the nodes call on `self`."""
    return [name for name, _ in own_calls(nodes)]


def called_names(nodes: Iterable[ast.AST]) -> list[str]:
    """Return the plain names that the nodes call."""
    return [node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]


def reached(
    nodes: Iterable[ast.AST], functions: Mapping[str, FunctionNode], called: Calls, inside: Inside
) -> list[ast.AST]:
    """Return the nodes `inside` the functions that the nodes call, and that those call in turn."""
    pending, seen, found = called(nodes), set[str](), list[ast.AST]()
    while pending:
        name = pending.pop()
        if name in functions and name not in seen:
            seen.add(name)
            inner = list(inside(functions[name]))
            found += inner
            pending += called(inner)
    return found
