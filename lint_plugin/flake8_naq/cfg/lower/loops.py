"""Loops, branches, and `match`."""

from __future__ import annotations

import ast

from flake8_naq.cfg.instructions import Escape, Fork, Jump, Need, Use
from flake8_naq.cfg.lower.builder import Builder
from flake8_naq.cfg.lower.conditions import lower_condition
from flake8_naq.cfg.lower.context import Context, Loop
from flake8_naq.cfg.lower.dispatch import LowerStatement, lower_block, lower_expression
from flake8_naq.cfg.lower.operands import OTHER, BoundMethod
from flake8_naq.cfg.lower.targets import assign, bind, forget
from flake8_naq.cfg.lower.try_ import leave
from flake8_naq.cfg.lower.uses import close_containers, escape, iterate
from flake8_naq.cfg.values import Label
from flake8_naq.syntax.bindings import captured_names

_Loop = ast.While | ast.For | ast.AsyncFor


def _if(b: Builder, node: ast.If, context: Context) -> None:
    end = b.new_label()
    current: ast.If | None = node
    while current is not None:
        no = b.new_label()
        lower_condition(b, current.test, no, context)
        lower_block(b, current.body, context)
        b.go(end)
        b.place(no)
        if len(current.orelse) == 1 and isinstance(current.orelse[0], ast.If):
            current = current.orelse[0]
        else:
            lower_block(b, current.orelse, context)
            current = None
    b.place(end)


def _while(b: Builder, node: ast.While, context: Context) -> None:
    forget(b, ".", context)  # each turn may have changed them
    header, no = b.new_label(), b.new_label()
    b.place(header)
    b.emit(Jump(node), context)
    lower_condition(b, node.test, no, context)
    _turn(b, node, header, no, context)


def _for(b: Builder, node: ast.For | ast.AsyncFor, context: Context) -> None:
    close_containers(b, node, context)
    operand = lower_expression(b, node.iter, context)
    if isinstance(operand, BoundMethod):
        b.emit(Use(node.iter, operand.slot, Need.OPEN), context)
    iterate(b, operand, node, context)
    header, first, no = b.new_label(), b.new_label(), b.new_label()
    if _turns(node.iter):
        b.go(first)
    b.place(header)
    waits = isinstance(node, ast.AsyncFor)
    b.emit(Fork(node, no), context, raises=waits, cancels=waits)
    b.place(first)
    assign(b, node.target, OTHER, node, context)
    _turn(b, node, header, no, context)


def _turn(b: Builder, node: _Loop, header: Label, no: Label, context: Context) -> None:
    """Write the body of a loop, the way back to its header, and its `else`, to which `no` leads."""
    end = b.new_label()
    loop = Loop(header, end, len(context.finallys))
    lower_block(b, node.body, context._replace(loop=loop, loops=context.loops + 1))
    forget(b, ".", context)  # each turn may have changed them
    b.emit(Jump(node), context)
    b.go(header)
    b.place(no)
    lower_block(b, node.orelse, context)
    b.place(end)


def _turns(iterable: ast.expr) -> bool:
    """Return whether a loop over the iterable turns at least once: one of its items is written down, or its range."""
    if isinstance(iterable, (ast.Tuple, ast.List)):
        return not all(isinstance(item, ast.Starred) for item in iterable.elts)
    if isinstance(iterable, ast.Call) and isinstance(iterable.func, ast.Name) and iterable.func.id == "range":
        bounds = [a.value for a in iterable.args if isinstance(a, ast.Constant) and isinstance(a.value, int)]
        return 0 < len(bounds) == len(iterable.args) < 3 and len(range(*bounds)) > 0
    return False


def _break(b: Builder, node: ast.Break, context: Context) -> None:
    if context.loop is not None:
        landing = b.new_label()
        b.append(landing, Jump(node), context, context.loop.end)
        leave(b, landing, context.loop.finallys, node, context)


def _continue(b: Builder, node: ast.Continue, context: Context) -> None:
    if context.loop is not None:
        leave(b, context.loop.header, context.loop.finallys, node, context)


def _match(b: Builder, node: ast.Match, context: Context) -> None:
    escape(b, lower_expression(b, node.subject, context), node, Escape.CONTAINED, context)  # a pattern takes it apart
    end = b.new_label()
    for case in node.cases:
        no = b.new_label()
        irrefutable = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
        if not irrefutable:
            b.emit(Fork(node, no), context)
        for name in captured_names(case.pattern):
            bind(b, name, OTHER, case.pattern, context)
        if case.guard is not None:
            lower_condition(b, case.guard, no, context)
        lower_block(b, case.body, context)
        b.go(end)
        if irrefutable and case.guard is None:
            break
        b.place(no)
    b.place(end)


STATEMENTS: dict[type[ast.stmt], LowerStatement] = {
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Match: _match,
}
