"""Functions that open something on some ways, and on the others return what needs no close: standard input, a buffer.

`return sys.stdin if path == "-" else open(path)`. A call makes a resource unless an argument may decide otherwise.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from flake8_naq.catalogue.model import Calls
from flake8_naq.dataflow.observations import AcquisitionSummary
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.prescan.callees import Deciding, Factory
from flake8_naq.syntax.bindings import assignments, bound_names, declared_names, stored_values, target_names
from flake8_naq.syntax.callees import argument_of
from flake8_naq.syntax.names import FunctionNode, Names
from flake8_naq.syntax.nodes import parameters
from flake8_naq.syntax.walk import walk, walk_scope

_Made = Mapping[ast.expr, Factory | None]


def may_make(factory: Factory, call: ast.Call) -> bool:
    """Return whether the call gives no constant, or nothing, for a parameter that decides what the function returns."""
    given = (argument_of(call, one.position, one.name) for one in factory.decided_by or ())
    return all(one is not None and not isinstance(one, ast.Constant) for one in given)


def is_judged(summary: AcquisitionSummary, given: Iterable[Verdict]) -> bool:
    """Return whether the verdicts hold: what may be another value is judged where nothing at all may close it.

    A release on some ways only may be just for what the function called has opened.
    """
    factory = summary.origin.factory
    sometimes = factory is not None and factory.decided_by is not None
    return not sometimes or all(one.outcome is Outcome.NEVER_CLOSED for one in given)


class OtherValues(NamedTuple):
    """The values that a function may return. `made` are calls that make a resource, with the functions called."""

    function: FunctionNode
    names: Names
    calls: Calls
    made: _Made

    def need_no_close(self, returned: Iterable[ast.expr]) -> bool:
        """Return whether each value is a new resource, or surely one that nothing has to close."""
        return all(map(self._needs_no_close, returned))

    def _needs_no_close(self, value: ast.expr, seen: frozenset[str] = frozenset()) -> bool:
        if value in self.made or isinstance(value, ast.Constant):
            return True
        if self.names.of(value) in self.calls.needs_no_close:
            return True
        parts = self._parts(value, seen)
        return bool(parts) and all(self._needs_no_close(one, seen | {*_own_name(value)}) for one in parts)

    def _parts(self, value: ast.expr, seen: frozenset[str]) -> list[ast.expr]:
        """Return the values one of which is the expression's, none where they are not known."""
        match value:
            case ast.IfExp(body=body, orelse=orelse):
                return [body, orelse]
            case ast.BoolOp(op=ast.Or(), values=values):  # `path and open(path) or sys.stdin`
                return [one.values[-1] if isinstance(one, ast.BoolOp) else one for one in values]
            case ast.Await(value=inner) | ast.NamedExpr(value=inner):
                return [inner]
            case ast.Name(id=name):
                return [] if name in seen else self._given(name)
            case ast.Call(func=called, args=[]):
                return [called]
            case ast.Call(args=[wrapped, *_]):  # `io.TextIOWrapper(sys.stdin.buffer)`, `getattr(sys.stdin, "buffer")`
                return [wrapped if self.names.of(value.func) not in self.calls.needs_no_close else value.func]
        return []

    def _given(self, name: str) -> list[ast.expr]:
        """Return all values that the function gives the name, none where it may get others."""
        nodes = list(walk_scope(self.function))
        values = [value for node in nodes for target, value in stored_values(node) if _own_name(target) == (name,)]
        known = [value for value in values if value is not None]
        bindings = sum(name in bound_names(node) for node in nodes)
        elsewhere = any(one.arg == name for one in parameters(self.function.args)) or any(
            name in declared_names(node) for node in walk(self.function)  # what is global may have been opened before
        )
        return known if len(known) == len(values) == bindings and not elsewhere else []

    def decided_by(self, returned: Iterable[ast.expr], *, bound: bool) -> tuple[Deciding, ...]:
        """Return the parameters on which it depends what is returned; `bound`: the first is the receiver."""
        arguments, every = self.function.args, parameters(self.function.args)[bound:]
        positional = [one.arg for one in (*arguments.posonlyargs, *arguments.args)][bound:]
        names = self._deciding_names({name for one in returned for name in _own_name(one)})
        found = sorted({one.arg for one in every} & names)
        return tuple(Deciding(name, positional.index(name) if name in positional else len(every)) for name in found)

    def _deciding_names(self, returned: set[str]) -> set[str]:
        """Return the names on which it depends whether what is made is returned, in names or without."""
        nodes = list(walk_scope(self.function))
        assigned, branches, aside = list(_assigned(nodes)), [one for one in nodes if _tests(one)], self._aside(nodes)
        decisive = _sources({name for given in _deciding(self.made) for name in _names(given)}, assigned)
        before = -1
        while before != len(decisive):
            before = len(decisive)
            for node in branches:
                inside = (one for one in walk(node) if one is not node)
                if any(self._decides(one, returned | decisive, node in aside) for one in inside):
                    decisive |= _sources({name for test in _tests(node) for name in _names(test)}, assigned)
        return decisive

    def _aside(self, nodes: Iterable[ast.AST]) -> set[ast.AST]:
        """Return the nodes in branches where nothing is made."""
        branches = (branch for node in nodes if isinstance(node, ast.If) for branch in (node.body, node.orelse))
        walked = ([one for statement in branch for one in walk(statement)] for branch in branches)
        return {one for branch in walked if not any(node in self.made for node in branch) for one in branch}

    def _decides(self, node: ast.AST, names: set[str], aside: bool) -> bool:
        """Return whether the node makes or returns something, or sets one of the names; `aside`: it makes nothing."""
        if isinstance(node, ast.Name):
            return node.id in names and isinstance(node.ctx, ast.Store)
        return not aside and (isinstance(node, ast.Return) or node in self.made)


def _tests(node: ast.AST) -> list[ast.expr]:
    """Return the conditions by which the node takes one of its branches."""
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        return [node.test]
    if isinstance(node, ast.Match):
        return [node.subject, *(case.guard for case in node.cases if case.guard is not None)]
    return node.values[:-1] if isinstance(node, ast.BoolOp) else []


def _deciding(made: _Made) -> Iterator[ast.expr]:
    """Yield the arguments by which the functions called decide."""
    for call, factory in made.items():
        for one in factory.decided_by or () if factory is not None else ():
            given = argument_of(call, one.position, one.name) if isinstance(call, ast.Call) else None
            if given is not None:
                yield given


def _sources(names: set[str], assigned: list[tuple[str, ast.expr]]) -> set[str]:
    """Return the names, and those from whose values theirs are made."""
    found, before = set(names), -1
    while before != len(found):
        before = len(found)
        found.update(one for name, value in assigned if name in found for one in _names(value))
    return found


def _assigned(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that are set, each with the value, or with the one from which it gets a part."""
    for node in nodes:
        for targets, value in assignments(node):
            yield from ((name.id, value) for name in target_names(targets))


def _own_name(node: ast.expr) -> tuple[str, ...]:
    return (node.id,) if isinstance(node, ast.Name) else ()


def _names(node: ast.AST) -> Iterator[str]:
    return (one.id for one in walk(node) if isinstance(one, ast.Name))
