"""What becomes of the results of calls, and of the names that hold them: awaited later, or asked for an answer only."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from flake8_naq.prescan.owner_classes import ENTERS
from flake8_naq.syntax.bindings import plain_assignment
from flake8_naq.syntax.walk import walk, walk_scope


def plain_answers(function: ast.AST) -> frozenset[ast.expr]:
    """Return the awaited calls whose result is dropped, compared, tested or shown: no object that goes on living.

    So is a result that gets a name which is only compared, tested or shown.
    """
    nodes = list(walk_scope(function))
    found = [part for node in nodes for part in _plain_parts(node)]
    named = [(one.targets[0], one.value) for one in map(plain_assignment, nodes) if one is not None]
    answers = [(one.id, value) for one, value in named if isinstance(one, ast.Name) and isinstance(value, ast.Await)]
    if answers:
        asked = {one.id for one in found if isinstance(one, ast.Name)}
        plain = {id(one) for one in (*found, *(target for target, _ in named))}
        asked.difference_update(_names_but(plain, function))
        found += [value for name, value in answers if name in asked]
    return frozenset(one.value for one in found if isinstance(one, ast.Await))


def _names_but(plain: Set[int], function: ast.AST) -> Iterator[str]:
    """Yield the names that occur in a function, and in the functions in it, other than as one of the plain nodes."""
    for node in walk(function):
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            yield from node.names
        elif isinstance(node, ast.Name) and id(node) not in plain:
            yield node.id


def _plain_parts(node: ast.AST) -> list[ast.expr]:
    """Return the parts of a node whose values are only compared, tested, shown or dropped."""
    match node:
        case ast.Expr(value=value) | ast.FormattedValue(value=value):
            return [value]
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return [operand]
        case ast.Assert(test=test) | ast.If(test=test) | ast.While(test=test):
            return [test]
        case ast.Call(func=ast.Name(id="len" | "print"), args=arguments):
            return arguments
    return []


def awaited_later(function: ast.AST) -> frozenset[ast.expr]:
    """Return the values of the names that occur in what the function awaits: `task = create_task(work(nc))`."""
    parts = list(walk_scope(function))
    awaited = (part.value for part in parts if isinstance(part, ast.Await))
    names = {part.id for value in awaited for part in walk(value) if isinstance(part, ast.Name)}
    assigned = (one for one in map(plain_assignment, parts) if one is not None)
    return frozenset(
        one.value for one in assigned if isinstance(one.targets[0], ast.Name) and one.targets[0].id in names
    )


def is_used_whole(name: str, function: ast.AST) -> bool:
    """Return whether the name of the function is ever used other than to look up an attribute of its value."""
    nodes = list(ast.walk(function))
    looked_up = {id(node.value) for node in nodes if isinstance(node, ast.Attribute) and node.attr not in ENTERS}
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load) and id(node) not in looked_up
        for node in nodes
    )
