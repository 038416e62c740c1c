"""What becomes of the results of calls, and of the names that hold them: awaited later, or asked for an answer only."""

from __future__ import annotations

import ast

from flake8_naq.prescan.owner_classes import ENTERS
from flake8_naq.syntax.walk import walk, walk_scope


def plain_answers(function: ast.AST) -> frozenset[ast.expr]:
    """Return the awaited calls whose result is dropped, compared or tested: no object that goes on living."""
    found = (part for node in walk_scope(function) for part in _plain_parts(node))
    return frozenset(one.value for one in found if isinstance(one, ast.Await))


def _plain_parts(node: ast.AST) -> list[ast.expr]:
    """Return the parts of a node whose values are only compared, tested or dropped."""
    match node:
        case ast.Expr(value=value):
            return [value]
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return [operand]
        case ast.Assert(test=test) | ast.If(test=test) | ast.While(test=test):
            return [test]
    return []


def awaited_later(function: ast.AST) -> frozenset[ast.expr]:
    """Return the values of the names that occur in what the function awaits: `task = create_task(work(nc))`."""
    parts = list(walk_scope(function))
    awaited = (part.value for part in parts if isinstance(part, ast.Await))
    names = {part.id for value in awaited for part in walk(value) if isinstance(part, ast.Name)}
    assigned = (part for part in parts if isinstance(part, ast.Assign))
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
