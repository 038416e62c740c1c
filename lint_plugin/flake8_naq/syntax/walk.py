"""Walks over a tree that are quicker than `ast.walk`, as they skip nodes without code."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, overload
from weakref import WeakKeyDictionary

from flake8_naq.syntax import nodes

DEFINITIONS = frozenset(nodes.DEFINITIONS)  # for the type of a node: quicker than isinstance
_NOT_CODE = frozenset({"ctx", "op", "ops", "type_comment", "type_params", "kind", "annotation", "returns"})
_NOT_CODE |= {"id", "arg", "attr", "names", "asname", "module", "level", "conversion", "simple", "is_async"}
_NOT_CODE |= {"rest", "kwd_attrs", "type_ignores"}
_STATEMENT_FIELDS = frozenset({"body", "orelse", "finalbody", "handlers", "cases"})
# Most nodes are of these kinds, which are read in a third of the time like this.
_COMMON: dict[type[ast.AST], Callable[[Any], list[ast.AST]]] = {
    ast.Name: lambda node: [],
    ast.Constant: lambda node: [],
    ast.Attribute: lambda node: [node.value],
    ast.Await: lambda node: [node.value],
    ast.Expr: lambda node: [node.value],
    ast.keyword: lambda node: [node.value],
    ast.Call: lambda node: [node.func, *node.args, *node.keywords],
    ast.Assign: lambda node: [*node.targets, node.value],
}
One = TypeVar("One", bound=ast.AST)
Two = TypeVar("Two", bound=ast.AST)
LEAVES = frozenset({ast.Name, ast.Constant})  # most nodes
_ENDS = LEAVES | DEFINITIONS
_scopes: WeakKeyDictionary[ast.AST, _ScopeNodes] = WeakKeyDictionary()
_code_fields: dict[type[ast.AST], tuple[str, ...]] = {}
_statement_fields: dict[type[ast.AST], tuple[str, ...]] = {}


def inner_nodes(node: ast.AST) -> list[ast.AST]:
    """Return the child nodes that can hold code: as `ast.iter_child_nodes`, in a third of its time."""
    kind = type(node)
    common = _COMMON.get(kind)
    if common is not None:
        return common(node)
    fields = _code_fields.get(kind)
    if fields is None:
        fields = _code_fields[kind] = tuple(name for name in kind._fields if name not in _NOT_CODE)
    found: list[ast.AST] = []
    for name in fields:
        value = getattr(node, name, None)
        if type(value) is list:
            found += value if None not in value else [item for item in value if item is not None]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the node and every node with code in it, including nested functions and classes."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if type(current) not in LEAVES:
            stack += inner_nodes(current)


def walk_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every node with code of one scope, without nested functions and classes, their decorators and defaults.

    The answer is kept as long as the tree: a function is asked for a dozen times.
    """
    return iter(_scope_nodes(node).all)


@overload
def scope_nodes(node: ast.AST, kind: type[One], /) -> list[One]: ...


@overload
def scope_nodes(node: ast.AST, first: type[One], second: type[Two], /) -> list[One | Two]: ...


@overload
def scope_nodes(node: ast.AST, /, *kinds: type[ast.AST]) -> list[ast.AST]: ...


def scope_nodes(node: ast.AST, /, *kinds: type[ast.AST]) -> Sequence[ast.AST]:
    """Return the nodes of these types that `walk_scope` yields, in its order; the types have no subclasses."""
    found = _scope_nodes(node)
    if len(kinds) == 1:
        positions = found.of_type(kinds[0])
    else:
        positions = sorted(position for kind in kinds for position in found.of_type(kind))
    return [found.all[position] for position in positions]


def _scope_nodes(node: ast.AST) -> _ScopeNodes:
    found = _scopes.get(node)
    if found is None:
        found = _scopes[node] = _ScopeNodes(node)
    return found


class _ScopeNodes:
    """The nodes below one node, in their order, and the positions of those of each type."""

    __slots__ = ("_positions", "all")

    def __init__(self, root: ast.AST) -> None:
        self.all: list[ast.AST] = []
        self._positions: dict[type[ast.AST], list[int]] | None = None
        stack = inner_nodes(root)
        while stack:
            current = stack.pop()
            self.all.append(current)
            if type(current) not in _ENDS:
                stack += inner_nodes(current)

    def of_type(self, kind: type[ast.AST]) -> list[int]:
        """Return the positions of the nodes of one type."""
        if self._positions is None:
            self._positions = {}
            for position, node in enumerate(self.all):
                if type(node) not in LEAVES:
                    self._positions.setdefault(type(node), []).append(position)
        return self._positions.get(kind, [])


def walk_statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every statement, handler and case of one scope inside the statement `node`."""
    stack = _inner_statements(node)
    while stack:
        current = stack.pop()
        yield current
        if type(current) not in DEFINITIONS:
            stack += _inner_statements(current)


def is_generator(function: ast.AST) -> bool:
    """Return whether a call of the function only creates a generator."""
    return bool(scope_nodes(function, ast.Yield, ast.YieldFrom))


def _inner_statements(node: ast.AST) -> list[ast.AST]:
    kind = type(node)
    fields = _statement_fields.get(kind)
    if fields is None:
        names = kind._fields if issubclass(kind, (ast.stmt, ast.excepthandler, ast.match_case, ast.mod)) else ()
        fields = _statement_fields[kind] = tuple(name for name in names if name in _STATEMENT_FIELDS)
    return [inner for name in fields for inner in getattr(node, name)]
