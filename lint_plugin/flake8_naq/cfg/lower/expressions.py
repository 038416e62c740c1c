"""Expressions other than calls: what each evaluates, in which order."""

from __future__ import annotations

import ast
from typing import Final

from flake8_naq.catalogue.model import SUBSCRIPT
from flake8_naq.cfg.instructions import Escape, Fork, Need, Test, Truth, Use, Yield
from flake8_naq.cfg.lower import operands as op
from flake8_naq.cfg.lower import uses
from flake8_naq.cfg.lower.builder import Builder
from flake8_naq.cfg.lower.conditions import lower_condition, recurring
from flake8_naq.cfg.lower.context import Context
from flake8_naq.cfg.lower.dispatch import LowerExpression, lower_expression, read_expression
from flake8_naq.cfg.lower.operands import OTHER, Operand
from flake8_naq.cfg.lower.targets import assign
from flake8_naq.cfg.values import Slot, Value
from flake8_naq.prescan.owner_classes import ENTERS
from flake8_naq.syntax.bindings import not_bound_by
from flake8_naq.syntax.nodes import COMPREHENSIONS, dotted

_SINGLETONS: Final = {
    None: op.Constant(Value.NONE),
    True: op.Constant(Value.TRUE),
    False: op.Constant(Value.FALSE),
}
_TRUTHY, _FALSY = op.Constant(Value.TRUTHY), op.Constant(Value.FALSY)
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def _constant(b: Builder, node: ast.Constant, context: Context) -> Operand:
    if node.value is None or isinstance(node.value, bool):
        return _SINGLETONS[node.value]
    return (_TRUTHY if node.value else _FALSY) if isinstance(node.value, int) else OTHER


def _name(b: Builder, node: ast.Name, context: Context) -> Operand:
    slot = b.slots.by_name.get(node.id)
    if slot is not None:
        return op.Held(slot)
    captured = b.closures.get(node.id)
    return OTHER if captured is None else op.Closure(captured)


def _attribute(b: Builder, node: ast.Attribute, context: Context) -> Operand:
    path = dotted(node) if b.function.prescan.owned.every else ""
    if path in b.slots.by_name:
        return op.Held(b.slots.by_name[path])
    value = uses.settle(b, lower_expression(b, node.value, context), context)
    if isinstance(value, op.Held):
        need = Need.RELEASE_ATTRIBUTE if node.attr in b.function.catalogue.method_names.ending else Need.ATTRIBUTE
        b.emit(Use(node, value.slot, need), context)
        return op.BoundMethod(value.slot, node.attr, value.temporary)
    uses.read(b, value, node, context)
    if value is OTHER and context.guarded and not _surely_exists(b, node):  # elsewhere it is a mistake, and no way out
        b.opaque(node, context)
    return OTHER


def _surely_exists(b: Builder, node: ast.Attribute) -> bool:
    """Return whether the attribute is one of a module, of `self`, or of an object that holds a resource."""
    root = dotted(node).partition(".")[0]
    return root in ("self", "cls", *b.function.holders) or b.function.names.of_name(root) is not None


def _subscript(b: Builder, node: ast.Subscript, context: Context) -> Operand:
    value = lower_expression(b, node.value, context)
    if isinstance(value, op.Several) and (item := _item(value, node.slice)) is not None:
        uses.read(b, value._replace(items=tuple(one for one in value.items if one is not item)), node, context)
        return item
    if isinstance(value, op.Held) and SUBSCRIPT in b.function.catalogue.view_methods:
        read_expression(b, node.slice, context, node)
        return uses.make_view(b, node, value, SUBSCRIPT, context)
    uses.read(b, value, node, context)
    read_expression(b, node.slice, context, node)
    b.opaque(node, context, raises=b.function.names.of(node.value) not in b.function.calls.no_raise_items)
    return OTHER


def _item(value: op.Several, position: ast.expr) -> Operand | None:
    """Return the item of a tuple at a position that is written as a number."""
    number = position.value if isinstance(position, ast.Constant) else None
    return value.items[number] if isinstance(number, int) and 0 <= number < len(value.items) else None


def _tuple(b: Builder, node: ast.Tuple, context: Context) -> Operand:
    return op.Several(tuple(lower_expression(b, item, context) for item in node.elts))


def _starred(b: Builder, node: ast.Starred, context: Context) -> Operand:
    return lower_expression(b, node.value, context)


def _container(b: Builder, node: ast.List | ast.Set | ast.Dict, context: Context) -> Operand:
    for item in node.values if isinstance(node, ast.Dict) else node.elts:
        _contain(b, lower_expression(b, item, context), node, item, context)
    return OTHER


def _contain(b: Builder, item: Operand, container: ast.expr, node: ast.expr, context: Context) -> None:
    """Put a value into a container, which keeps it unless the function only reads what is in it."""
    item = uses.resolve(b, item, context)
    if isinstance(item, (op.Held, op.Several)) and b.function.only_reads(container, b.origins):
        uses.read(b, item, node, context)
    else:
        uses.escape(b, item, node, Escape.CONTAINED, context)


