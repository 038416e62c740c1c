"""What a transfer function may ask besides the state: the graph, the origin that is followed, and the callees."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from flake8_naq.catalogue.model import Kind
from flake8_naq.cfg.callees import Effect
from flake8_naq.cfg.exceptions import ExceptionSet
from flake8_naq.cfg.graph import Graph
from flake8_naq.cfg.instructions import Copy, Dispatch, EnterFinally, MethodCall, Origin, Test, Truth
from flake8_naq.cfg.values import Slot, SlotValue, Value, View
from flake8_naq.dataflow.exceptions import UNBOUND_LOCAL, Match, match


class Arguments(Protocol):
    """What the functions of the same file do with the arguments of one function's calls."""

    def effect(self, call: ast.Call, key: int | str) -> Effect:
        """Return what the function called does with the argument at a position or keyword."""

    def raises_on_none(self, call: ast.Call, key: int | str) -> frozenset[ExceptionSet]:
        """Return what the function called raises where that argument is None, if it has no normal end then."""


class Function(NamedTuple):
    """One function: its graph, what is known of kinds and callees, and which slots it tests in which way."""

    graph: Graph
    kinds: Mapping[str, Kind]
    arguments: Arguments
    none_tested: frozenset[Slot]  # with `is None`, and never with `is False`
    truth_tested: frozenset[Slot]  # for truth, and the slots that these are copied from


def make_function(graph: Graph, kinds: Mapping[str, Kind], arguments: Arguments) -> Function:
    """Return the graph with what is asked of it as a whole."""
    slots: dict[object, set[Slot]] = {Truth.TRUE: set(), Truth.NONE: set(), Truth.IS_FALSE: set()}
    for point in graph.points:
        instruction = point.instruction
        if type(instruction) is Test and instruction.question in slots:
            slots[instruction.question].add(instruction.slot)
    truth_tested = slots[Truth.TRUE]
    copies = (point.instruction for point in graph.points if truth_tested and type(point.instruction) is Copy)
    sources = {copy.source for copy in copies if copy.slot in truth_tested}
    none_tested = slots[Truth.NONE] - slots[Truth.IS_FALSE]
    return Function(graph, kinds, arguments, frozenset(none_tested), frozenset(truth_tested | sources))


class Problem(NamedTuple):
    """The dataflow problem of one origin in one function."""

    function: Function
    origin: Origin

    def kind_of(self, held: SlotValue) -> str | None:
        """Return the kind of the resource or view that a slot holds, None for any other value."""
        if held is Value.RESOURCE:
            return self.origin.resource.kind
        return held.kind if type(held) is View else None

    def has_value(self, kind: str) -> bool:
        """Return whether objects of the kind are plain values, which outlive what they were made from."""
        known = self.function.kinds.get(kind)
        return known is not None and known.value

    def fits(self, call: MethodCall) -> bool:
        """Return whether the release method takes that many arguments: an old `drain(sid)` drained a subscription."""
        kind = self.function.kinds.get(self.origin.resource.kind)
        method = kind.methods.get(call.method) if kind is not None else None
        return method is None or len(call.node.args) <= len(method.params)

    def is_captured(self, slots: tuple[SlotValue, ...]) -> bool:
        """Return whether a nested function that takes the resource over can see it."""
        return any(slots[slot] is Value.RESOURCE for slot in self.function.graph.captured)


def expects_failure(graph: Graph, handler: int) -> bool:
    """Return whether a handler of a specific exception takes what is raised: then using a closed resource is a test."""
    while True:
        instruction = graph.points[handler].instruction
        if isinstance(instruction, Dispatch):
            if any("Exception" not in one.types and "BaseException" not in one.types for one in instruction.handlers):
                return True
        elif not isinstance(instruction, EnterFinally):
            return False
        handler = graph.points[handler].handler


def expects_unbound(graph: Graph, handler: int) -> bool:
    """Return whether a `try` or `suppress` around a release in a cleanup takes the UnboundLocalError."""
    instruction = graph.points[handler].instruction
    if not isinstance(instruction, Dispatch) or handler not in graph.cleanup:
        return False
    return any(match(UNBOUND_LOCAL, one.types) is Match.YES for one in instruction.handlers)
