"""Which lists of a function are only read in it: what they hold is neither closed, nor given to other code."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import Final

from flake8_naq.syntax.nodes import FUNCTIONS
from flake8_naq.syntax.walk import walk

_DISPLAYS: Final = (ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Tuple)
_MEASURED: Final = ("len", "bool")


def read_only_displays(function: ast.AST, ending: Collection[str]) -> frozenset[ast.expr]:
    """Return the displays and comprehensions whose only name is used for nothing but to read attributes of the items.

    `ending` are the methods after which an item need not be closed: a list whose items have one called is not returned.
    """
    if not isinstance(function, FUNCTIONS):
        return frozenset()
    nodes = [node for statement in function.body for node in walk(statement)]
    stored: dict[str, list[ast.expr | None]] = {}
    for node in nodes:
        for name, value in _stored(node):
            stored.setdefault(name, []).append(value)
    uses = _Uses(nodes, ending)
    return frozenset(
        values[0]
        for name, values in stored.items()
        if len(values) == 1 and values[0] is not None and uses.only_read(name)
    )


def _stored(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the names that a node binds, with the display that one gets by an assignment alone."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        yield node.targets[0].id, node.value if isinstance(node.value, _DISPLAYS) else None
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from ((name, None) for name in node.names for _ in range(2))


class _Uses:
    """How the names of a function are used."""

    def __init__(self, nodes: list[ast.AST], ending: Collection[str]) -> None:
        self._ending = ending
        self._nodes = nodes
        self._loads = [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
        self._allowed: set[int] = set()  # the names that are only looked at
        self._items: dict[int, ast.expr] = {}  # the target of the loop over a name
        for node in nodes:
            self._note(node)

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)) and isinstance(node.iter, ast.Name):
            self._items[id(node.iter)] = node.target
        elif isinstance(node, ast.Attribute) and node.attr not in self._ending:
            self._allowed.add(id(node.value))
            if isinstance(node.value, ast.Subscript):
                self._allowed.add(id(node.value.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MEASURED:
            self._allowed.update(map(id, node.args))

    def only_read(self, name: str) -> bool:
        """Return whether each use of a list measures it, or reads its items."""
        own = [node for node in self._loads if node.id == name]
        return bool(own) and all(self._is_read(node) for node in own)

    def _is_read(self, node: ast.Name) -> bool:
        target = self._items.get(id(node))
        if target is None:
            return id(node) in self._allowed and not self._is_of_list(node)
        return isinstance(target, ast.Name) and all(
            id(one) in self._allowed for one in self._loads if one.id == target.id
        )

    def _is_of_list(self, node: ast.Name) -> bool:
        """Return whether an attribute of the list itself is used: `files.append` changes what it holds."""
        return any(isinstance(one, ast.Attribute) and one.value is node for one in self._nodes)
