"""Where a resource that is acquired inside a try, a condition or a retry loop can be entered: right below it.

`try: nc = await nats.connect(url)` with handlers that all leave, then `async with nc:`. That is so only where reaching
the end of the statement means that the acquisition was the last thing that it did.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from flake8_naq.fixer.tree import Tree
from flake8_naq.syntax.names import Names

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_LEAVES = (ast.Return, ast.Raise, ast.Continue)
_AROUND = (ast.If, ast.Try, *_LOOPS)


class EntryPoint:
    """Finds the statement below which the resource of *acquisitions* is surely open."""

    def __init__(self, tree: Tree, names: Names, leaving: Set[str], acquisitions: Set[ast.stmt]) -> None:
        """*leaving*: the calls that never come back."""
        self._tree = tree
        self._names = names
        self._leaving = leaving
        self._acquisitions = acquisitions

    def of(self, statement: ast.stmt) -> ast.stmt:
        """The outermost compound statement that ends with the acquisition, or the acquisition itself."""
        found = statement
        owner = self._tree.place(statement).owner
        while isinstance(owner, (*_AROUND, ast.ExceptHandler)):
            if isinstance(owner, _AROUND):
                if self._settles(owner):
                    found = owner
                elif found is not statement:
                    break
            owner = self._tree.parents[owner]
        return found

    def _settles(self, node: ast.stmt) -> bool:
        """Whether the statement ends in an acquisition wherever it ends normally, and holds no other one."""
        ends = set(self._ends(node))
        inside = {one for one in self._acquisitions if self._tree.is_inside(one, [node])}
        return None not in ends and bool(ends) and ends == inside

    def _ends(self, node: ast.stmt) -> Iterator[ast.stmt | None]:
        """The acquisitions with which a statement ends; None for every other normal end."""
        if node in self._acquisitions:
            yield node
        elif isinstance(node, ast.If) and node.orelse:
            yield from self._last(node.body)
            yield from self._last(node.orelse)
        elif isinstance(node, ast.Try) and not node.orelse and not node.finalbody:
            yield from self._last(node.body)
            for handler in node.handlers:
                yield from self._last(handler.body)
        elif isinstance(node, _LOOPS):
            yield from self._loop(node)
        elif not self._leaves(node):
            yield None

    def _last(self, block: list[ast.stmt]) -> Iterator[ast.stmt | None]:
        return self._ends(block[-1])

    def _leaves(self, node: ast.stmt) -> bool:
        if isinstance(node, _LEAVES):
            return True
        call = node.value if isinstance(node, ast.Expr) else None
        if not isinstance(call, ast.Call):
            return False
        return self._names.of(call.func) in self._leaving or self._never_returns(call)

    def _never_returns(self, call: ast.Call) -> bool:
        """Whether the call is one of a function of the same file that ends in leaving."""
        if not isinstance(call.func, ast.Name):
            return False
        found = [one for one in self._tree.module.body if isinstance(one, ast.FunctionDef) and one.name == call.func.id]
        return len(found) == 1 and any(
            isinstance(one, ast.Raise)
            or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Call) and self._known(one.value))
            for one in found[0].body
        )

    def _known(self, call: ast.Call) -> bool:
        return self._names.of(call.func) in self._leaving

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> Iterator[ast.stmt | None]:
        """A loop ends at its breaks, each of them right after an acquisition; where it runs out, something leaves."""
        endless = isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and bool(node.test.value)
        if not endless:
            yield from self._last(node.orelse) if node.orelse else (None,)
        for one in self._breaks(node):
            place = self._tree.place(one)
            before = place.block[place.index - 1] if place.index else None
            owner = place.owner
            if before is None and isinstance(owner, ast.Try) and place.field == "orelse":
                before = owner.body[-1]
            yield before if before in self._acquisitions else None

    def _breaks(self, loop: ast.AST) -> Iterator[ast.Break]:
        """The breaks of a loop itself, in nothing but conditions and tries without a finally."""
        for node in ast.walk(loop):
            if isinstance(node, ast.Break):
                around = list(self._tree.ancestors(node))
                if next(one for one in around if isinstance(one, _LOOPS)) is loop:
                    yield node
