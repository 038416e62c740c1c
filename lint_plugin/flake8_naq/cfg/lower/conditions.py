"""Conditions: which question each asks about a slot, and where control goes on with either answer."""

from __future__ import annotations

import ast

from flake8_naq.cfg.instructions import AttributeTest, Fork, Question, SameAs, Test, Truth
from flake8_naq.cfg.lower.builder import Builder
from flake8_naq.cfg.lower.context import Context
from flake8_naq.cfg.lower.dispatch import lower_expression, read_expression
from flake8_naq.cfg.lower.targets import assign
from flake8_naq.cfg.values import NO_SLOT, Label, Parameter, Slot
from flake8_naq.prescan.conditions import answer_of_resource, asked_of, asks_for_none, condition_key, is_opposite
from flake8_naq.syntax.callees import arguments_of
from flake8_naq.syntax.nodes import dotted, is_none

_NAME_LISTS = ("locals", "vars", "dir")
# The slot, what a condition asks about it, and whether the condition is the opposite of the question.
_Asked = tuple[Slot, Question, bool]


def lower_condition(b: Builder, test: ast.expr, no: Label, context: Context) -> None:
    """Write the points of a condition: control falls through where it is true, and goes to `no` where it is false."""
    test = asked_of(test, b.function.prescan.results)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yes = b.new_label()
        lower_condition(b, test.operand, yes, context)
        b.go(no)
        b.place(yes)
    elif isinstance(test, ast.BoolOp):
        _boolean(b, test, no, context)
    elif isinstance(test, ast.Constant):
        if not test.value:
            b.go(no)
    elif (asked := _asked(b, test, context)) is not None:
        b.emit(Test(test, *asked, no), context)
    else:
        read_expression(b, test, context, test)
        b.emit(Fork(test, no), context)


def _boolean(b: Builder, test: ast.BoolOp, no: Label, context: Context) -> None:
    if isinstance(test.op, ast.And):
        for value in test.values:
            lower_condition(b, value, no, context)
        return
    yes, otherwise = b.new_label(), b.new_label()
    for value in test.values:
        b.place(otherwise)
        otherwise = no if value is test.values[-1] else b.new_label()
        lower_condition(b, value, otherwise, context)
        b.go(yes)
    b.place(yes)


def _asked(b: Builder, test: ast.expr, context: Context) -> _Asked | None:
    """Return what a condition asks, after the points that have to be evaluated for it."""
    if isinstance(test, ast.NamedExpr):
        assign(b, test.target, lower_expression(b, test.value, context), test, context)
        test = test.target
    if (slot := _held(b, test)) is not None:
        return slot, Truth.TRUE, False
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        if isinstance(test.left, ast.NamedExpr) and isinstance(test.comparators[0], ast.Constant):
            assign(b, test.left.target, lower_expression(b, test.left.value, context), test, context)
            test = ast.Compare(test.left.target, test.ops, test.comparators, lineno=test.lineno)
        if (asked := _compared(b, test, context)) is not None:
            return asked
    if isinstance(test, ast.Attribute) and (slot := _held(b, test.value)) is not None:
        return slot, AttributeTest(test.attr), False
    asked = _called(b, test) if isinstance(test, ast.Call) else None
    return asked or recurring(b, test)


def recurring(b: Builder, test: ast.expr) -> _Asked | None:
    """Return the question of a test that recurs in the function."""
    key = condition_key(test := asks_for_none(test)) if b.slots.facts else None
    slot = b.slots.facts.get(key.text) if key is not None else None
    return (slot, Truth.TRUE, is_opposite(test)) if slot is not None else None


def _held(b: Builder, node: ast.expr) -> Slot | None:
    return b.slots.by_name.get(dotted(node))


def _compared(b: Builder, test: ast.Compare, context: Context) -> _Asked | None:
    """Return the question of a comparison of a name with another name, an attribute, or None."""
    right, operator = test.comparators[0], test.ops[0]
    if isinstance(operator, ast.In):
        return _bound(b, test.left, right)
    slot = _held(b, test.left)
    if not isinstance(operator, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
        return None
    negated = isinstance(operator, (ast.IsNot, ast.NotEq))
    if slot is None:
        return _result(b, test.left, negated) if is_none(right) else None
    other = _held(b, right)
    if other is not None:  # two resources are equal only if they are the same
        return slot, SameAs(other), negated
    if isinstance(right, ast.Attribute):
        read_expression(b, right, context, test)
        return slot, SameAs(NO_SLOT), negated
    return (slot, Truth.NONE, negated) if is_none(right) else None


def _result(b: Builder, value: ast.expr, negated: bool) -> _Asked | None:
    """Return the question of `process.poll() is None`: the opposite of whether it has its result."""
    asked = value.func if isinstance(value, ast.Call) and not arguments_of(value) else value
    if not isinstance(asked, ast.Attribute) or asked.attr not in b.function.catalogue.method_names.none_while_open:
        return None
    slot = _held(b, asked.value)
    return (slot, AttributeTest(asked.attr), not negated) if slot is not None else None


def _bound(b: Builder, left: ast.expr, right: ast.expr) -> _Asked | None:
    """Return the question of `"nc" in locals()`."""
    if not isinstance(left, ast.Constant) or not isinstance(right, ast.Call) or not isinstance(right.func, ast.Name):
        return None
    slot = b.slots.by_name.get(left.value) if isinstance(left.value, str) else None
    return (slot, Truth.BOUND, False) if slot is not None and right.func.id in _NAME_LISTS else None


def _called(b: Builder, test: ast.Call) -> _Asked | None:
    """Return the question of `nc.is_closed()`, or of `isinstance(nc, Client)` and the like, if it has an answer."""
    if isinstance(test.func, ast.Attribute) and test.func.attr in b.function.catalogue.method_names.state_tests:
        slot = _held(b, test.func.value)
        return (slot, AttributeTest(test.func.attr), False) if slot is not None and not arguments_of(test) else None
    slot = _held(b, test.args[0]) if test.args else None
    if slot is None:
        return None
    is_parameter, catalogue = isinstance(b.slots.initial[slot], Parameter), b.function.catalogue
    answer = answer_of_resource(test, b.function.names, catalogue, is_parameter)
    return (slot, Truth.TRUE if answer else SameAs(NO_SLOT), False) if answer is not None else None
