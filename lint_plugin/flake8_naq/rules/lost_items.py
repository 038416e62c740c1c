"""Containers whose items a function closes in the end, and leaves open where an operation before that raises.

`clients = [await connect(url) for url in urls]`, and behind operations that may fail: `for one in clients: await one.close()`.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.verdict import Outcome
from flake8_naq.facts.ended_errors import may_end_after_error
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.held import Collecting
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.rules.container_uses import ContainerUses, container_of
from flake8_naq.rules.replaced import is_replaced
from flake8_naq.syntax.bindings import binds_once
from flake8_naq.syntax.nodes import FUNCTIONS, WITHS, FunctionNode, without_await
from flake8_naq.syntax.tree import is_log_call, only_target
from flake8_naq.syntax.walk import is_generator, scope_nodes, walk_scope

_LOOPS = (ast.For, ast.AsyncFor)
_LISTS = (ast.ListComp, ast.SetComp, ast.GeneratorExp)
_WAITING = ("wait",)  # of events


class Filled(NamedTuple):
    """A local container in which a call puts resources, and its uses; `statement` fills it."""

    call: ast.Call
    resource: Resource
    container: str
    statement: ast.stmt
    uses: ContainerUses


class LostItem(NamedTuple):
    """What fills a container, and the line on which an operation may raise before the function closes the items."""

    filled: Filled
    line: int


def lost_items(facts: ModuleFacts) -> Iterator[LostItem]:
    """Yield what fills containers whose items are closed by one statement of the function, behind what may raise."""
    for function in facts.functions:
        node = function.scope.node
        for filled in _filled(facts, function, node) if isinstance(node, FUNCTIONS) and not is_generator(node) else ():
            uses = filled.uses
            closing = [one for use in uses.found for one in _closing(facts, use, filled.resource)]
            if closing and not facts.closes_for_process(filled.resource) and uses.are_harmless_outside_of(closing[0]):
                between = _between(facts, filled.statement, facts.parents.statement(closing[0]))
                line = min(_raising(facts, function, filled, between), default=0)
                if line:
                    yield LostItem(filled, line)


def _filled(facts: ModuleFacts, function: FunctionFacts, node: FunctionNode) -> Iterator[Filled]:
    """Yield what fills containers that the function makes."""
    for verdict in function.verdicts:
        resource, name = verdict.summary.origin.resource, container_of(verdict.summary)
        if name and "." not in name and verdict.outcome is Outcome.FINE and not is_replaced(function, verdict):
            uses = ContainerUses(facts, function.scope, name, resource)
            if uses.are_of_new_container:
                yield Filled(verdict.call, resource, name, facts.parents.statement(verdict.call), uses)
    yield from filled_by_displays(facts, function, node)


def filled_by_displays(facts: ModuleFacts, function: FunctionFacts, node: FunctionNode) -> Iterator[Filled]:
    """Yield what fills the lists that are made with all their items, and have one name."""
    collecting = Collecting(node, function.names, facts.catalogue, facts.callees)
    replaced = {one.call for one in function.verdicts if is_replaced(function, one)}
    for made in scope_nodes(node, ast.Assign, ast.AnnAssign):
        name = only_target(made) or ""
        found = collecting.of_display(made.value) if name and made.value is not None else None
        if found is not None and found.call not in replaced and binds_once(name, walk_scope(node)):
            if name not in function.scope.outer:
                uses = ContainerUses(facts, function.scope, name, found.resource)
                yield Filled(found.call, found.resource, name, made, uses)


def _closing(facts: ModuleFacts, use: ast.expr, resource: Resource) -> Iterator[ast.AST]:
    """Yield the loop or comprehension over the container that releases each item, and does nothing else."""
    tree = facts.parents
    method = tree.parents[use]
    over = tree.parents[method] if isinstance(method, ast.Attribute) and method.attr == "values" else use
    loop = tree.parents[over]
    every = tree.parents[loop]
    if isinstance(loop, _LOOPS) and loop.iter is over:
        released = {_released(one.value, resource) if isinstance(one, ast.Expr) else "" for one in loop.body if not is_log_call(one)}
        yield from [loop] if released == {getattr(loop.target, "id", None)} else []
    elif isinstance(loop, ast.comprehension) and not loop.ifs and isinstance(every, _LISTS):
        statement = tree.statement(every)
        value = without_await(statement.value) if isinstance(statement, ast.Expr) else None
        whole = len(every.generators) == 1 and (value is every or isinstance(value, ast.Call))
        yield from [every] if whole and _released(every.elt, resource) == getattr(loop.target, "id", None) else []


def _released(value: ast.expr, resource: Resource) -> str:
    """Return the name whose value the call releases."""
    match without_await(value):
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in resource.release_methods:
            return name
    return ""


def _between(facts: ModuleFacts, first: ast.stmt, last: ast.stmt) -> Sequence[ast.stmt]:
    """Return the statements of the block of the last one between it and what has the first, none if that is elsewhere."""
    tree = facts.parents
    place = tree.place(last)
    above = place.block[: place.index]
    start = [number for number, one in enumerate(above) if tree.is_inside(first, [one])]
    return above[start[0] + 1 :] if start else ()


def _raising(facts: ModuleFacts, function: FunctionFacts, filled: Filled, statements: Sequence[ast.stmt]) -> Iterator[int]:
    """Yield the lines on which the statements wait for a call or use an item, where no block takes the error."""
    for statement in statements:
        nodes = (statement, *walk_scope(statement))
        quiet = {id(node) for part in nodes if _takes_errors(facts, function, part) for node in walk_scope(part)}
        items = {name for node in nodes for name in _items_in(node, filled.container)}
        for node in nodes:
            call = without_await(node) if isinstance(node, (ast.Await, ast.Call)) else None
            if id(node) in quiet or not isinstance(call, ast.Call):
                continue
            if _uses_item(call, filled.container, items) or (isinstance(node, ast.Await) and _may_raise(facts, function, call)):
                yield call.lineno


def _may_raise(facts: ModuleFacts, function: FunctionFacts, call: ast.Call) -> bool:
    """Return whether more than a cancellation may end the wait for the call."""
    called = function.names.of(call.func)
    return called not in facts.catalogue.calls.only_cancelled and getattr(call.func, "attr", "") not in _WAITING


def _items_in(node: ast.AST, container: str) -> Iterator[str]:
    """Yield the names that a loop over the container gives its items."""
    if isinstance(node, (*_LOOPS, ast.comprehension)):
        over = {one.id for one in ast.walk(node.iter) if isinstance(one, ast.Name)}
        if container in over:
            yield from (one.id for one in ast.walk(node.target) if isinstance(one, ast.Name))


def _uses_item(call: ast.Call, container: str, items: Collection[str]) -> bool:
    """Return whether the call is of a method of an item: `clients[0].publish()`, or of a name that a loop gives it."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(owner, ast.Subscript):
        return isinstance(owner.value, ast.Name) and owner.value.id == container
    return isinstance(owner, ast.Name) and owner.id in items


def _takes_errors(facts: ModuleFacts, function: FunctionFacts, node: ast.AST) -> bool:
    """Return whether the block may take an error, or do something where one passes."""
    if isinstance(node, WITHS):
        return may_end_after_error(node, function.names, facts.catalogue.calls)
    return isinstance(node, (ast.Try, ast.TryStar))
