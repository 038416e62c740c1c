"""Attributes that are closed only where another one is set, which comes behind an operation that may fail.

    async def connect(self):
        self.nc = await nats.connect(self.url)
        await self.nc.subscribe("orders")
        self.connected = True

    async def close(self):
        if self.connected:
            await self.nc.close()

Where the subscription fails, no call of `close` closes the connection.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.owner_classes import ENTERS
from flake8_naq.rules.attribute_releases import is_left_to_methods, releases_in, releasing_methods
from flake8_naq.rules.attributes import Kept, kept_on_self
from flake8_naq.rules.overwritten import method_around
from flake8_naq.rules.ownership_flags import needed, needed_not
from flake8_naq.syntax.bindings import stored_values
from flake8_naq.syntax.names import FunctionNode, Scope
from flake8_naq.syntax.nodes import LOOPS, WITHS, dotted, taken_from
from flake8_naq.syntax.own_object import own_attribute
from flake8_naq.syntax.walk import walk_scope

_BY_NAME: Final = ("setattr", "__dict__", "vars(")  # ways to set an attribute without its name in the code


class LeftByFlag(NamedTuple):
    """An acquisition that the method `closer` does not close if what is on `line` fails: `flag` is not set then."""

    kept: Kept
    line: int
    flag: str
    closer: str


def left_by_flags(facts: ModuleFacts) -> Iterator[LeftByFlag]:
    """Yield the attributes that a class opens and does not close where an operation behind that fails."""
    for kept in kept_on_self(facts):
        method = method_around(kept)
        if method is not None and not method.decorator_list and len(kept.attributes) == 1 and kept.holder == "self" and not kept.client:
            yield from _left(facts, kept, method)


def _left(facts: ModuleFacts, kept: Kept, method: FunctionNode) -> Iterator[LeftByFlag]:
    attribute, owner = kept.attributes[0], kept.owner
    if _asked_for(facts, owner).isdisjoint(_set_behind(method, kept.call)):
        return  # most classes have no such flag
    flags = _Flags(facts, kept, method)
    lines, closers = dict[str, int](), list[str]()
    for closer in releasing_methods(facts, owner, attribute, kept.resource):
        closers.append(closer)
        nodes = [node for node in facts.nodes(owner.functions[closer]) if releases_in(facts, node, attribute, kept.resource)]
        late = [next(flags.set_late(_asked_before(owner.functions[closer], node)), None) for node in nodes]
        if not late or None in late:
            return
        lines.update(one for one in late if one is not None)
    if not lines or _may_be_closed_otherwise(facts, kept):
        return
    flag = min(lines, key=lambda one: (lines[one], one))
    yield LeftByFlag(kept, lines[flag], flag, closers[0])


def _asked_for(facts: ModuleFacts, owner: Scope) -> set[str]:
    """Return the attributes that the class asks for in an `if`."""
    tests = [node.test for node in facts.nodes(owner.node) if isinstance(node, ast.If)]
    return {name for test in tests for name in (*needed(test), *needed_not(test))}


def _set_behind(method: FunctionNode, call: ast.Call) -> set[str]:
    """Return the attributes that the method sets on a line below the call."""
    nodes = (node for node in walk_scope(method) if getattr(node, "lineno", 0) > call.lineno)
    return {name for node in nodes for target, _ in stored_values(node) if (name := own_attribute(target))}


def _may_be_closed_otherwise(facts: ModuleFacts, kept: Kept) -> bool:
    if not facts.knows_bases(kept.owner) or facts.closes_for_process(kept.resource):
        return True
    return not is_left_to_methods(facts, kept.owner, kept.attributes[0], kept.resource)


def _asked_before(closer: FunctionNode, release: ast.AST) -> Iterator[str]:
    """Yield the attributes of `self` without which the method does not come to the release."""
    line = getattr(release, "lineno", 0)
    for node in walk_scope(closer):
        if isinstance(node, ast.If):
            if node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0):
                yield from needed(node.test)
            elif node in closer.body and node.lineno < line and isinstance(node.body[-1], ast.Return):
                yield from needed_not(node.test)


def _values_of(flag: str, node: ast.AST, owner: ast.AST) -> Iterator[ast.expr | None]:
    """Yield what the node of a class assigns to the attribute, by `self` or in the body of the class; None for unknown."""
    in_body = isinstance(owner, ast.ClassDef) and node in owner.body
    for target, value in stored_values(node):
        named = own_attribute(target) or (dotted(target) if in_body else "")
        if named == flag and not (value is None and isinstance(node, ast.AnnAssign)):
            yield value


class _Flags:
    """The attributes of a class that a method sets only behind an acquisition, and behind a use of it that may fail."""

    def __init__(self, facts: ModuleFacts, kept: Kept, method: FunctionNode) -> None:
        self._facts = facts
        self._kept = kept
        self._method = method
        self._found: dict[str, int] = {}
        self._nodes = facts.nodes(facts.tree)
        self._quiet = facts.catalogue.calls.no_raise_methods | kept.resource.acquire_methods | ENTERS

    def set_late(self, names: Iterator[str]) -> Iterator[tuple[str, int]]:
        """Yield those of the attributes that are set late, with the line of the use that may fail before that."""
        for name in names:
            if name:
                if name not in self._found:
                    self._found[name] = self._line_before(name)
                if self._found[name]:
                    yield name, self._found[name]

    def _line_before(self, flag: str) -> int:
        """Return the line of the use behind which alone the flag is set, 0 if it may be set in another place."""
        if any(word in self._facts.text for word in _BY_NAME) or any(map(self._sets_other(flag), self._nodes)):
            return 0
        owner = self._kept.owner.node
        stored = [(node, value) for node in self._facts.nodes(owner) for value in _values_of(flag, node, owner)]
        setting = [node for node, value in stored if not (isinstance(value, ast.Constant) and not value.value)]
        if len(setting) != 1 or len(stored) == 1 or self._facts.scope_around(setting[0]).node is not self._method:
            return 0
        return self._use_before(setting[0])

    def _sets_other(self, flag: str) -> Callable[[ast.AST], bool]:
        """Return a question of a node: whether it sets the attribute of another object than `self`."""
        return lambda node: (
            isinstance(node, ast.Attribute)
            and node.attr == flag
            and not isinstance(node.ctx, ast.Load)
            and not own_attribute(node)
        )

    def _use_before(self, setting: ast.AST) -> int:
        around = list(self._facts.parents.ancestors(self._kept.call))
        if any(isinstance(one, LOOPS) for one in around):
            return 0
        uses = (node for node in walk_scope(self._method) if isinstance(node, ast.Call) and self._may_fail(node))
        lines = [one.lineno for one in uses if self._is_behind(one, self._kept.call) and self._is_missed(setting, one)]
        return min(lines, default=0)

    def _may_fail(self, call: ast.Call) -> bool:
        """Return whether the call is one of a method of what was opened, which may fail: `self.nc.subscribe(...)`."""
        if not isinstance(call.func, ast.Attribute) or call.func.attr in self._quiet:
            return False
        return any(own_attribute(part) == self._kept.attributes[0] for part in taken_from(call.func.value))

    def _is_missed(self, setting: ast.AST, use: ast.Call) -> bool:
        """Return whether the flag is not set if the use fails: it comes behind that, and no block takes the error before."""
        tree = self._facts.parents
        for one in tree.ancestors(use):
            if one is setting:
                return True
            if isinstance(one, (ast.Try, *WITHS)) and not tree.is_inside(setting, one.body):
                return False
        return self._is_behind(setting, use)

    def _is_behind(self, node: ast.AST, first: ast.AST) -> bool:
        """Return whether the node comes after the other in a block that both are in: not in another branch."""
        tree = self._facts.parents
        inside: ast.AST = first
        for around in tree.ancestors(first):
            for block in (getattr(around, name, ()) for name in ("body", "orelse", "finalbody")):
                if isinstance(block, list) and inside in block:
                    if tree.is_inside(node, block[block.index(inside) + 1 :]):
                        return True
            if around is self._method:
                return False
            inside = around
        return False
