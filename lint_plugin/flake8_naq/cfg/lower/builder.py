"""The graph under construction: program points in their order, labels, slots, and origins.

A point is complete when it is written. Control that leads to a place that does not exist yet leads to a label, which
is placed later. A point that comes before what it depends on (the dispatch of a `try`) is reserved, and filled once.
"""

from __future__ import annotations

import ast
from typing import Final

from flake8_naq.catalogue.model import Manager
from flake8_naq.cfg.graph import Graph, Point, Unawaited
from flake8_naq.cfg.instructions import Bind, Instruction, Jump, MethodCall, Opaque, Origin
from flake8_naq.cfg.lower.context import Context
from flake8_naq.cfg.values import EXCEPTIONAL_EXIT, NO_SLOT, Label, Parameter, Slot, SlotValue, Value
from flake8_naq.prescan.known_function import KnownFunction
from flake8_naq.syntax.nodes import FUNCTIONS, parameters

# A point whose successors are not resolved yet: the instruction, the handler, and whether it raises and is cancelled.
_Written = tuple[Instruction, Label, bool, bool]
_RESERVED: Final[_Written] = (Jump(None), EXCEPTIONAL_EXIT, False, False)  # the exits stay like this


class Slots:
    """All slots so far. The slots of names and recurring conditions come first."""

    def __init__(self, function: KnownFunction) -> None:
        self.initial: list[SlotValue] = [None]  # the exception in flight
        self._free: list[Slot] = []
        self.by_name = self._of_names(function)
        self.facts = {text: self.new(Value.UNKNOWN) for text in function.prescan.facts}
        self.containers: dict[ast.Call, Slot] = {}  # those that the function closes, by the calls that return them
        self.closings: dict[ast.AST, list[Slot]] = {}  # by what closes them
        for call, use in function.containers.items():
            if use is not None and use.closings:
                slot = self.containers[call] = self.new(Value.UNKNOWN)
                for node in use.closings:
                    self.closings.setdefault(node, []).append(slot)

    def _of_names(self, function: KnownFunction) -> dict[str, Slot]:
        node, scope, prescan = function.node, function.scope, function.prescan
        given = {one.arg for one in parameters(node.args)} if isinstance(node, FUNCTIONS) else set()
        found: dict[str, Slot] = {}
        for name in sorted(prescan.tracked | prescan.flags):
            if name in prescan.owned.every:
                found[name] = self.new(Value.UNKNOWN)
            elif name in scope.bound and name not in scope.outer:
                found[name] = self.new(Parameter(name) if name in given else Value.UNBOUND)
            elif name in prescan.flags:
                found[name] = self.new(Value.UNKNOWN)
        return found

    def holds(self, node: ast.expr) -> bool:
        """Return whether the expression is a name that has a slot."""
        return isinstance(node, ast.Name) and node.id in self.by_name

    def new(self, value: SlotValue = Value.UNBOUND) -> Slot:
        """Return a slot that holds `value` at the entry of the function."""
        self.initial.append(value)
        return Slot(len(self.initial) - 1)

    def temporary(self) -> Slot:
        """Return a slot for a value that is used once. Slots are few, because each state carries all of them."""
        return self._free.pop() if self._free else self.new()

    def free(self, slot: Slot) -> None:
        """Let another value use a temporary slot."""
        self._free.append(slot)


