"""Which function lowers which kind of statement or expression; the package adds the tables of its modules.

So expressions, calls and conditions, which contain each other, need not import each other.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from flake8_naq.cfg.lower.builder import Builder
from flake8_naq.cfg.lower.context import Context
from flake8_naq.cfg.lower.operands import OTHER, Operand
from flake8_naq.cfg.lower.uses import read
from flake8_naq.syntax.callees import arguments_of
from flake8_naq.syntax.walk import inner_nodes

# The node is `Any` in these two, because each function takes the class of nodes that it is registered for.
LowerExpression = Callable[[Builder, Any, Context], Operand]
LowerStatement = Callable[[Builder, Any, Context], None]
EXPRESSIONS: dict[type[ast.expr], LowerExpression] = {}
STATEMENTS: dict[type[ast.stmt], LowerStatement] = {}


def lower_expression(b: Builder, node: ast.expr, context: Context) -> Operand:
    """Write the points that evaluate an expression, and return its value."""
    lower = EXPRESSIONS.get(type(node))
    if lower is not None:
        return lower(b, node, context)
    for child in inner_nodes(node):
        if isinstance(child, ast.expr):
            read_expression(b, child, context, child)
    return OTHER


def read_expression(b: Builder, node: ast.expr, context: Context, at: ast.AST) -> None:
    """Write the points that evaluate an expression whose value is not kept."""
    read(b, lower_expression(b, node, context), at, context)


def lower_arguments(b: Builder, call: ast.Call, context: Context) -> list[Operand]:
    """Write the points that evaluate the arguments of a call, and return their values in order."""
    return [lower_expression(b, argument, context) for argument in arguments_of(call)]


def lower_block(b: Builder, body: Sequence[ast.stmt], context: Context) -> None:
    """Write the points of statements that follow each other."""
    for statement in body:
        lower = STATEMENTS.get(type(statement))
        if lower is not None:
            lower(b, statement, context)
