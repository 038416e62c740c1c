"""Statements by which a function releases a resource: what they are wrapped in, and what is lost with them.

Knows the forms (a guard, a `try` that suppresses errors, a time limit, a task), not where a release may be.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from flake8_naq.catalogue.model import Resource
from flake8_naq.edits.model import CannotFix
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.prescan.owner_classes import EXITS
from flake8_naq.syntax.callees import arguments_of
from flake8_naq.syntax.nodes import is_none, without_await
from flake8_naq.syntax.tree import is_log_call

_WAITS = frozenset({"asyncio.wait_for", "asyncio.shield"})
_TASKS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})


@dataclass(frozen=True, slots=True)
class Release:
    """One release: the call, the whole statement that disappears with it, and what is lost with that statement."""

    call: ast.Call
    unit: ast.stmt
    caveats: tuple[str, ...]
    closes: bool  # as the manager does it, and not by draining or in a helper
    asks_none: bool  # whether a guard around it is false for None
    waits: tuple[ast.stmt, ...] = ()  # the statements behind it that only wait for its end

    @property
    def is_method_call(self) -> bool:
        """Whether it calls a method of a plain name, as a drain does."""
        return isinstance(self.call.func, ast.Attribute) and isinstance(self.call.func.value, ast.Name)


class Releases:
    """Recognises releases of one resource under one name."""

    def __init__(self, snapshot: Snapshot, function: FunctionFacts, resource: Resource, name: str) -> None:
        self._tree = snapshot.tree
        self._swallowing = snapshot.facts.catalogue.calls.swallowing
        self._names = function.names
        self._resource = resource
        self._name = name

    def find(self, seen: Iterable[ast.AST], *roots: ast.AST) -> list[Release]:
        """Return those that the analysis has `seen`, and those of the same name in `roots`, in the order of the text.

        Raises CannotFix for a release that is part of a larger statement.
        """
        calls = {node for node in seen if isinstance(node, ast.Call)}
        for root in roots:
            calls |= {node for node in ast.walk(root) if isinstance(node, ast.Call) and self.is_release(node)}
        return [self.of(call) for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset))]

    def is_release(self, call: ast.Call) -> bool:
        """Whether the call releases what the name holds, by a method or a function of the catalogue."""
        function = call.func
        if isinstance(function, ast.Attribute) and self._is_it(function.value):
            return function.attr in self._resource.release_methods
        return self._is_function(call) and any(map(self._is_it, arguments_of(call)))

    def _is_function(self, call: ast.Call) -> bool:
        """Whether the call releases an argument, as `os.close(fd)` and `pool.release(connection)` do."""
        if isinstance(call.func, ast.Attribute) and call.func.attr in self._resource.give_back_methods:
            return True
        return self._names.of(call.func) in self._resource.release_functions

    def _is_it(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id == self._name

    def of(self, call: ast.Call) -> Release:
        """Return the release with the statement around it."""
        unit, caveats = self._statement(call)
        while (wrapper := self._wrapper(unit)) is not None:
            unit, caveat = wrapper
            caveats += caveat
        if not self._is_function(call) and (call.args or call.keywords):
            if any(isinstance(one.value, ast.Constant) and one.value.value is False for one in call.keywords):
                raise CannotFix(f"a block does what '{ast.unparse(call)}' on line {call.lineno} leaves out")
            caveats.append(f"the close on line {call.lineno} would lose its arguments")
        asks_none = isinstance(unit, ast.If) and self._is_false_for_none(unit.test)
        return Release(call, unit, tuple(caveats), self._closes(call), asks_none, tuple(self._waits(unit)))

    def _statement(self, call: ast.Call) -> tuple[ast.stmt, list[str]]:
        """Return the expression statement that is the release, with what waits for it or runs it."""
        caveats: list[str] = []
        node: ast.AST = call
        while not isinstance(parent := self._tree.parents[node], ast.Expr):
            called = self._called_with(parent, node)
            if called in _WAITS:
                caveats.append(f"the close on line {call.lineno} would lose its time limit or shield")
            elif called in _TASKS:
                caveats.append(f"line {call.lineno} closes it in the background")
            elif not isinstance(parent, ast.Await):
                raise CannotFix(f"its release on line {call.lineno} is part of a larger statement")
            node = parent
        return parent, caveats

    def _called_with(self, parent: ast.AST, argument: ast.AST) -> str | None:
        """Return the function whose first argument the node is."""
        is_first = isinstance(parent, ast.Call) and parent.args[:1] == [argument]
        return self._names.of(parent.func) if is_first and isinstance(parent, ast.Call) else None

    def _wrapper(self, unit: ast.stmt) -> tuple[ast.stmt, list[str]] | None:
        """Return the statement that is there only for the release in it, and the caveats of removing it."""
        owner = self._tree.parents[unit]
        if isinstance(owner, ast.If) and not owner.orelse and self.is_guard(owner.test):
            alone = owner.body == [unit] or self._only_releases(owner.body)
            return (owner, []) if alone else None
        body = self._suppressed(owner)
        if not isinstance(owner, ast.stmt) or unit not in body or not self._only_releases(body):
            return None
        if not self._resource.close_fails:
            return owner, []
        return owner, [f"an exception from the close on line {unit.lineno} would no longer be suppressed"]

    def _suppressed(self, node: ast.AST) -> list[ast.stmt]:
        """Return the body of a statement that does nothing but to suppress errors of its body; nothing for others."""
        match node:
            case ast.Try(handlers=[_, *_], orelse=[], finalbody=[]) if all(map(_is_quiet, node.handlers)):
                return node.body
            case ast.With() | ast.AsyncWith() if all(self._swallows(item.context_expr) for item in node.items):
                return node.body
        return []

    def _only_releases(self, block: list[ast.stmt]) -> bool:
        values = [one.value if isinstance(one, ast.Expr) else None for one in block if not self._is_wait(one)]
        calls = map(without_await, values)
        return all(isinstance(call, ast.Call) and self.is_release(call) for call in calls)

    def _waits(self, unit: ast.stmt) -> Iterator[ast.stmt]:
        place = self._tree.place(unit)
        yield from takewhile(self._is_wait, place.block[place.index + 1 :])

    def _is_wait(self, statement: ast.stmt) -> bool:
        """Whether a statement only waits for the end of a release: `await writer.wait_closed()`."""
        match statement:
            case ast.Expr(value=ast.Await(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)))):
                waits = self._resource.after_release & self._resource.awaited
                return name == self._name and method in waits
        body = self._suppressed(statement)
        return bool(body) and all(map(self._is_wait, body))

    def _swallows(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and self._names.of(node.func) in self._swallowing

    def is_guard(self, test: ast.expr) -> bool:
        """Whether a condition only asks if the name holds something that is open."""
        match test:
            case ast.BoolOp(op=ast.And()):
                return all(map(self.is_guard, test.values))
            case ast.UnaryOp(op=ast.Not()):
                return self._asks(test.operand, self._resource.closed_tests)
            case ast.Compare(ops=[ast.IsNot() | ast.NotEq()]):
                return self._is_it(test.left) and is_none(test.comparators[0])
        return self._is_it(test) or self._asks(test, self._resource.open_tests)

    def _is_false_for_none(self, test: ast.expr) -> bool:
        """Whether the guard is false for None, without an exception."""
        first = test.values[0] if isinstance(test, ast.BoolOp) else test
        return self._is_it(first) or isinstance(first, ast.Compare)

    def _asks(self, node: ast.expr, attributes: frozenset[str]) -> bool:
        asked = node.func if isinstance(node, ast.Call) and not node.args and not node.keywords else node
        return isinstance(asked, ast.Attribute) and self._is_it(asked.value) and asked.attr in attributes

    def _closes(self, call: ast.Call) -> bool:
        """Whether the call does what the end of the manager does."""
        if self._is_function(call):
            return True
        if not isinstance(call.func, ast.Attribute) or not self._is_it(call.func.value):
            return False
        methods = self._resource.release_methods.difference(EXITS)
        return call.func.attr in ("close", "aclose") or methods == {call.func.attr}


def _is_quiet(handler: ast.ExceptHandler) -> bool:
    """Whether a handler does nothing but to log."""
    return all(isinstance(one, ast.Pass) or is_log_call(one) for one in handler.body)
