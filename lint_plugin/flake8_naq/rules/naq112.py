"""NAQ112 release-not-reached.

## What it does

Reports the release of a connection that a class keeps, where a step before the release in the same method may raise: a
method of another object that is awaited, or a task that was cancelled and is awaited. No `finally` and no handler
brings the method to the release then. So, too, where a block takes the error of such a step and goes on:
`with suppress(OSError):` around `self.sock.shutdown(SHUT_RDWR)` and `self.sock.close()`.

## Why is this bad?

A method that closes is the last chance: code that gets an exception from `stop()` does not call it again. The connection
stays open, and often the step fails because something is wrong already.

## Example

```python
import nats


class Feed:
    async def start(self, url: str) -> None:
        self.nc = await nats.connect(url)
        self.sub = await self.nc.subscribe("orders")

    async def stop(self) -> None:
        await self.sub.unsubscribe()
        await self.nc.close()
```

## Use instead

```python
import nats


class Feed:
    async def start(self, url: str) -> None:
        self.nc = await nats.connect(url)
        self.sub = await self.nc.subscribe("orders")

    async def stop(self) -> None:
        try:
            await self.sub.unsubscribe()
        finally:
            await self.nc.close()
```

## Known problems

About 170 public repositories have 16 findings, none of them false, and 11 of these would be mended by most readers; in the
others the step only fails where the connection is closed already, such as an `unsubscribe()`. These are too few to turn the rule
on. A step that calls another method of the same class may raise where a step of that method may; one that calls a method
of a base is taken not to raise.

## Options

The rule is off; `select` or `extend-select` turns it on. A resource declared under `[[tool.flake8-naq.resource]]` is judged in
the same way.

## Fix safety

There is no fix: which of the steps may be skipped cannot be read from the code.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import Final

from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import Acquisition, Severity, Witness
from flake8_naq.rules.attributes import Kept, kept_on_self
from flake8_naq.rules.base import Report, Rule
from flake8_naq.rules.lifetime import when
from flake8_naq.rules.skipped_releases import skipped_release
from flake8_naq.syntax.callees import arguments_of
from flake8_naq.syntax.handling import takes_all
from flake8_naq.syntax.names import FunctionNode, Names, Scope
from flake8_naq.syntax.nodes import CALLABLES, WITHS, dotted
from flake8_naq.syntax.own_object import own_attribute
from flake8_naq.syntax.tree import Tree
from flake8_naq.syntax.walk import walk_scope

_ONLY_CANCELLED: Final = frozenset({"wait", "join", "acquire"})  # of events, queues and locks


def check(facts: ModuleFacts) -> Iterator[Report]:
    seen: set[ast.Call] = set()
    every = kept_on_self(facts)
    opening = {id(one.call) for one in every}
    calls: dict[FunctionNode, list[ast.Call]] = {}
    for kept in every:
        if kept.holder != "self" or "__del__" in kept.owner.functions:
            continue
        for method in kept.owner.functions.values():
            if method not in calls:
                calls[method] = _calls_of_a_closing_method(method, opening)
            for attribute in kept.attributes:
                releases = [call for call in calls[method] if _releases(facts, call, attribute, kept)]
                found = _not_reached(facts, kept, attribute, method, releases) if releases else None
                if found is not None and found[0] not in seen:
                    seen.add(found[0])
                    yield _report(facts, kept, attribute, *found)


def _calls_of_a_closing_method(method: FunctionNode, opening: Collection[int]) -> list[ast.Call]:
    """Return the calls of a method, none if it opens something: what stays open is closed by another method then."""
    found = [node for node in walk_scope(method) if type(node) is ast.Call]
    return [] if any(id(node) in opening for node in found) else found


def _report(facts: ModuleFacts, kept: Kept, attribute: str, release: ast.Call, line: int) -> Report:
    name = f"self.{attribute}"
    witness = Witness(line, "raises")
    message = f"{kept.resource.name} '{name}' stays open {when(facts, witness)}; close it in a 'finally'"
    return Report(release, message, Acquisition(kept.resource.name, name, release.lineno), witness)


def _not_reached(
    facts: ModuleFacts, kept: Kept, attribute: str, method: FunctionNode, releases: list[ast.Call]
) -> tuple[ast.Call, int] | None:
    """Return the first release of the attribute in the method, and the line of a step before that may skip it."""
    first = min(releases, key=lambda one: (one.lineno, one.col_offset))
    before = list(_before(facts.parents, first, releases))
    steps = _Steps(facts, kept.owner, attribute, list(walk_scope(method)))
    for statement in before if kept.resource.asynchronous else ():
        line = steps.failing_line(statement)
        if line is not None:
            return first, line
    uses = skipped_release(facts, kept, attribute, method, before, first)
    lines = [use.lineno for use, statement in uses if not steps.is_caught(use, statement)]
    return (first, min(lines)) if lines else None


def _releases(facts: ModuleFacts, call: ast.Call, attribute: str, kept: Kept) -> bool:
    function, path = call.func, f"self.{attribute}"
    if isinstance(function, ast.Attribute) and function.attr in kept.resource.release_methods:
        return dotted(function.value) == path
    functions = kept.resource.release_functions
    called = Names(kept.owner, facts.catalogue.known).of(function) if functions else None
    return called in functions and any(dotted(one) == path for one in arguments_of(call))


def _before(tree: Tree, release: ast.Call, releases: list[ast.Call]) -> Iterator[ast.stmt]:
    """Yield the statements that surely run before the release, those left out behind which it runs in any case."""
    node: ast.stmt = tree.statement(release)
    while not isinstance(node, CALLABLES):
        place = tree.place(node)
        owner = place.owner
        if isinstance(owner, ast.Try):
            others = [*owner.handlers, *owner.finalbody]
            if place.field != "finalbody" and any(tree.is_inside(one, others) for one in releases):
                return
        yield from place.block[: place.index]
        if place.field in ("finalbody", "handlers") or isinstance(owner, ast.ExceptHandler):
            return
        node = owner if isinstance(owner, ast.stmt) else tree.statement(owner)


class _Steps:
    """Tells which steps of a method may raise, where `attribute` is released. `seen` are the methods asked already."""

    def __init__(
        self,
        facts: ModuleFacts,
        owner: Scope,
        attribute: str,
        nodes: list[ast.AST],
        seen: frozenset[ast.AST] = frozenset(),
    ) -> None:
        self._facts = facts
        self._calls = facts.catalogue.calls
        self._tree = facts.parents
        self._owner = owner
        self._attribute = attribute
        self._names = Names(owner, facts.catalogue.known)
        self._seen = seen
        cancels = (node.func for node in nodes if isinstance(node, ast.Call))
        self._cancelled = {
            dotted(one.value) for one in cancels if isinstance(one, ast.Attribute) and one.attr == "cancel"
        }

    def failing_line(self, statement: ast.stmt) -> int | None:
        """Return the line of the first step in the statement that may raise; None where none may."""
        if isinstance(statement, CALLABLES):
            return None
        waits = (node for node in walk_scope(ast.Module([statement], [])) if isinstance(node, ast.Await))
        failing = (node.lineno for node in waits if self._fails(node.value) and not self.is_caught(node, statement))
        return min(failing, default=None)

    def _fails(self, awaited: ast.expr) -> bool:
        """Whether it may raise: a method of another object, or a task that was cancelled."""
        if not isinstance(awaited, ast.Call):
            return bool(dotted(awaited)) and dotted(awaited) in self._cancelled
        function = awaited.func
        if not isinstance(function, ast.Attribute):
            return False
        if own := own_attribute(function):
            return self._method_fails(own)
        if dotted(function.value) in ("cls", ""):
            return False
        called = self._names.of(function)
        if called is not None and called.partition(".")[0] in ("asyncio", "anyio", "trio"):
            return False
        return function.attr not in _ONLY_CANCELLED and function.attr not in self._calls.no_raise_methods

    def _method_fails(self, name: str) -> bool:
        """Whether a step of another method of the class may raise, and the method lets that pass and closes nothing."""
        method = self._owner.functions.get(name)
        nodes = list(walk_scope(method)) if method is not None and method not in self._seen else []
        mentions = any(isinstance(node, ast.Attribute) and node.attr == self._attribute for node in nodes)
        if method is None or not nodes or mentions:
            return False
        inner = _Steps(self._facts, self._owner, self._attribute, nodes, self._seen | {method})
        return any(inner.failing_line(statement) is not None for statement in method.body)

    def is_caught(self, node: ast.AST, statement: ast.stmt) -> bool:
        """Whether something in the statement keeps the exception from leaving it."""
        for around in self._tree.ancestors(node):
            if isinstance(around, ast.Try) and self._tree.is_inside(node, around.body):
                if any(map(takes_all, around.handlers)):
                    return True
            if isinstance(around, WITHS) and any(self._swallows(item.context_expr) for item in around.items):
                return True
            if around is statement:
                return False
        return False

    def _swallows(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and self._names.of(node.func) in self._calls.swallowing


RULE = Rule(
    "NAQ112",
    "release-not-reached",
    "A step before the release may raise, and the release is in no finally.",
    check,
    default=False,
    severity=Severity.WARNING,
)
