"""What becomes of a value: it is looked at, passed on, handed off, thrown away, or was only a promise until now."""

from __future__ import annotations

import ast
from typing import Any

from flake8_naq.analysis.emitter import OTHER, Emitter, Operand
from flake8_naq.analysis.program import ANY, Op, Origin, Unawaited, Value
from flake8_naq.catalogue.model import Manager, Resource


class Values(Emitter):
    """Instructions for what happens to operands."""

    def _originate(self, node: ast.Call, resource: Resource, opened: bool, manager: Manager | None = None) -> Operand:
        maker = self.makers.get(node)
        origin = Origin(
            len(self.origins),
            node,
            resource,
            opened,
            manager,
            guarded=self.guards > 0,
            loops=self.loop_depth,
            maker=maker,
        )
        self.origins.append(origin)
        slot = self.temporary()
        none = self.emit(Op.FORK, node) if maker is not None and maker.may_be_none else None
        self.emit(
            Op.ORIGIN,
            node,
            a=origin.number,
            b=slot,
            raises=ANY if opened else "",
            cancels=opened and resource.asynchronous,
        )
        if none is not None:
            made = self.take()
            self.land([("c", none)])
            self.emit(Op.BIND, node, a=slot, b=Value.NONE)
            self.land(made)
        return Operand("slot", slot, temporary=True, made=(origin,))

    def _view(self, node: ast.AST, operand: Operand, kind: str, awaited: bool = False) -> Operand:
        if operand.kind != "slot":
            self.keep(operand, node)
            self.opaque(node, ANY if awaited else "", cancels=awaited)
            return OTHER
        result = self.temporary()
        self.emit(Op.VIEW, node, a=result, b=operand.slot, c=kind, raises=ANY if awaited else "", cancels=awaited)
        if operand.temporary:
            self.drop(operand.slot, node)
        return Operand("slot", result, temporary=True)

    def perform(self, operand: Operand, node: ast.AST, awaited: bool, used: bool = True) -> Operand:
        """Do what a pending call does, now that it is awaited, passed on, or thrown away (*used* is then False)."""
        call = operand.call
        if operand.name == "acquire":
            if not awaited:
                return OTHER
            return self._originate(call, operand.entry, opened=True)
        if operand.name == "view":
            view, source = operand.entry
            if not awaited and not used:
                self.unawaited.append(Unawaited(call, "view", view.returns))
            return self._view(call, source, view.returns, awaited)
        if operand.name == "release":
            return self._release_by_function(operand, call, awaited, used)
        result = self.temporary()
        quiet = operand.entry in self.calls.no_raise_methods and not awaited
        self.emit(
            Op.METHOD,
            call,
            a=operand.slot,
            b=operand.entry,
            c=(result, awaited, used),
            raises="" if quiet else ANY,
            cancels=awaited,
        )
        if operand.temporary:
            self.drop(operand.slot, call)
        return Operand("slot", result, temporary=True)

    def _release_by_function(self, operand: Operand, call: ast.Call, awaited: bool, used: bool) -> Operand:
        resource: Resource = operand.entry
        if resource.asynchronous and not awaited and not used:
            self.unawaited.append(Unawaited(call, "release", ast.unparse(call.func)))
            return OTHER
        slots = [item.slot for item in operand.items if item.kind == "slot"]
        for slot in slots:
            self.emit(Op.RELEASE, call, a=slot, b=False, raises=ANY, cancels=awaited)
        if not slots:
            self.opaque(call, ANY, cancels=awaited)
        return OTHER

    def settled(self, operand: Operand, node: ast.AST, awaited: bool = False) -> Operand:
        return self.perform(operand, node, awaited) if operand.kind == "pending" else operand

    def look(self, operand: Operand, node: ast.AST) -> None:
        """The value is looked at and not kept."""
        operand = self.settled(operand, node)
        if operand.kind == "tuple":
            for item in operand.items:
                self.look(item, node)
        elif operand.kind == "slot" and operand.temporary:
            self.drop(operand.slot, node)

    def keep(self, operand: Operand, node: ast.AST) -> None:
        """The value goes where nobody can follow it; a resource in it is borrowed at best."""
        self.look(operand, node)

    def give(self, operand: Operand, node: ast.AST, how: str) -> None:
        """The value is handed off: returned, yielded, stored."""
        operand = self.settled(operand, node)
        if operand.kind == "closure" and how in ("return", "stored"):
            for item in operand.items:
                self.emit(Op.HAND_OFF, node, a=item.slot, b="captured" if how == "return" else "mentioned", c=-1)
        elif operand.kind == "tuple":
            for item in operand.items:
                self.give(item, node, how)
        elif operand.kind == "slot" or (operand.kind == "method" and self._releases(operand.name)):
            self.emit(Op.HAND_OFF, node, a=operand.slot, b=how, c=-1)
            if operand.temporary:
                self.drop(operand.slot, node)

    def discard(self, operand: Operand, node: ast.AST) -> None:
        """The value of an expression statement."""
        if operand.kind == "pending":
            if operand.name == "acquire":
                if not operand.scheduled:
                    self.unawaited.append(Unawaited(operand.call, "acquisition", ""))
                return
            operand = self.perform(operand, node, awaited=False, used=False)
        if operand.kind == "manager":
            self.unentered.append((operand.call, operand.entry))
        self.look(operand, node)

    def _pass(self, operand: Operand, node: ast.AST, effect: str) -> None:
        """Pass a value to a callable that releases, keeps or borrows it."""
        if operand.kind == "tuple":
            for item in operand.items:
                self._pass(item, node, effect)
        elif operand.kind == "slot":
            if effect == "releases":
                self.emit(Op.RELEASE, node, a=operand.slot, b=False)
            elif effect == "keeps":
                self.emit(Op.USE, node, a=operand.slot)
                self.sites += 1
                self.emit(Op.HAND_OFF, node, a=operand.slot, b="passed", c=self.sites)
            else:
                self.emit(Op.USE, node, a=operand.slot)
            if operand.temporary:
                self.drop(operand.slot, node)
        elif operand.kind == "method" and self._releases(operand.name):
            self.emit(Op.HAND_OFF, node, a=operand.slot, b="managed", c=-1)
        elif operand.kind == "manager":
            pass

    def _pass_local(self, operand: Operand, node: ast.Call, key: int | str, before: bool) -> None:
        """Pass a value to a function of the same file; one that releases has released even if it then raises."""
        if operand.kind == "tuple":
            for item in operand.items:
                self._pass_local(item, node, key, before)
        elif operand.kind == "slot":
            self.sites += not before
            runs = self.awaited is node or not self.effects.is_coroutine(node, self.names)
            self.emit(Op.PASS, node, a=operand.slot, b=(key, runs), c=-1 if before else self.sites)
            if operand.temporary and not before:
                self.drop(operand.slot, node)

    def _releases(self, attribute: str) -> bool:
        return any(attribute in resource.release_methods for resource in self.catalogue.resources)

    def _value(self, operand: Operand) -> Any:
        if operand.kind == "slot":
            if operand.temporary:
                self._free.append(operand.slot)
            return ("move" if operand.temporary else "slot", operand.slot)
        if operand.kind == "method":
            return Value.TRUTHY
        return operand.value if operand.kind == "const" else Value.UNKNOWN

    def _copied(self, operand: Operand, node: ast.AST) -> Operand:
        """A named slot's value taken before another part of the assignment rebinds the name."""
        operand = self.settled(operand, node)
        if operand.kind != "slot" or operand.temporary:
            return operand
        slot = self.temporary()
        self.emit(Op.BIND, node, a=slot, b=("slot", operand.slot))
        return Operand("slot", slot, temporary=True)

    def _closure(self, slots: tuple[int, ...]) -> Operand:
        """A nested function that captures what the slots hold."""
        return Operand("closure", items=tuple(Operand("slot", slot) for slot in slots))

    def captured_slots(self, function: ast.AST) -> tuple[int, ...]:
        """The slots that a nested function refers to."""
        names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        return tuple(self.slots[name] for name in sorted(names & self.survey.tracked) if name in self.slots)