def _walrus(b: Builder, node: ast.NamedExpr, context: Context) -> Operand:
    assign(b, node.target, lower_expression(b, node.value, context), node, context)
    return _name(b, node.target, context)


def _if_expression(b: Builder, node: ast.IfExp, context: Context) -> Operand:
    no, done = b.new_label(), b.new_label()
    lower_condition(b, node.test, no, context)
    result = b.slots.temporary()
    made = _into(b, result, node.body, node, context)
    b.go(done)
    b.place(no)
    made += _into(b, result, node.orelse, node, context)
    b.place(done)
    return op.Held(result, temporary=True, made=made)


def _bool_operation(b: Builder, node: ast.BoolOp, context: Context) -> Operand:
    result, done = b.slots.temporary(), b.new_label()
    made: tuple[int, ...] = ()
    for value in node.values[:-1]:
        made += _into(b, result, value, node, context)
        slot, question, opposite = recurring(b, value) or (result, Truth.TRUE, False)
        b.emit(Test(value, slot, question, opposite is not isinstance(node.op, ast.Or), done), context)
    made += _into(b, result, node.values[-1], node, context)
    b.place(done)
    return op.Held(result, temporary=True, made=made)


def _into(b: Builder, slot: Slot, value: ast.expr, node: ast.expr, context: Context) -> tuple[int, ...]:
    """Put the value of an expression into a slot, and return the origins that may have made it."""
    operand = uses.resolve(b, lower_expression(b, value, context), context)
    if isinstance(operand, (op.BoundMethod, op.Closing)):  # which of the values closes it is not followed
        uses.escape(b, operand, node, Escape.STORED, context)
    uses.store(b, slot, operand, node, context)
    return operand.made if isinstance(operand, op.Held) else ()


def _comprehension(b: Builder, node: _Comprehension, context: Context) -> Operand:
    uses.close_containers(b, node, context)
    outside = b.slots.by_name
    for generator in node.generators:
        uses.iterate(b, lower_expression(b, generator.iter, context), node, context)
        b.slots.by_name = not_bound_by(generator.target, b.slots.by_name)
    skip = b.new_label()
    waits = any(generator.is_async for generator in node.generators)
    b.emit(Fork(node, skip), context, raises=waits, cancels=waits)
    for generator in node.generators:
        for test in generator.ifs:
            read_expression(b, test, context, node)
    for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
        _contain(b, lower_expression(b, part, context), node, node, context)
    b.slots.by_name = outside
    b.place(skip)
    return OTHER


def _lambda(b: Builder, node: ast.Lambda, context: Context) -> Operand:
    slots = uses.captured_slots(b, node) if b.function.prescan.mentioned else {}
    return op.Closure(tuple(slots.values())) if slots else OTHER


def _yield(b: Builder, node: ast.Yield, context: Context) -> Operand:
    if node.value is not None:
        operand = uses.resolve(b, lower_expression(b, node.value, context), context)
        uses.pass_on(b, operand, node, context, lent=b.function.lends)  # else handed off, unless it is released later
    b.emit(Yield(node, b.function.resumed), context, raises=not b.function.resumed)
    return OTHER


def _await(b: Builder, node: ast.Await | ast.YieldFrom, context: Context) -> Operand:
    operand = lower_expression(b, node.value, context.awaiting(node.value))
    if isinstance(operand, op.PENDING):
        return uses.execute(b, operand, context, awaited=True)
    if isinstance(node, ast.YieldFrom):  # it waits only where a generator is a coroutine
        uses.read(b, operand, node, context)
        b.opaque(node, context)
        return OTHER
    if isinstance(operand, op.ManagerCall):
        b.unentered.append((operand.call, operand.manager))
    if isinstance(operand, op.Several):  # what was gathered is awaited already
        return operand
    if not isinstance(operand, op.Held):
        uses.read(b, operand, node, context)
    elif _is_entered(node.value):
        return operand
    b.opaque(node, context, raises=not _is_only_cancelled(b, node.value), cancels=True)
    return operand if isinstance(operand, op.Held) else OTHER


def _is_entered(node: ast.expr) -> bool:
    """Return whether the value is that of `session.__aenter__()`, by which a resource gives itself."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ENTERS


def _is_only_cancelled(b: Builder, node: ast.expr) -> bool:
    """Return whether nothing but a cancellation raises where the value is awaited."""
    if not isinstance(node, ast.Call):
        return False
    called, calls = b.function.names.of(node.func), b.function.calls
    is_returned = called in calls.gathering and "return_exceptions=True" in map(ast.unparse, node.keywords)
    return is_returned or called in calls.only_cancelled


EXPRESSIONS: dict[type[ast.expr], LowerExpression] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.Starred: _starred,
    **dict.fromkeys((ast.List, ast.Set, ast.Dict), _container),
    ast.NamedExpr: _walrus,
    ast.IfExp: _if_expression,
    ast.BoolOp: _bool_operation,
    **dict.fromkeys(COMPREHENSIONS, _comprehension),
    ast.Lambda: _lambda,
    ast.Yield: _yield,
    ast.YieldFrom: _await,
    ast.Await: _await,
}
