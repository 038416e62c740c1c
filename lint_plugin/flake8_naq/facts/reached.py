"""Whether a method surely comes to a call of it: no guard in front of it asks for what the class is given from outside.

A guard on the state of the object, such as `if self.nc is None`, does not count: the first call of the method passes
it. Nor does a `raise`, behind which there is nothing to close, or a choice between two calls that both open. A switch
does: `if not self.config.enabled: return`.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from flake8_naq.syntax.bindings import assignments, leaf_targets
from flake8_naq.syntax.names import FunctionNode, Scope
from flake8_naq.syntax.nodes import parameters
from flake8_naq.syntax.own_object import own_attribute
from flake8_naq.syntax.walk import walk, walk_scope

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def state_of(owner: Scope) -> frozenset[str]:
    """Return the attributes of `self` that a method other than the constructor sets.

    One that the constructor sets to an argument may come from outside: `self.js = js`.
    """
    methods = dict(owner.functions)
    init = methods.pop("__init__", None)
    given = {one.arg for one in parameters(init.args)} if init is not None else set()
    arguments = {name for name, value in _set_in(init) if isinstance(value, ast.Name) and value.id in given}
    return frozenset(name for method in methods.values() for name, _ in _set_in(method)) - arguments


def _set_in(function: FunctionNode | None) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the attributes of `self` that the function sets, with their values."""
    for node in walk_scope(function) if function is not None else ():
        for targets, value in assignments(node):
            yield from ((name, value) for target in leaf_targets(targets) if (name := own_attribute(target)))


def surely_reaches(
    function: FunctionNode, call: ast.AST, state: frozenset[str], others: Collection[ast.AST] = ()
) -> bool:
    """Return whether no guard in front of the call asks for a parameter, or for an attribute that is not of `state`.

    A guard does not count where one of the *others* is called in its place.
    """
    given = {one.arg for one in parameters(function.args)} - {"self"}
    return not any(_asks_for_input(test, given, state) for test in _guards(function.body, call, others))


def _guards(block: list[ast.stmt], call: ast.AST, others: Collection[ast.AST]) -> Iterator[ast.expr]:
    """Yield the tests on which it depends whether the call in the block, or one of the others, is reached."""
    for statement in block:
        if _has(statement, call):
            if isinstance(statement, (ast.If, ast.While)) and not _has_both(statement, call, others):
                yield statement.test
            for inner in _inner_blocks(statement):
                yield from _guards(inner, call, others)
            return
        if isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Return):
            if not any(_has(one, other) for one in statement.body for other in others):
                yield statement.test


def _has_both(statement: ast.If | ast.While, call: ast.AST, others: Collection[ast.AST]) -> bool:
    """Return whether the arm that the call is not in has one of the others."""
    in_body = any(_has(one, call) for one in statement.body)
    return any(_has(one, other) for one in (statement.orelse if in_body else statement.body) for other in others)


def _has(statement: ast.stmt, node: ast.AST) -> bool:
    return statement.lineno <= getattr(node, "lineno", 0) <= (statement.end_lineno or 0)


def _inner_blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in _BLOCKS:
        for inner in getattr(statement, name, ()):
            if isinstance(inner, (ast.ExceptHandler, ast.match_case)):
                yield inner.body
    yield from (block for name in _BLOCKS[:3] if (block := getattr(statement, name, None)))


def _asks_for_input(test: ast.expr, given: set[str], state: frozenset[str]) -> bool:
    nodes = list(walk(test))
    own = set(filter(None, map(own_attribute, nodes)))
    names = {one.id for one in nodes if isinstance(one, ast.Name)}
    called = {one.func.attr for one in nodes if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)}
    return bool((own - called) | (names & given)) and own.isdisjoint(state)
