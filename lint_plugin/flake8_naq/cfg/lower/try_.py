"""`try`: its handlers, its `finally` on every way out of the body, and how a jump leaves the body through it.

A `finally` is in the graph once. Each way into it notes in a slot how to go on behind it, so the size of the graph
stays linear in the size of the function.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from flake8_naq.cfg.instructions import Bind, Dispatch, EndFinally, EnterFinally, Handler, Jump
from flake8_naq.cfg.lower.builder import Builder
from flake8_naq.cfg.lower.context import Context, Finally
from flake8_naq.cfg.lower.dispatch import LowerStatement, lower_block
from flake8_naq.cfg.lower.operands import OTHER
from flake8_naq.cfg.lower.targets import bind
from flake8_naq.cfg.values import NO_SLOT, Label
from flake8_naq.prescan.exceptions import ANY, are_of_cleanup
from flake8_naq.syntax.walk import walk_statements

Body = Callable[[Context], None]


def with_finally(b: Builder, node: ast.AST, context: Context, body: Body, final: Body) -> None:
    """Write `try: body finally: final`."""
    slot = b.slots.new(None)
    raised = b.reserve()
    entry, behind = b.new_label(), b.new_label()
    body(context._replace(handler=raised, finallys=(*context.finallys, Finally(slot, entry))))
    b.fill(raised, EnterFinally(node, slot, None), context, entry)
    b.emit(EnterFinally(node, slot, behind), context)
    b.place(entry)
    final(context._replace(cleanup=True))
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
        b.append(label, EnterFinally(node, around.slot, target), context, around.entry)
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
    dispatch = b.reserve()
    lower_block(b, node.body, context.in_try(dispatch))
    lower_block(b, node.orelse, context)
    end = b.new_label()
    b.go(end)
    group = isinstance(node, ast.TryStar)
    handlers = tuple(_handler(b, handler, group, end, context) for handler in node.handlers)
    b.fill(dispatch, Dispatch(node, handlers), context)
    b.place(end)


def _handler(b: Builder, handler: ast.ExceptHandler, group: bool, end: Label, context: Context) -> Handler:
    raises = any(isinstance(part, ast.Raise) for part in walk_statements(handler))
    slot = b.slots.new(None) if raises else NO_SLOT
    entry, names = b.new_label(), {handler.name} if handler.name else set()
    inner = context._replace(handled=slot, handled_names=context.handled_names | names, cleanup=True)
    b.place(entry)
    b.emit(Jump(handler), inner)  # the entry is this point, and not one that is written out of line
    if handler.name:
        bind(b, handler.name, OTHER, handler, inner)
    lower_block(b, handler.body, inner)
    if raises:
        b.emit(Bind(handler, slot, None), context)
    b.go(end)
    types = ("BaseException",) if handler.type is None else exception_names(b, [handler.type], context)
    return Handler(types, entry, slot, group)


def exception_names(b: Builder, types: Iterable[ast.expr], context: Context) -> tuple[str | None, ...]:
    """Return the canonical names of the classes, which may be in tuples; None for an expression that has no name."""
    parts = (part for one in types for part in (one.elts if isinstance(one, ast.Tuple) else [one]))
    names = tuple(b.function.names.of(part.func if isinstance(part, ast.Call) else part) for part in parts)
    return (*names, ANY.name) if context.cleanup and are_of_cleanup(names) else names  # closing raises nothing else


STATEMENTS: dict[type[ast.stmt], LowerStatement] = {ast.Try: _try, ast.TryStar: _try}