class Builder:
    """Everything of one graph that has been built so far."""

    def __init__(self, function: KnownFunction) -> None:
        self.function = function
        self.slots = Slots(function)
        self.origins: list[Origin] = []
        self.unawaited: list[Unawaited] = []
        self.unentered: list[tuple[ast.Call, Manager]] = []
        self.stored: dict[Slot, ast.AST] = {}  # the assignment to an attribute that the function owns
        self.closures: dict[str, tuple[Slot, ...]] = {}  # what nested functions capture, by their names
        self._points: list[_Written] = []
        self._next: list[int] = []
        self._labels: list[int] = []
        self._jumps: list[tuple[int, Label]] = []
        self._aliases: dict[Label, Label] = {}
        self._here: list[Label] = []  # lead to the point that is written next
        self._open = -1  # the point from which control falls through to the next
        self._barrier = -1  # no point before this number is merged with the next
        self._cleanup: set[int] = set()
        self.reserve()  # the normal exit
        self.reserve()  # the exceptional exit

    def drop(self, slot: Slot, node: ast.AST, context: Context) -> None:
        """End the use of the value in a temporary slot."""
        if context.expecting:  # what is made inside `with raises(...)` is not dropped: it is expected not to be made
            return
        last = self._last()
        if last is not None and isinstance(last[0], MethodCall) and last[0].result == slot:
            call = last[0]
            unused = MethodCall(call.node, call.slot, call.method, NO_SLOT, call.awaited, call.used)
            self._points[-1] = (unused, *last[1:])
        else:
            self.emit(Bind(node, slot, Value.UNBOUND), context)
        self.slots.free(slot)

    # Origins

    def name_origin(self, number: int, name: str) -> None:
        """Call the origin by the first name that its resource is bound to."""
        if not self.origins[number].name:
            paths = self.function.prescan.owned
            owned, lasting = name in paths.every, name in paths.lasting
            self.origins[number] = self.origins[number]._replace(name=name, owned=owned, lasting=lasting)

    # Points and edges

    def emit(self, instruction: Instruction, context: Context, raises: bool = False, cancels: bool = False) -> None:
        """Write the next point: control comes from the point before it, and from the labels placed here."""
        number = len(self._points)
        if self._open >= 0:
            self._next[self._open] = number
        if self._here:
            for label in self._here:
                self._labels[label] = number
            self._here.clear()
        if context.cleanup:
            self._cleanup.add(number)
        self._points.append((instruction, context.handler, raises, cancels and self.function.asynchronous))
        self._next.append(-1)
        self._open = number

    def opaque(self, node: ast.AST, context: Context, raises: bool = True, cancels: bool = False) -> None:
        """Write a point that may raise and touches no resource, or extend the last point if it does the same."""
        cancels = cancels and self.function.asynchronous
        if not raises and not cancels:
            return
        last = self._last()
        if last is not None and last[1] == context.handler and last[2] >= raises and last[3] >= cancels:
            if isinstance(last[0], Opaque):
                first = node if last[0].looks_up else last[0].node
                self._points[-1] = (Opaque(first, getattr(node, "lineno", None)), *last[1:])
                return
        self.emit(Opaque(node), context, raises, cancels)

    def _last(self) -> _Written | None:
        """Return the last point, unless control may come from elsewhere to the next."""
        return self._points[-1] if self._points and self._barrier != len(self._points) else None

    def new_label(self) -> Label:
        """Return a label that leads nowhere yet."""
        self._labels.append(-1)
        return Label(len(self._labels) - 1)

    def place(self, label: Label) -> None:
        """Let the label lead to the point that is written next."""
        self._here.append(label)
        self._barrier = len(self._points)

    def go(self, label: Label) -> None:
        """Let control go on at the label, and not at the point that is written next."""
        if self._open >= 0:
            self._jumps.append((self._open, label))
        self._aliases.update((here, label) for here in self._here)
        self.cut()

    def cut(self) -> None:
        """Let control end here."""
        self._here.clear()
        self._open = -1
        self._barrier = len(self._points)

    def append(self, label: Label, instruction: Instruction, context: Context, go: Label) -> None:
        """Write a point out of line, to which only `label` leads, and which goes on at `go`."""
        self.fill(self.reserve(label), instruction, context, go)

    def reserve(self, label: Label | None = None) -> Label:
        """Return a label, or this label, for the next point, which is filled once; control does not fall through."""
        label = self.new_label() if label is None else label
        self._labels[label] = len(self._points)
        self._points.append(_RESERVED)
        self._next.append(-1)
        return label

    def fill(self, reserved: Label, instruction: Instruction, context: Context, go: Label | None = None) -> None:
        """Write the reserved point, which goes on at `go`."""
        number = self._labels[reserved]
        self._points[number] = (instruction, context.handler, False, False)
        if context.cleanup:
            self._cleanup.add(number)
        if go is not None:
            self._jumps.append((number, go))

    # The result

    def graph(self, entry: Label, returned: Slot) -> Graph:
        """Return the graph, with each label resolved."""
        prescan, slots = self.function.prescan, self.slots.by_name
        for label, target in reversed(self._aliases.items()):
            self._labels[label] = self._labels[target]
        labels = self._labels
        for number, label in self._jumps:
            self._next[number] = labels[label]
        points = [
            Point(one, following, labels[handler], raises, cancels)
            for (one, handler, raises, cancels), following in zip(self._points, self._next, strict=True)
        ]
        return Graph(
            points=tuple(points),
            entry=labels[entry],
            labels=tuple(labels),
            origins=tuple(self.origins),
            initial=tuple(self.slots.initial),
            slots=slots,
            captured=frozenset(slots[name] for name in prescan.captured if name in slots),
            mentioned=frozenset(slots[name] for name in prescan.mentioned if name in slots),
            cleanup=frozenset(self._cleanup),
            returned=returned,
            unawaited=tuple(self.unawaited),
            unentered=tuple(self.unentered),
        )
