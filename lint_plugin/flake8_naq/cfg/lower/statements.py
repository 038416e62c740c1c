"""Statements without a block: expressions, assignments, imports, assertions, returns, raises, definitions."""

from __future__ import annotations

import ast

from flake8_naq.cfg.instructions import Escape, HandOff, Raise
from flake8_naq.cfg.lower.builder import Builder
from flake8_naq.cfg.lower.conditions import lower_condition
from flake8_naq.cfg.lower.context import Context
from flake8_naq.cfg.lower.dispatch import LowerStatement, lower_expression, read_expression
from flake8_naq.cfg.lower.operands import OTHER, Constant, Held, Operand
from flake8_naq.cfg.lower.targets import assign, bind, hand_on_kept
from flake8_naq.cfg.lower.try_ import leave
from flake8_naq.cfg.lower.uses import captured_slots, discard, escape, resolve, store
from flake8_naq.cfg.values import NO_SLOT, NORMAL_EXIT, Value
from flake8_naq.prescan.exceptions import ANY, ExceptionSet
from flake8_naq.syntax.bindings import imported_names, is_of_python
from flake8_naq.syntax.nodes import parts_of


def _expression(b: Builder, node: ast.Expr, context: Context) -> None:
    value = node.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.args:
        if value.func.attr in b.function.calls.asserting_methods and not b.function.names.of(value.func):
            _assert_true(b, node, value.args[0], context)
            return
    if type(value) is not ast.Constant:
        discard(b, lower_expression(b, value, context), value, context)


def _assign(b: Builder, node: ast.Assign, context: Context) -> None:
    first, *others = node.targets
    if not others and _assign_condition(b, first, node, context):
        return
    operand = lower_expression(b, node.value, context)
    if others:
        operand = resolve(b, operand, context)
    shared = operand._replace(temporary=False) if isinstance(operand, Held) else operand  # no target takes it away
    for target in node.targets[:-1]:
        assign(b, target, shared, node, context)
    assign(b, node.targets[-1], operand, node, context)


def _assign_condition(b: Builder, target: ast.expr, node: ast.Assign | ast.AnnAssign, context: Context) -> bool:
    """Write `own = nc is None` as a test whose two ends set the flag, and return whether the statement is like that."""
    value = node.value
    if not isinstance(target, ast.Name) or target.id not in b.function.prescan.flags:
        return False
    if not isinstance(value, (ast.Compare, ast.BoolOp)) and not (
        isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
    ):
        return False
    no, done = b.new_label(), b.new_label()
    lower_condition(b, value, no, context)
    assign(b, target, Constant(Value.TRUE), node, context)
    b.go(done)
    b.place(no)
    assign(b, target, Constant(Value.FALSE), node, context)
    b.place(done)
    return True


def _annotated(b: Builder, node: ast.AnnAssign, context: Context) -> None:
    if node.value is not None and not _assign_condition(b, node.target, node, context):
        assign(b, node.target, lower_expression(b, node.value, context), node, context)


def _augmented(b: Builder, node: ast.AugAssign, context: Context) -> None:
    read_expression(b, node.value, context, node)
    assign(b, node.target, OTHER, node, context)


def _import(b: Builder, node: ast.Import | ast.ImportFrom, context: Context) -> None:
    b.opaque(node, context, raises=context.guarded or not is_of_python(node))
    for name in imported_names(node):
        bind(b, name, OTHER, node, context)


def _assert(b: Builder, node: ast.Assert, context: Context) -> None:
    _assert_true(b, node, node.test, context)


def _assert_true(b: Builder, node: ast.stmt, test: ast.expr, context: Context) -> None:
    no, done = b.new_label(), b.new_label()
    lower_condition(b, test, no, context)
    b.go(done)
    b.place(no)
    b.emit(Raise(node, ExceptionSet("AssertionError")), context)
    b.cut()
    b.place(done)


def _return(b: Builder, node: ast.Return, context: Context) -> None:
    if context.returned != NO_SLOT:
        operand = _returned(b, node.value, context)
        store(b, context.returned, resolve(b, operand, context), node, context)
    elif node.value is not None:
        escape(b, lower_expression(b, node.value, context), node, Escape.RETURNED, context)
    hand_on_kept(b, context)
    leave(b, NORMAL_EXIT, 0, node, context)


def _returned(b: Builder, value: ast.expr | None, context: Context) -> Operand:
    """Return what is returned, or the part of it that the slot for what is returned keeps."""
    if value is None:
        return Constant(Value.NONE)
    parts = parts_of(value) if context.returned_item is not None else []
    if not parts:
        return lower_expression(b, value, context)
    return [resolve(b, lower_expression(b, part, context), context) for part in parts][context.returned_item or 0]


def _raise(b: Builder, node: ast.Raise, context: Context) -> None:
    exception, again = ANY, context.handled
    if node.exc is not None:
        target = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        for argument in node.exc.args if isinstance(node.exc, ast.Call) else ():
            read_expression(b, argument, context, node)
        if not (isinstance(target, ast.Name) and target.id in context.handled_names):
            called = b.function.names.of(target)
            exception, again = ExceptionSet(called) if called else ANY, NO_SLOT
    if node.cause is not None:
        lower_expression(b, node.cause, context)
    b.emit(Raise(node, exception, again), context)
    b.cut()


def _definition(b: Builder, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, context: Context) -> None:
    for decorator in node.decorator_list:
        read_expression(b, decorator, context, node)
    if b.function.prescan.mentioned and (slots := captured_slots(b, node)):
        b.closures[node.name] = tuple(slots.values())
        for name in sorted(b.function.prescan.handed_later & slots.keys()):
            escape = Escape.PASSED if name in b.function.prescan.lent else Escape.CONTAINED
            b.emit(HandOff(node, slots[name], escape), context)
    bind(b, node.name, OTHER, node, context)


STATEMENTS: dict[type[ast.stmt], LowerStatement] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.Assert: _assert,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.FunctionDef: _definition,
    ast.AsyncFunctionDef: _definition,
    ast.ClassDef: _definition,
}
