"""What methods do with their own object: attributes of `self`, calls of methods on it, and other uses of `self`."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from typing import Final, NamedTuple, TypeGuard

from flake8_naq.syntax.names import FunctionNode, Scope
from flake8_naq.syntax.walk import scope_nodes

# Give an argument to no other code than a method of it that Python calls.
_LOOKING: Final = frozenset({"super", "type", "isinstance", "id", "len", "repr", "str", "bool", "hash"})


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

    To return it gives nothing: the caller has the object on which it called the method. Nor does an item, `self[0]`.
    """
    nodes = list(nodes)
    looked_up = {id(node.value) for node in nodes if isinstance(node, (ast.Attribute, ast.Return, ast.Subscript))}
    looked_up.update(id(one) for node in nodes if _is_call_of(node, _LOOKING) for one in node.args)
    loads = (node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return any(node.id == "self" and id(node) not in looked_up for node in loads)


def is_super(node: ast.AST) -> TypeGuard[ast.Call]:
    """Return whether the node is `super()`, or `super(Bus, self)`."""
    return _is_call_of(node, ("super",))


def _is_call_of(node: ast.AST, names: Collection[str]) -> TypeGuard[ast.Call]:
    return type(node) is ast.Call and type(node.func) is ast.Name and node.func.id in names


def with_callers(methods: Iterable[str], calls: Mapping[str, Set[str]]) -> set[str]:
    """Return the methods and all methods that call one of them, at any distance.

    `calls` has, for each method of a class, the names of the methods that it calls.
    """
    found, before = set(methods), -1
    while before != len(found):
        before = len(found)
        found.update(name for name, called in calls.items() if called & found)
    return found


class ReturningSelf(NamedTuple):
    """The methods of a class that return the object itself on every way, and those of which that is not certain."""

    surely: frozenset[str]
    perhaps: frozenset[str]


def returning_self(methods: Mapping[str, FunctionNode]) -> ReturningSelf:
    """Return which of the methods return `self`, or what such a method of theirs returns."""
    returned = {name: [one.value for one in scope_nodes(node, ast.Return)] for name, node in methods.items()}
    plain = {name for name, node in methods.items() if _only_returns(node)}
    surely, perhaps, before = set[str](), set[str](), -1
    while before != len(surely) + len(perhaps):
        before = len(surely) + len(perhaps)
        for name, values in returned.items():
            if any(_is_self(one, surely | perhaps) for one in values):
                perhaps.add(name)
                if name in plain and all(_is_self(one, surely) for one in values):
                    surely.add(name)
    return ReturningSelf(frozenset(surely), frozenset(perhaps - surely))


def _only_returns(method: FunctionNode) -> bool:
    """Return whether a call of the method gives what a `return` has, as its end is one."""
    if not isinstance(method, ast.FunctionDef) or method.decorator_list or not isinstance(method.body[-1], ast.Return):
        return False
    return not any(scope_nodes(method, ast.Yield, ast.YieldFrom))


def _is_self(value: ast.expr | None, returning: Set[str]) -> bool:
    """Return whether a value is the object, or what one of these methods returns of it."""
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in returning:
        value = value.func.value
    return isinstance(value, ast.Name) and value.id == "self"


def methods_around(owner: Scope, node: ast.expr) -> Iterator[str]:
    """Yield the names of the methods of a class that the node is in."""
    for name, function in owner.functions.items():
        if function.lineno <= node.lineno <= (function.end_lineno or 0):
            yield name
