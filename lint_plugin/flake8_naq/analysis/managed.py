"""What entering a `with` does: who owns the resource from there on, and which exceptions the block takes."""

from __future__ import annotations

import ast

from flake8_naq.analysis.conditions import Conditions
from flake8_naq.analysis.emitter import OTHER, Operand
from flake8_naq.analysis.program import ANY, Op, Unawaited
from flake8_naq.catalogue.model import Manager, Resource


class Managed(Conditions):
    """Instructions for the items of a `with`."""

    def swallowed(self, node: ast.expr) -> tuple[str | None, ...] | None:
        """The exceptions that a `with suppress(...)` takes."""
        if not isinstance(node, ast.Call):
            return None
        if self.names.of(node.func) in self.calls.swallowing or self.expects(node):
            types: list[ast.expr] = []
            for argument in node.args:
                types.extend(argument.elts if isinstance(argument, ast.Tuple) else [argument])
            return tuple(self.names.of(argument) for argument in types)
        return None

    def expects(self, node: ast.expr) -> bool:
        """Whether the `with` item fails unless its body raises."""
        if not isinstance(node, ast.Call):
            return False
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        return method in self.calls.expecting_methods or self.names.of(node.func) in self.calls.expecting

    def is_quiet(self, node: ast.expr) -> bool:
        """Whether entering and leaving this `with` item surely does nothing, but for what its time limit does."""
        return isinstance(node, ast.Call) and self.names.of(node.func) in self.calls.quiet

    def enter(self, operand: Operand, item: ast.withitem, asynchronous: bool) -> int | None:
        """Enter a `with` item. Gives the slot of the resource that leaving it releases, if it owns one."""
        node = item.context_expr
        target = item.optional_vars
        if operand.kind == "manager":
            return self._enter_manager(operand, target, node)
        if operand.kind == "pending" and operand.name == "acquire":
            self.unawaited.append(Unawaited(operand.call, "with", ""))
            operand = self._originate(operand.call, operand.entry, opened=True)
        self._note_branches(node)
        operand = self.settled(operand, node)
        if operand.kind == "other" and not self.is_quiet(node):
            self.opaque(node, ANY, cancels=asynchronous)
        if operand.kind == "closing":
            owner = self._owner(operand.slot, node, operand.name)
        elif operand.kind == "slot":
            owner = self._owner(operand.slot, node, None)
        else:
            if target is not None:
                self.assign(target, OTHER, node)
            return None
        if target is not None:
            self.assign(target, Operand("slot", owner, made=operand.made), node)
        return owner

    def _note_branches(self, node: ast.expr) -> None:
        """`async with (nats.connect(u) if u else given)`: a branch that is entered without an await."""
        for branch in (node.body, node.orelse) if isinstance(node, ast.IfExp) else ():
            called = self.names.of(branch.func) if isinstance(branch, ast.Call) else None
            resource = self.catalogue.acquire.get(called or "")
            if isinstance(branch, ast.Call) and resource is not None and resource.asynchronous:
                self.unawaited.append(Unawaited(branch, "with", ""))

    def _owner(self, slot: int, node: ast.AST, method: str | None) -> int:
        owner = self.new_slot()
        self.emit(Op.BIND, node, a=owner, b=("slot", slot))
        self.emit(Op.ENTER, node, a=owner, b=method)
        return owner

    def _enter_manager(self, operand: Operand, target: ast.expr | None, node: ast.expr) -> int | None:
        manager: Manager = operand.entry
        if manager.borrows:
            self.opaque(node, ANY, cancels=True)
            source = operand.items[0] if operand.items else OTHER
            view = self._view(node, source, manager.yields[0])
            if target is not None:
                self.assign(target, view, node)
            return None
        resource = next(r for r in self.catalogue.resources if r.kind == manager.resource)
        made = self._originate(operand.call, resource, opened=True, manager=manager)
        owner = self.new_slot()
        self.emit(Op.BIND, node, a=owner, b=("move", made.slot))
        self.emit(Op.ENTER, node, a=owner)
        if target is not None:
            parts = [self._part(owner, kind, resource, node) for kind in manager.yields]
            whole = parts[0] if len(parts) == 1 else Operand("tuple", items=tuple(parts))
            if len(parts) > 1 and isinstance(target, ast.Name):
                for part in parts:  # all of them under one name: nobody can tell them apart
                    self.emit(Op.USE, node, a=part.slot, b=False)
            self.assign(target, whole, node)
        return owner

    def _part(self, owner: int, kind: str, resource: Resource, node: ast.AST) -> Operand:
        if kind == resource.kind:
            return Operand("slot", owner)
        slot = self.temporary()
        self.emit(Op.VIEW, self.node, a=slot, b=owner, c=kind)
        return Operand("slot", slot, temporary=True)
