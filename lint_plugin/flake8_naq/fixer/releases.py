"""Statements by which a function releases a resource: what they are wrapped in, what is lost with them.

Knows the forms (a guard, a quiet `try`, a time limit, a task); where a release stands is the business of `block`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from flake8_naq.analysis.module import FunctionFacts, ModuleFacts
from flake8_naq.catalogue.model import Resource
from flake8_naq.fixer.model import CannotFix
from flake8_naq.fixer.tree import Tree, is_log_call, is_none

_WAITS = frozenset({"asyncio.wait_for", "asyncio.shield"})
_TASKS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})


@dataclass(frozen=True, slots=True)
class Release:
    """One release: the call, the whole statement that goes with it, and what is lost with that statement."""

    call: ast.Call
    unit: ast.stmt
    caveats: tuple[str, ...]
    closes: bool  # as the manager does it, and not by draining or in a helper
    asks_none: bool  # whether a guard around it passes over None


class Releases:
    """Recognises releases of one resource under one name."""

    def __init__(self, facts: ModuleFacts, function: FunctionFacts, tree: Tree, resource: Resource, name: str) -> None:
        self._facts = facts
        self._function = function
        self._tree = tree
        self._resource = resource
        self._name = name

    def find(self, seen: set[ast.AST], *roots: ast.AST) -> list[Release]:
        """Those that the analysis has *seen*, and those under the same name in *roots*, in the order of the text."""
        calls = {node for node in seen if isinstance(node, ast.Call)}
        for root in roots:
            calls |= {node for node in ast.walk(root) if isinstance(node, ast.Call) and self.is_release(node)}
        return [self.of(call) for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset))]

    def is_release(self, call: ast.Call) -> bool:
        """Whether the call releases what the name holds, by a method or a function of the catalogue."""
        function = call.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            if function.value.id == self._name:
                return function.attr in self._resource.release_methods
        return self._is_function(call) and any(self._is_it(argument) for argument in call.args)

    def _is_function(self, call: ast.Call) -> bool:
        return self._function.names.of(call.func) in self._resource.release_functions

    def _is_it(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id == self._name

    def of(self, call: ast.Call) -> Release:
        """The release with the statement around it."""
        statement, caveats = self._statement(call)
        unit: ast.stmt = statement
        while True:
            outer, caveat = self._wrapper(unit)
            if outer is None:
                return Release(call, unit, tuple(caveats), self._closes(call), self._asks_none(unit))
            caveats += caveat
            unit = outer

    def _statement(self, call: ast.Call) -> tuple[ast.Expr, list[str]]:
        """The expression statement that is the release, whatever waits for it or runs it."""
        caveats: list[str] = []
        node: ast.AST = call
        parent = self._tree.parents[node]
        while not isinstance(parent, ast.Expr):
            if isinstance(parent, ast.Call) and parent.args and parent.args[0] is node:
                called = self._function.names.of(parent.func)
                if called in _WAITS:
                    caveats.append(f"the close on line {call.lineno} has a time limit or shield of its own")
                elif called in _TASKS:
                    caveats.append(f"line {call.lineno} closes it in the background")
                else:
                    raise CannotFix(f"its release on line {call.lineno} is part of a larger statement")
            elif not isinstance(parent, ast.Await):
                raise CannotFix(f"its release on line {call.lineno} is part of a larger statement")
            node, parent = parent, self._tree.parents[parent]
        return parent, caveats

    def _wrapper(self, unit: ast.stmt) -> tuple[ast.stmt | None, list[str]]:
        """The statement around a release that is there for the release alone."""
        owner = self._tree.parents[unit]
        if isinstance(owner, ast.If) and owner.body == [unit] and not owner.orelse and self.is_guard(owner.test):
            return owner, []
        if isinstance(owner, ast.If) and not owner.orelse and self.is_guard(owner.test) and unit in owner.body:
            return (owner, []) if self._only_releases(owner.body) else (None, [])
        if isinstance(owner, ast.Try) and self._only_releases(owner.body) and unit in owner.body:
            if owner.handlers and not owner.orelse and not owner.finalbody and all(map(_is_quiet, owner.handlers)):
                return owner, [f"an error of the close on line {unit.lineno} would no longer be swallowed"]
        if isinstance(owner, (ast.With, ast.AsyncWith)) and self._only_releases(owner.body) and unit in owner.body:
            if all(self._swallows(item.context_expr) for item in owner.items):
                return owner, [f"an error of the close on line {unit.lineno} would no longer be swallowed"]
        return None, []

    def _only_releases(self, block: list[ast.stmt]) -> bool:
        return all(self.is_plain(statement) for statement in block)

    def is_plain(self, statement: ast.stmt) -> bool:
        """Whether the statement is a release and nothing else."""
        if not isinstance(statement, ast.Expr):
            return False
        value = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
        return isinstance(value, ast.Call) and self.is_release(value)

    def _swallows(self, node: ast.expr) -> bool:
        called = self._function.names.of(node.func) if isinstance(node, ast.Call) else None
        return called in self._facts.catalogue.calls.swallowing

    def is_guard(self, test: ast.expr) -> bool:
        """Whether a condition asks no more than whether the name holds something that is open."""
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            return all(self.is_guard(value) for value in test.values)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self._asks(test.operand, self._resource.closed_tests)
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.IsNot, ast.NotEq)):
            return self._is_it(test.left) and is_none(test.comparators[0])
        return self._is_it(test) or self._asks(test, self._resource.open_tests)

    def _asks_none(self, unit: ast.stmt) -> bool:
        return isinstance(unit, ast.If) and self._none_fails(unit.test)

    def _none_fails(self, test: ast.expr) -> bool:
        """Whether None does not pass the condition, and raises nothing in it."""
        first = test.values[0] if isinstance(test, ast.BoolOp) else test
        return self._is_it(first) or isinstance(first, ast.Compare)

    def _asks(self, node: ast.expr, attributes: frozenset[str]) -> bool:
        return isinstance(node, ast.Attribute) and self._is_it(node.value) and node.attr in attributes

    def _closes(self, call: ast.Call) -> bool:
        """Whether the call does what the end of the manager does."""
        if self._is_function(call):
            return True
        if not isinstance(call.func, ast.Attribute) or not self._is_it(call.func.value):
            return False
        methods = self._resource.release_methods
        return call.func.attr in ("close", "aclose") or (len(methods) == 1 and call.func.attr in methods)


def _is_quiet(handler: ast.ExceptHandler) -> bool:
    """A handler that does nothing, or says a word and goes on."""
    return all(isinstance(one, ast.Pass) or is_log_call(one) for one in handler.body)
