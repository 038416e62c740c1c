"""From expressions to instructions: what each kind of expression evaluates, in which order."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from flake8_naq.analysis.emitter import OTHER, Edge, Operand
from flake8_naq.analysis.managed import Managed
from flake8_naq.analysis.program import ANY, Op, Origin, Value
from flake8_naq.analysis.survey import is_maker

_CONSTANTS = {None: Value.NONE, True: Value.TRUE, False: Value.FALSE}


class Expressions(Managed):
    """The part of the lowering that follows expressions."""

    def expr(self, node: ast.expr) -> Operand:
        method = _EXPRESSIONS.get(type(node))
        if method is not None:
            return method(self, node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.look(self.expr(child), child)
        return OTHER

    def _constant(self, node: ast.Constant) -> Operand:
        value = node.value
        if value is None or value is True or value is False:
            return Operand("const", value=_CONSTANTS[value])
        return Operand("const", value=Value.TRUTHY if value else Value.FALSY) if isinstance(value, int) else OTHER

    def _name(self, node: ast.Name) -> Operand:
        slot = self.slots.get(node.id)
        if slot is None:
            return self._closure(self.closures[node.id]) if node.id in self.closures else OTHER
        return Operand("slot", slot, node.id)

    def _attribute(self, node: ast.Attribute) -> Operand:
        value = self.expr(node.value)
        if value.kind == "slot":
            self.emit(Op.USE, node, a=value.slot, b=False, c=not self._releases(node.attr))
            return Operand("method", value.slot, node.attr, temporary=value.temporary)
        self.look(value, node)
        if value.kind == "other" and not self._is_known(node):
            self.opaque(node, ANY)
        return OTHER

    def _is_known(self, node: ast.Attribute) -> bool:
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Constant):
            return True
        return isinstance(root, ast.Name) and (root.id in ("self", "cls") or self.names.of_name(root.id) is not None)

    def _subscript(self, node: ast.Subscript) -> Operand:
        self.look(self.expr(node.value), node)
        self.look(self.expr(node.slice), node)
        self.opaque(node, ANY)
        return OTHER

    def _tuple(self, node: ast.Tuple) -> Operand:
        return Operand("tuple", items=tuple(self.expr(item) for item in node.elts))

    def _starred(self, node: ast.Starred) -> Operand:
        return self.expr(node.value)

    def _container(self, node: ast.List | ast.Set | ast.Dict) -> Operand:
        items = node.values if isinstance(node, ast.Dict) else node.elts
        for item in items:
            self.give(self.expr(item), item, "container")
        return OTHER

    def _walrus(self, node: ast.NamedExpr) -> Operand:
        self.assign(node.target, self.expr(node.value), node)
        return self._name(node.target)

    def _if_expression(self, node: ast.IfExp) -> Operand:
        no = self.condition(node.test)
        result = self.temporary()
        made = self._move(result, self.expr(node.body), node)
        yes = self.take()
        self.land(no)
        made += self._move(result, self.expr(node.orelse), node)
        self.land(yes)
        return Operand("slot", result, temporary=True, made=made)

    def _bool_operation(self, node: ast.BoolOp) -> Operand:
        result = self.temporary()
        ends: list[Edge] = []
        made: tuple[Origin, ...] = ()
        for value in node.values[:-1]:
            made += self._move(result, self.expr(value), node)
            test = self.emit(Op.TEST, value, a=result, b="true")
            if isinstance(node.op, ast.Or):
                ends.extend(self.take())
                self.land([("c", test)])
            else:
                ends.append(("c", test))
        made += self._move(result, self.expr(node.values[-1]), node)
        self.land(ends)
        return Operand("slot", result, temporary=True, made=made)

    def _move(self, slot: int, operand: Operand, node: ast.AST) -> tuple[Origin, ...]:
        """Put a value into a slot; gives what it may have been made by."""
        operand = self.settled(operand, node)
        self.emit(Op.BIND, node, a=slot, b=self._value(operand))
        return operand.made

    def _formatted(self, node: ast.FormattedValue) -> Operand:
        self.look(self.expr(node.value), node)
        return OTHER

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> Operand:
        if self._releases_each(node):
            return OTHER
        for generator in node.generators:
            self.keep(self.expr(generator.iter), node)
        if not self._interesting(node):
            self._scan(node)
            return OTHER
        skip = self.emit(Op.FORK, node)
        for generator in node.generators:
            for test in generator.ifs:
                self.look(self.expr(test), node)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for part in parts:
            self.give(self.expr(part), node, "container")
        self.land([("c", skip)])
        return OTHER

    def _releases_each(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> bool:
        """`gather(*(c.close() for c in (source, sink) if c))`: a release of each of a few names."""
        first = node.generators[0]
        if isinstance(node, ast.DictComp) or not isinstance(first.target, ast.Name):
            return False
        target, items = first.target.id, first.iter.elts if isinstance(first.iter, (ast.Tuple, ast.List)) else []
        slots = [self.slots[item.id] for item in items if isinstance(item, ast.Name) and item.id in self.slots]
        released = any(
            isinstance(part, ast.Attribute)
            and isinstance(part.value, ast.Name)
            and part.value.id == target
            and self._releases(part.attr)
            for part in ast.walk(node.elt)
        )
        waits = any(isinstance(part, ast.Await) for part in ast.walk(node.elt))  # then one may fail before the next
        for slot in slots if released else []:
            self.emit(Op.RELEASE, node, a=slot, b=False, raises=ANY if waits else "", cancels=waits)
        return bool(slots) and released

    def _interesting(self, node: ast.AST) -> bool:
        for child in ast.walk(node):
            if isinstance(child, ast.Name):
                if child.id in self.slots:
                    return True
            elif isinstance(child, ast.Call):
                called = self.names.of(child.func)
                if called is not None and is_maker(called, self.catalogue):
                    return True
        return False

    def _scan(self, node: ast.AST) -> None:
        raises = cancels = False
        for child in ast.walk(node):
            raises = raises or isinstance(child, (ast.Call, ast.Attribute, ast.Subscript))
            cancels = cancels or isinstance(child, ast.Await)
        self.opaque(node, ANY if raises or cancels else "", cancels)

    def _lambda(self, node: ast.Lambda) -> Operand:
        slots = self.captured_slots(node) if self.survey.mentioned else ()
        return self._closure(slots) if slots else OTHER

    def _yield(self, node: ast.Yield) -> Operand:
        if node.value is not None:
            self._lend(self.expr(node.value), node)
        self.emit(Op.YIELD, node, raises="" if self.resumed else ANY)
        return OTHER

    def _lend(self, operand: Operand, node: ast.Yield) -> None:
        """What is yielded is handed off, unless this function goes on and releases it: then it was lent."""
        operand = self.settled(operand, node)
        if operand.kind == "tuple":
            for item in operand.items:
                self._lend(item, node)
        else:
            self._pass(operand, node, "keeps")

    def _yield_from(self, node: ast.YieldFrom) -> Operand:
        self.keep(self.expr(node.value), node)
        self.opaque(node, ANY)
        return OTHER

    def _await(self, node: ast.Await) -> Operand:
        self.awaited = node.value
        operand = self.expr(node.value)
        if operand.kind == "pending":
            return self.perform(operand, node, awaited=True)
        if operand.kind == "manager":
            self.unentered.append((operand.call, operand.entry))
        if operand.kind == "slot":
            origin = self._pending.get(operand.name)
            if origin is not None:
                result = self.temporary()
                self.emit(Op.AWAIT, node, a=operand.slot, b=origin.number, c=result, raises=ANY, cancels=True)
                return Operand("slot", result, temporary=True)
        if operand.kind != "slot":
            self.look(operand, node)
        only_cancelled = (
            isinstance(node.value, ast.Call) and self.names.of(node.value.func) in self.calls.only_cancelled
        )
        self.opaque(node, "" if only_cancelled else ANY, cancels=True)
        return operand if operand.kind == "slot" else OTHER


_EXPRESSIONS: dict[type[ast.expr], Callable[[Expressions, Any], Operand]] = {
    ast.Constant: Expressions._constant,
    ast.Name: Expressions._name,
    ast.Attribute: Expressions._attribute,
    ast.Subscript: Expressions._subscript,
    ast.Tuple: Expressions._tuple,
    ast.Starred: Expressions._starred,
    ast.List: Expressions._container,
    ast.Set: Expressions._container,
    ast.Dict: Expressions._container,
    ast.NamedExpr: Expressions._walrus,
    ast.IfExp: Expressions._if_expression,
    ast.BoolOp: Expressions._bool_operation,
    ast.FormattedValue: Expressions._formatted,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.DictComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.Lambda: Expressions._lambda,
    ast.Yield: Expressions._yield,
    ast.YieldFrom: Expressions._yield_from,
    ast.Await: Expressions._await,
    ast.Call: Expressions._call,
}
