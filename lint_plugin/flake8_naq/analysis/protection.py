"""`try` and `with`: handlers, and what is done on every way out.

A `finally` stands in the program once: each way into it notes in a slot how to go on after it, so that the
program's size stays linear in the function's.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from flake8_naq.analysis.emitter import OTHER
from flake8_naq.analysis.expressions import Expressions
from flake8_naq.analysis.program import ANY, CANCELLED, TIMED_OUT, UNWIND, Instruction, Op, Value
from flake8_naq.analysis.survey import LocalEffects, Survey
from flake8_naq.catalogue.model import Catalogue
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.walk import walk_statements


class Protection(Expressions):
    """The part of the lowering that knows which handler and which `finally` stand around."""

    def __init__(
        self, node: ast.AST, scope: Scope, names: Names, catalogue: Catalogue, survey: Survey, effects: LocalEffects
    ) -> None:
        super().__init__(node, scope, names, catalogue, survey, effects)
        self._finals: list[tuple[int, list[Instruction]]] = []
        self._handled: list[int] = []
        self._cut_short = -1  # the one slot for what a time limit has cancelled: it is read at once

    def block(self, body: Sequence[ast.stmt]) -> None:
        """Lower statements; said by the class that completes this one."""
        raise NotImplementedError

    def _leave(self, target: int, depth: int, node: ast.AST, falls: bool = False) -> None:
        """Go to *target* through each `finally` that stands between, down to nesting *depth*."""
        chain = list(reversed(self._finals[depth:]))
        jump = self.emit(Op.JUMP, None if falls else node, b="leaves")
        self.cut()
        if not chain:
            jump.next = target
            return
        jump.op = Op.ENTER_FINALLY
        completion: Any = ("go", target, node)
        for slot, ways in reversed(chain[1:]):
            way = Instruction(Op.ENTER_FINALLY, node, UNWIND, a=slot, b=completion)
            self.code.append(way)
            ways.append(way)
            completion = ("go", len(self.code) - 1, node)
        jump.a, jump.b = chain[0][0], completion
        chain[0][1].append(jump)

    def _append(self, instruction: Instruction) -> int:
        self.code.append(instruction)
        return len(self.code) - 1

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        if node.finalbody:
            self.protected(node, lambda: self._handlers(node), lambda: self.block(node.finalbody))
        else:
            self._handlers(node)

    def protected(self, node: ast.AST, body: Callable[[], None], final: Callable[[], None]) -> None:
        """`try: body finally: final`, with *final* in the program once."""
        slot = self.new_slot(None)
        ways: list[Instruction] = []
        before = self.handler
        raised = Instruction(Op.ENTER_FINALLY, node, before, a=slot, b=None)
        self.handler = self._append(raised)
        ways.append(raised)
        self._finals.append((slot, ways))
        first = len(self.initial)
        body()
        raised.c = (first, len(self.initial))
        self._finals.pop()
        self.handler = before
        normal = self.emit(Op.ENTER_FINALLY, node, a=slot)
        self.land([("next", way) for way in ways])
        start = len(self.code)
        final()
        self.cleanup.update(range(start, len(self.code)))
        end = self.emit(Op.END_FINALLY, node, a=slot)
        self.cut()
        normal.b = ("go", self.here(), None)
        end.b = normal
        self.emit(Op.JUMP, node)

    def _handlers(self, node: ast.Try | ast.TryStar) -> None:
        if not node.handlers:
            self.block(node.body)
            self.block(node.orelse)
            return
        before = self.handler
        dispatch = Instruction(Op.DISPATCH, node, before, a=[])
        self.handler = self._append(dispatch)
        self.barrier = len(self.code)
        self.guards += 1
        first = len(self.initial)
        self.block(node.body)
        dispatch.b = (first, len(self.initial))
        self.guards -= 1
        self.handler = before
        self.barrier = len(self.code)
        self.block(node.orelse)
        ends = self.take()
        for handler in node.handlers:
            again = any(isinstance(part, ast.Raise) for part in walk_statements(handler))
            slot = self.new_slot(None) if again else -1  # nobody asks what it was
            start = self.here()
            self.emit(Op.JUMP, handler)  # what is appended out of line must not become the handler's entry
            dispatch.a.append((self._handler_types(handler), start, slot, isinstance(node, ast.TryStar)))
            self._handled.append(slot)
            if handler.name:
                self.bind(handler.name, OTHER, handler)
                self.handler_names.append(handler.name)
            self.block(handler.body)
            if handler.name:
                self.handler_names.pop()
            self._handled.pop()
            self.cleanup.update(range(start, len(self.code)))
            if again:
                self.emit(Op.BIND, handler, a=slot, b=None)
            ends.extend(self.take())
        self.land(ends)

    def _handler_types(self, handler: ast.ExceptHandler) -> tuple[str | None, ...]:
        if handler.type is None:
            return ("BaseException",)
        types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        return tuple(self.names.of(t.func if isinstance(t, ast.Call) else t) for t in types)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        self._with_items(node, list(node.items))

    def _with_items(self, node: ast.With | ast.AsyncWith, items: list[ast.withitem]) -> None:
        if not items:
            self.block(node.body)
            return
        item, rest = items[0], items[1:]
        asynchronous = isinstance(node, ast.AsyncWith)
        operand = self.expr(item.context_expr)
        taken = self.swallowed(item.context_expr)
        owner = self.enter(operand, item, asynchronous) if taken is None else None

        def body() -> None:
            self.blocks += owner is not None
            self._with_items(node, rest)
            self.blocks -= owner is not None

        def leave() -> None:
            self.emit(Op.RELEASE, item.context_expr, a=owner, b=True, raises=ANY, cancels=asynchronous)

        if owner is not None:
            self.protected(node, body, leave)
            self.emit(Op.BIND, item.context_expr, a=owner, b=Value.UNBOUND)
        elif taken is not None:
            self._swallowing(node, body, taken, expecting=self.expects(item.context_expr))
        elif self.is_quiet(item.context_expr):
            self._quiet(item.context_expr, body)
        else:
            cancels = asynchronous and self.asynchronous
            self.protected(node, body, lambda: self.opaque(item.context_expr, ANY, cancels=cancels))

    def _quiet(self, manager: ast.expr, body: Callable[[], None]) -> None:
        """A block that does nothing of its own, but cancels what its body waits for when its time is up."""
        called = self.names.of(manager.func) if isinstance(manager, ast.Call) else None
        late = called in self.calls.time_limits
        if not late and called not in self.calls.moves_on:
            body()
            return
        before = self.handler
        dispatch = Instruction(Op.DISPATCH, manager, before)
        self.handler = self._append(dispatch)
        self.barrier = len(self.code)
        first = len(self.initial)
        body()
        dispatch.b = (first, len(self.initial))
        self.handler = before
        slot = self._cut_short = self.new_slot(None) if self._cut_short < 0 else self._cut_short
        end = self.take()
        dispatch.a = [((CANCELLED,), self.here(), slot, True)]  # as of a group: somebody else may have cancelled it
        self.emit(Op.BIND, manager, a=slot, b=TIMED_OUT if late else None)
        if late:
            self.emit(Op.RAISE, manager, a=("slot", slot))
            self.cut()
        self.land(end)

    def _swallowing(
        self, node: ast.AST, body: Callable[[], None], taken: tuple[str | None, ...], expecting: bool
    ) -> None:
        before = self.handler
        dispatch = Instruction(Op.DISPATCH, node, before)
        self.handler = self._append(dispatch)
        self.barrier = len(self.code)
        self.guards += 1
        self.expecting += expecting
        first = len(self.initial)
        body()
        dispatch.b = (first, len(self.initial))
        self.expecting -= expecting
        self.guards -= 1
        self.handler = before
        slot = self.new_slot(None)
        if expecting:
            self.emit(Op.FAIL, node)
            self.cut()
        end = self.take()
        dispatch.a = [(taken, self.here(), slot, False)]
        self.emit(Op.BIND, node, a=slot, b=None)
        self.land(end)
