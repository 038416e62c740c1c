"""`try`: its handlers, its `finally` on every way out of the body, and how a jump leaves the body through it.

A `finally` is in the graph once. Each way into it notes in a slot how to go on behind it, so the size of the graph
stays linear in the size of the function.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from flake8_naq.cfg.instructions import Bind, Dispatch, EndFinally, EnterFinally, Handler, Jump
from flake8_naq.cfg.lower.builder import Builder
from flake8_naq.cfg.lower.context import Context, Finally
from flake8_naq.cfg.lower.dispatch import LowerStatement, lower_block
from flake8_naq.cfg.lower.operands import OTHER
from flake8_naq.cfg.lower.targets import bind
from flake8_naq.cfg.values import EXCEPTIONAL_EXIT, NO_SLOT, Label
from flake8_naq.syntax.walk import walk_statements

Body = Callable[[Context], None]


def with_finally(b: Builder, node: ast.AST, context: Context, body: Body, final: Body) -> None:
    """Write `try: body finally: final`."""
    slot = b.slots.new(None)
    raised = b.reserve()
    entry, behind = b.new_label(), b.new_label()
    first = b.slots.end
    body(context.in_finally(raised, Finally(slot, entry)))
    b.fill(raised, EnterFinally(node, slot, None, first, b.slots.end), context.handler, entry)
    b.emit(EnterFinally(node, slot, behind), context)
    b.place(entry)
    start = b.size
    final(context)
    b.mark_cleanup(start)
    b.emit(EndFinally(node, slot), context)
    b.cut()
    b.place(behind)
    b.emit(Jump(node), context)


def leave(b: Builder, target: Label, depth: int, node: ast.AST, context: Context, falls: bool = False) -> None:
    """Go to `target` through each `finally` that is between, down to the nesting `depth`; `falls`: without a jump."""
    statement = None if falls else node
    through = context.finallys[depth:]
    if not through:
        b.emit(Jump(statement), context)
        b.go(target)
        return
    innermost, outer = through[-1], through[:-1]
    labels = [b.new_label() for _ in outer]
    b.emit(EnterFinally(statement, innermost.slot, labels[-1] if labels else target), context)
    b.go(innermost.entry)
    for around, label in zip(outer, labels, strict=True):
        b.append(label, EnterFinally(node, around.slot, target), EXCEPTIONAL_EXIT, around.entry)
        target = label


def _try(b: Builder, node: ast.Try | ast.TryStar, context: Context) -> None:
    if not node.finalbody:
        _dispatched(b, node, context)
        return
    with_finally(
        b,
        node,
        context,
        lambda inner: _dispatched(b, node, inner),
        lambda outer: lower_block(b, node.finalbody, outer),
    )


def _dispatched(b: Builder, node: ast.Try | ast.TryStar, context: Context) -> None:
    """Write a `try` without its `finally`."""
    if not node.handlers:
        lower_block(b, node.body, context)
        lower_block(b, node.orelse, context)
        return
    dispatch, first = b.reserve(), b.slots.end
    lower_block(b, node.body, context.in_try(dispatch))
    last = b.slots.end
    lower_block(b, node.orelse, context)
    end = b.new_label()
    b.go(end)
    group = isinstance(node, ast.TryStar)
    handlers = tuple(_handler(b, handler, group, end, context) for handler in node.handlers)
    b.fill(dispatch, Dispatch(node, handlers, first, last), context.handler)
    b.place(end)


def _handler(b: Builder, handler: ast.ExceptHandler, group: bool, end: Label, context: Context) -> Handler:
    raises = any(isinstance(part, ast.Raise) for part in walk_statements(handler))
    slot = b.slots.new(None) if raises else NO_SLOT
    entry, start = b.new_label(), b.size
    b.place(entry)
    b.emit(Jump(handler), context)  # the entry is this point, and not one that is written out of line
    if handler.name:
        bind(b, handler.name, OTHER, handler, context)
    lower_block(b, handler.body, context.in_handler(slot, handler.name))
    b.mark_cleanup(start)
    if raises:
        b.emit(Bind(handler, slot, None), context)
    b.go(end)
    return Handler(_types(b, handler), entry, slot, group)


def _types(b: Builder, handler: ast.ExceptHandler) -> tuple[str | None, ...]:
    if handler.type is None:
        return ("BaseException",)
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return tuple(b.function.names.of(one.func if isinstance(one, ast.Call) else one) for one in types)


STATEMENTS: dict[type[ast.stmt], LowerStatement] = {ast.Try: _try, ast.TryStar: _try}
