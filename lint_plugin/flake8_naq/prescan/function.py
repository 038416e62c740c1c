"""A first look over a function: which names may hold a resource, which conditions recur, what nested functions take.

Everything here is an over-approximation that decides what the builder keeps track of; it judges nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.prescan.callees import Callees, Effect, Factory
from flake8_naq.prescan.conditions import (
    always_none,
    loop_invariant_conditions,
    recurring_conditions,
    set_elsewhere,
)
from flake8_naq.prescan.kept_results import kept_results
from flake8_naq.prescan.may_hold import MayHoldResource
from flake8_naq.prescan.owner_classes import CLOSING_NAMES
from flake8_naq.prescan.types import types_in
from flake8_naq.syntax.bindings import (
    Assignment,
    assignments,
    bound_names,
    declared_names,
    leaf_targets,
    target_names,
)
from flake8_naq.syntax.callees import arguments_of
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.nodes import DEFINITIONS, FUNCTIONS, LOOPS, dotted, without_await
from flake8_naq.syntax.walk import scope_nodes, walk

_CLOSING: Final = frozenset(CLOSING_NAMES)
_ASSIGNING = frozenset(
    {ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.With, ast.AsyncWith, ast.For, ast.AsyncFor, ast.Match}
)
_TESTING = frozenset({ast.If, ast.While, ast.IfExp, ast.Assert, ast.match_case})
_LOOKED_AT = frozenset(DEFINITIONS) | _ASSIGNING | _TESTING


class Owned(NamedTuple):
    """Attributes (`self.nc`) and globals that are followed like names.

    Those `kept` and `lasting` are handed on where the function returns, and those `lasting` where it raises, too.
    """

    alone: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    lasting: frozenset[str] = frozenset()

    @property
    def every(self) -> frozenset[str]:
        """All of them."""
        return self.alone | self.kept | self.lasting


NOTHING_OWNED: Final = Owned()


class Prescan(NamedTuple):
    """What the builder keeps track of in one function."""

    tracked: frozenset[str]  # names that may hold a resource
    flags: frozenset[str]  # other names whose value is tested
    facts: Mapping[str, frozenset[str]]  # other conditions that recur, each with what it depends on
    captured: frozenset[str]  # tracked names that nested functions release, rebind or hand on
    handed_later: frozenset[str]  # others, of which they do so as soon as they are defined, behind what binds the names
    lent: frozenset[str]  # those of these that nested functions pass to calls that may keep them, and nothing more
    mentioned: frozenset[str]  # tracked names that nested functions mention
    types: Mapping[str, str]  # the canonical class of a name's value, where known
    annotations: tuple[ast.expr, ...]
    owned: Owned = NOTHING_OWNED
    containers: Mapping[ast.Call, Factory] = MappingProxyType({})  # the calls that return some
    given: frozenset[str] = frozenset()  # the parameters that bring a resource, whichever
    results: Mapping[str, ast.expr] = MappingProxyType({})  # the questions whose answers names keep: `process.poll()`

    def pathless(self) -> Prescan:
        """Return the same without conditions, for an analysis that does not care which path is taken."""
        return self._replace(flags=frozenset(), facts={})


class _Collected(NamedTuple):
    """The parts of a function that the prescan looks at."""

    assignments: list[Assignment]
    tests: list[ast.expr]
    loops: list[ast.AST]
    nested: list[ast.AST]
    annotations: list[ast.expr]


def prescan(
    node: ast.AST,
    scope: Scope,
    names: Names,
    catalogue: Catalogue,
    callees: Callees,
    given: Iterable[str] = (),
    owned: Owned = NOTHING_OWNED,
) -> Prescan:
    """Return what to keep track of in `node`; `given` are parameters that bring a resource."""
    found = _collect(node)
    types = types_in(node, scope, found.assignments, names, catalogue)
    tracked = _tracked(found.assignments, types, names, catalogue, callees, given, owned)
    flags, facts = recurring_conditions(found.tests, found.assignments, tracked)
    flags -= set_elsewhere(flags, found.assignments, found.nested, scope)
    captures = _Captures(names, catalogue, callees)
    if tracked:
        if isinstance(node, FUNCTIONS):
            flags |= always_none(found.assignments, found.nested, tracked, scope)
            flags |= loop_invariant_conditions(node, found.loops) - tracked
        for function in found.nested:
            captures.note(function, tracked)
    handed_later = (captures.lent | captures.taken.difference(given)) - captures.taken_at_once
    handed_later -= _bound_later(found, handed_later) if handed_later else set()
    return Prescan(
        tracked=frozenset(tracked),
        flags=frozenset(flags),
        facts=facts,
        captured=frozenset((captures.taken | captures.lent) - handed_later),
        handed_later=frozenset(handed_later),
        lent=frozenset(handed_later - captures.taken),
        mentioned=frozenset(captures.mentioned),
        types=types,
        annotations=tuple(found.annotations),
        owned=Owned(owned.alone & tracked, owned.kept & tracked, owned.lasting & tracked),
        containers=_containers(found.assignments, names, callees),
        given=frozenset(given),
        results=kept_results(found.assignments, tracked, catalogue.method_names) if tracked else {},
    )


def _containers(
    assigned: Iterable[Assignment], names: Names, callees: Callees
) -> dict[ast.Call, Factory]:
    """Return the calls that return resources in a container or an object, which gets a name."""
    found: dict[ast.Call, Factory] = {}
    for assignment in assigned:
        call = without_await(assignment.value)
        factory = callees.factory(call, names) if isinstance(call, ast.Call) else None
        if factory is not None and factory.held is not None and isinstance(call, ast.Call):
            found[call] = factory
    return found


def _tracked(
    assigned: Iterable[Assignment],
    types: Mapping[str, str],
    names: Names,
    catalogue: Catalogue,
    callees: Callees,
    given: Iterable[str],
    owned: Owned,
) -> set[str]:
    """Return the names and owned attributes that may hold a resource: the least set that all assignments agree with."""
    tracked = set(given)
    holds = MayHoldResource(names, catalogue, callees, tracked, types)
    before, undecided = -1, list(assigned)
    while before != len(tracked):
        before, left = len(tracked), undecided
        undecided = []
        for assignment in left:
            if holds.may_hold(assignment.value):
                tracked.update(name.id for name in target_names(assignment.targets))
                if owned.every:
                    tracked.update(owned.every.intersection(map(dotted, leaf_targets(assignment.targets))))
            else:
                undecided.append(assignment)
    return tracked


def _collect(root: ast.AST) -> _Collected:
    found = _Collected([], [], [], [], [])
    for node in scope_nodes(root, *_LOOKED_AT):
        kind = type(node)
        if kind in DEFINITIONS:
            found.nested.append(node)
            continue
        if kind in LOOPS:
            found.loops.append(node)
        if kind in _ASSIGNING:
            found.assignments.extend(assignments(node))
            if isinstance(node, ast.AnnAssign):
                found.annotations.append(node.annotation)
        elif kind in _TESTING:
            test = node.guard if isinstance(node, ast.match_case) else getattr(node, "test", None)
            found.tests.extend([test] if test is not None else ())
    return found


def _bound_later(found: _Collected, names: Iterable[str]) -> set[str]:
    """Return those of the names that are bound again where a nested function that uses them is defined already."""
    later: set[str] = set()
    for function in found.nested:
        around = [loop for loop in found.loops if any(function is one for one in walk(loop))]
        first = min(getattr(node, "lineno", 0) for node in (function, *around))
        used = {node.id for node in walk(function) if isinstance(node, ast.Name)}
        bound = [name for one in found.assignments for name in target_names(one.targets)]
        later |= {name.id for name in bound if name.lineno > first} & used
    return later.intersection(names)


class _Captures:
    """Which names nested functions release, rebind or hand on: then these own what the names hold.

    `lent`: names that they pass to calls which may keep them, but for calls that are named after a release.
    `taken_at_once`: names of which it does not matter where the function is defined.
    """

    def __init__(self, names: Names, catalogue: Catalogue, callees: Callees) -> None:
        self.names = names
        self.catalogue = catalogue
        self.callees = callees
        self.taken = set[str]()
        self.lent = set[str]()
        self.taken_at_once = set[str]()
        self.mentioned = set[str]()

    def note(self, function: ast.AST, tracked: set[str]) -> None:
        """Add the tracked names that the nested function uses."""
        releasing = frozenset().union(*(resource.release_methods for resource in self.catalogue.resources))
        declared: set[str] = set()
        lends = isinstance(function, FUNCTIONS) and not _ends(function.name)
        for node in walk(function):
            if type(node) is ast.Name:
                if node.id in tracked:
                    self.mentioned.add(node.id)
                continue
            declared |= tracked.intersection(declared_names(node))
            taken = tracked.intersection(_taken(node, releasing))
            if taken and isinstance(node, ast.Call):
                taken &= self._kept(node)
                if lends and not _ends(ast.unparse(node.func).rpartition(".")[2]):
                    self.lent |= taken
                    continue
            self.taken |= taken
            if not isinstance(function, FUNCTIONS):
                self.taken_at_once |= taken
        if declared:  # what is only read is like any other name
            rebound = declared.intersection(name for node in walk(function) for name in bound_names(node))
            self.taken |= rebound
            self.taken_at_once |= rebound

    def _kept(self, call: ast.Call) -> set[str]:
        """Return the plain arguments that the function called does not merely borrow."""
        if self._borrows(call):
            return set()
        known = self.callees.is_known(call, self.names)
        given: list[tuple[int | str, ast.expr]] = [*enumerate(call.args)]
        given += [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg is not None]
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        own = receiver.id if isinstance(receiver, ast.Name) else ""  # `nc.msg_class(_client=nc)` hands on nothing
        return {
            argument.id
            for key, argument in given
            if isinstance(argument, ast.Name)
            and argument.id != own
            and not (known and self.callees.effect(call, key, self.names) is Effect.BORROWS)
        }

    def _borrows(self, call: ast.Call) -> bool:
        called = self.names.of(call.func)
        if called is not None and (called in self.catalogue.calls.borrows or called in self.catalogue.views):
            return True
        return isinstance(call.func, ast.Attribute) and call.func.attr in self.catalogue.calls.borrowing_methods


def _ends(name: str) -> bool:
    """Return whether the name of a function has the word of a release: `shut_down`, `close_all`."""
    return not _CLOSING.isdisjoint(name.lower().split("_"))


def _taken(node: ast.AST, releasing: frozenset[str]) -> Iterable[str]:
    """Return the names that a node of a nested function may take over."""
    if isinstance(node, ast.Attribute):
        return _plain([node.value]) if node.attr in releasing else ()
    if isinstance(node, ast.Call):
        return _plain(arguments_of(node))
    if isinstance(node, (ast.Return, ast.Yield)):
        return _plain([node.value])
    if isinstance(node, ast.withitem):
        return _plain([node.context_expr])
    return ()


def _plain(nodes: Iterable[ast.expr | None]) -> list[str]:
    return [node.id for node in nodes if isinstance(node, ast.Name)]
