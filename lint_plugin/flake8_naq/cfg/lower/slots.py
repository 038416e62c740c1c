"""The slots of the graph under construction: which name or condition has which, and what each holds at the entry."""

from __future__ import annotations

from flake8_naq.cfg.lower.function import Function
from flake8_naq.cfg.values import NO_SLOT, Parameter, Slot, SlotValue, Value
from flake8_naq.syntax.nodes import FUNCTIONS, parameters


class Slots:
    """All slots so far. The slots of names and recurring conditions come first."""

    def __init__(self, function: Function) -> None:
        self.initial: list[SlotValue] = [None]  # the exception in flight
        self._free: list[Slot] = []
        self._cancelled = NO_SLOT
        self.by_name = self._of_names(function)
        self.facts = {text: self.new(Value.UNKNOWN) for text in function.prescan.facts}

    def _of_names(self, function: Function) -> dict[str, Slot]:
        node, scope, prescan = function.node, function.scope, function.prescan
        given: set[str] = set()
        if isinstance(node, FUNCTIONS):
            given.update(parameter.arg for parameter in parameters(node.args))
        found: dict[str, Slot] = {}
        for name in sorted(prescan.tracked | prescan.flags):
            if name in scope.bound and name not in scope.outer:
                found[name] = self.new(Parameter(name) if name in given else Value.UNBOUND)
            elif name in prescan.flags:
                found[name] = self.new(Value.UNKNOWN)
        return found

    def new(self, value: SlotValue = Value.UNBOUND) -> Slot:
        """Return a slot that holds `value` at the entry of the function."""
        self.initial.append(value)
        return Slot(len(self.initial) - 1)

    @property
    def end(self) -> Slot:
        """The slot that is made next: the end of a range of slots."""
        return Slot(len(self.initial))

    def temporary(self) -> Slot:
        """Return a slot for a value that is used once. Slots are few, because each state carries all of them."""
        return self._free.pop() if self._free else self.new()

    def free(self, slot: Slot) -> None:
        """Let another value use a temporary slot."""
        self._free.append(slot)

    def cancelled(self) -> Slot:
        """Return the slot for an exception that a time limit takes; all share it, because it is read at once."""
        if self._cancelled == NO_SLOT:
            self._cancelled = self.new(None)
        return self._cancelled
