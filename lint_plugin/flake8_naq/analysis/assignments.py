"""Binds values to targets: names, attributes, parts of a tuple; and forgets what was known of the old ones."""

from __future__ import annotations

import ast

from flake8_naq.analysis.emitter import OTHER, Operand
from flake8_naq.analysis.program import ANY, Op, Origin, Value
from flake8_naq.analysis.values import Values


class Assignments(Values):
    """Instructions for assignments."""

    def assign(self, target: ast.expr, operand: Operand, node: ast.AST) -> None:
        """Bind *target* to the value."""
        if isinstance(target, ast.Name):
            self._assign_name(target.id, operand, node)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target, operand, node)
        elif isinstance(target, ast.Starred):
            self.give(operand, node, "container")
        else:
            self.expr_target(target)
            self._store(target, operand, node)

    def expr_target(self, node: ast.expr) -> None:
        """The parts of an assignment's target that are evaluated."""
        if isinstance(node, ast.Attribute):
            self.look(self.expr(node.value), node)
        elif isinstance(node, ast.Subscript):
            self.look(self.expr(node.value), node)
            self.look(self.expr(node.slice), node)
            self.opaque(node, ANY)

    def _store(self, target: ast.expr, operand: Operand, node: ast.AST) -> None:
        if isinstance(target, ast.Attribute):
            self._forget(f".{target.attr}")
        self.give(operand, node, "stored")

    def _assign_name(self, name: str, operand: Operand, node: ast.AST) -> None:
        if operand.kind == "pending" and operand.name == "acquire" and name in self.slots:
            maker = self.makers.get(operand.call)
            origin = Origin(len(self.origins), operand.call, operand.entry, True, name=name, maker=maker)
            self.origins.append(origin)
            self._pending[name] = origin
            self.bind(name, Operand("const", value=Value.COROUTINE), node)
            return
        operand = self.settled(operand, node)
        for origin in operand.made:
            origin.name = origin.name or name
        if operand.kind == "manager" and not self._used_whole(name):
            self.unentered.append((operand.call, operand.entry))
        if name in self.scope.outer or operand.kind == "method":
            self.give(operand, node, "stored")
        self.bind(name, operand, node)

    def _used_whole(self, name: str) -> bool:
        """Whether the name is ever used other than to look up an attribute of it."""
        by_hand = ("__aenter__", "__enter__")
        attributes = [n for n in ast.walk(self.node) if isinstance(n, ast.Attribute)]
        looked_up = {id(n.value) for n in attributes if n.attr not in by_hand}
        return name in self.scope.outer or any(
            isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) and id(n) not in looked_up
            for n in ast.walk(self.node)
        )

    def bind(self, name: str, operand: Operand, node: ast.AST) -> None:
        """A plain name gets a new value."""
        self._forget(name)
        slot = self.slots.get(name)
        if slot is not None:
            if operand.kind == "slot" and operand.slot == slot:
                return
            self.emit(Op.BIND, node, a=slot, b=self._value(operand))
        elif operand.kind == "slot":
            self.give(operand, node, "stored")
        elif operand.kind == "tuple":
            self.give(operand, node, "container")

    def _unpack(self, target: ast.Tuple | ast.List, operand: Operand, node: ast.AST) -> None:
        if operand.kind == "tuple" and len(operand.items) == len(target.elts):
            moved = [self._copied(item, node) for item in operand.items]
            for part, item in zip(target.elts, moved, strict=True):
                self.assign(part, item, node)
            return
        self.look(operand, node)
        self.opaque(node, ANY)
        for part in target.elts:
            self.assign(part, OTHER, node)

    def _forget(self, name: str) -> None:
        for text, slot in self._facts.items():
            if name in self.survey.facts[text]:
                self.emit(Op.BIND, self.node, a=slot, b=Value.UNKNOWN)

    def forget_attributes(self, node: ast.AST) -> None:
        """On each turn of a loop, what an attribute said before no longer holds."""
        for text, slot in self._facts.items():
            if any(name.startswith(".") for name in self.survey.facts[text]):
                self.emit(Op.BIND, node, a=slot, b=Value.UNKNOWN)
