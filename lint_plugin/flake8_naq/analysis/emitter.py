"""Emits the instructions of one function: slots, edges between instructions, and what an operand is.

The value of an expression is an operand: nothing of interest, a constant, a slot that may hold a resource or a view, or
something that only becomes an action when it is awaited, entered or passed on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flake8_naq.analysis.program import SYMBOL, UNWIND, Instruction, Maker, Op, Origin, Unawaited, Value, is_lookup
from flake8_naq.analysis.survey import LocalEffects, Survey
from flake8_naq.catalogue.model import Catalogue, Manager
from flake8_naq.syntax.names import Names, Scope, parameters

Edge = tuple[str, Instruction]


@dataclass(slots=True, eq=False, repr=False)
class Operand:
    """The value of an expression. `kind` says which of the other fields mean something."""

    kind: str
    slot: int = -1
    name: str = ""
    value: Value = Value.UNKNOWN
    call: Any = None
    items: tuple[Operand, ...] = ()
    temporary: bool = False
    entry: Any = None
    made: tuple[Origin, ...] = ()
    scheduled: bool = False


OTHER = Operand("other")


class Emitter:
    """Holds what has been emitted of one function so far."""

    def __init__(
        self, node: ast.AST, scope: Scope, names: Names, catalogue: Catalogue, survey: Survey, effects: LocalEffects
    ) -> None:
        self.node = node
        self.scope = scope
        self.names = names
        self.catalogue = catalogue
        self.calls = catalogue.calls
        self.survey = survey
        self.effects = effects
        self.asynchronous = isinstance(node, ast.AsyncFunctionDef)
        self.code: list[Instruction] = []
        self.dangling: list[Edge] = []
        self.handler = UNWIND
        self.barrier = -1
        self.initial: list[Any] = [None]
        self.slots: dict[str, int] = {}
        self.origins: list[Origin] = []
        self.cleanup: set[int] = set()
        self.unawaited: list[Unawaited] = []
        self.unentered: list[tuple[ast.Call, Manager]] = []
        self.handler_names: list[str] = []
        self.sites = 0
        self.guards = 0
        self.loop_depth = 0
        self.expecting = 0
        self.blocks = 0
        self.awaited: ast.AST | None = None
        self.awaited_names: frozenset[str] | None = None
        self.annotated: frozenset[str] | None = None
        self.task: tuple[ast.AST, str] | None = None
        self.detached = 0
        self.resumed = self._is_resumed()
        self._pending: dict[str, Origin] = {}
        self._free: list[int] = []
        self._facts: dict[str, int] = {}
        self.closures: dict[str, tuple[int, ...]] = {}
        self.makers: dict[ast.Call, Maker] = {}
        self._make_slots()

    def _is_resumed(self) -> bool:
        decorators: Iterable[ast.expr] = getattr(self.node, "decorator_list", ())
        return any(
            self.names.of(d.func if isinstance(d, ast.Call) else d) in self.calls.resumed_generators for d in decorators
        )

    def _make_slots(self) -> None:
        given: set[str] = set()
        if isinstance(self.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            given.update(parameter.arg for parameter in parameters(self.node.args))
        for name in sorted(self.survey.tracked | self.survey.flags):
            local = name in self.scope.bound and name not in self.scope.outer
            if local:
                self.slots[name] = self.new_slot(f"{SYMBOL}{name}" if name in given else Value.UNBOUND)
            elif name in self.survey.flags:
                self.slots[name] = self.new_slot(Value.UNKNOWN)
        for text in self.survey.facts:
            self._facts[text] = self.new_slot(Value.UNKNOWN)

    def new_slot(self, value: Any = Value.UNBOUND) -> int:
        self.initial.append(value)
        return len(self.initial) - 1

    def temporary(self) -> int:
        """A slot for a value that is used once; slots are few, because each state carries them all."""
        return self._free.pop() if self._free else self.new_slot()

    def drop(self, slot: int, node: ast.AST) -> None:
        """The value in a temporary slot is not used further."""
        if self.expecting:  # what the block makes is not dropped: it is expected not to be made
            return
        last = self.code[-1] if self.code else None
        if last is not None and last.op is Op.METHOD and last.c[0] == slot and self.barrier != len(self.code):
            last.c = (-1, *last.c[1:])
        else:
            self.emit(Op.DROP, node, a=slot)
        self._free.append(slot)

    def emit(
        self, op: Op, node: Any, a: Any = None, b: Any = None, c: Any = None, raises: str = "", cancels: bool = False
    ) -> Instruction:
        instruction = Instruction(op, node, self.handler, -1, raises, cancels and self.asynchronous, a, b, c)
        index = len(self.code)
        self.code.append(instruction)
        for field, source in self.dangling:
            setattr(source, field, index)
        self.dangling = [("next", instruction)]
        return instruction

    def land(self, edges: Iterable[Edge]) -> None:
        """Let *edges* lead to whatever is emitted next."""
        self.dangling.extend(edges)
        self.barrier = len(self.code)

    def take(self) -> list[Edge]:
        """Take the edges that would lead to what is emitted next, to land them elsewhere."""
        edges, self.dangling = self.dangling, []
        self.barrier = len(self.code)
        return edges

    def cut(self) -> None:
        self.take()

    def here(self) -> int:
        """The index of what is emitted next, as the target of a jump."""
        self.barrier = len(self.code)
        return self.barrier

    def opaque(self, node: ast.AST, raises: str, cancels: bool = False) -> None:
        """Something that may raise and touches no resource; neighbours of the same effect are one instruction."""
        cancels = cancels and self.asynchronous
        if not raises and not cancels:
            return
        if self.code and self.barrier != len(self.code):
            last = self.code[-1]
            if last.op is Op.OPAQUE and last.handler == self.handler and last.c is None:
                if (last.raises or not raises) and (last.cancels or not cancels):
                    last.b = getattr(node, "lineno", None)
                    if is_lookup(last):
                        last.node = node
                    return
        self.emit(Op.OPAQUE, node, raises=raises, cancels=cancels)

    def expr(self, node: ast.expr) -> Operand:
        """Evaluate an expression; what each kind does is said by the class that completes this one."""
        raise NotImplementedError
