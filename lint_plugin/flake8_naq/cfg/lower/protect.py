"""A `finally` on every way out of a body, and how a jump leaves the body through it.

A `finally` is in the graph once. Each way into it notes in a slot how to go on behind it, so the size of the graph
stays linear in the size of the function.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from flake8_naq.cfg.instructions import EndFinally, EnterFinally, Jump
from flake8_naq.cfg.lower.builder import Builder
from flake8_naq.cfg.lower.context import Context, Finally
from flake8_naq.cfg.values import EXCEPTIONAL_EXIT, Label

Body = Callable[[Context], None]


def with_finally(b: Builder, node: ast.AST, context: Context, body: Body, final: Body) -> None:
    """Write `try: body finally: final`."""
    slot = b.slots.new(None)
    raised = b.reserve()
    entry, behind = b.new_label(), b.new_label()
    first = b.slots.end
    body(context.in_finally(raised.label, Finally(slot, entry)))
    b.fill(raised, EnterFinally(node, slot, None, first, b.slots.end), context.handler, entry)
    b.emit(EnterFinally(node, slot, (behind, None)), context)
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
    b.emit(EnterFinally(statement, innermost.slot, (labels[-1] if labels else target, node)), context)
    b.go(innermost.entry)
    for around, label in zip(outer, labels, strict=True):
        b.append(label, EnterFinally(node, around.slot, (target, node)), EXCEPTIONAL_EXIT, around.entry)
        target = label
