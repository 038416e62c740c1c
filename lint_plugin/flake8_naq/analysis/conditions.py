"""Tests, and what each answer says about a resource or a flag."""

from __future__ import annotations

import ast

from flake8_naq.analysis.calls import Calls
from flake8_naq.analysis.emitter import Edge
from flake8_naq.analysis.program import Op
from flake8_naq.analysis.questions import is_opposite, test_key


class Conditions(Calls):
    """Instructions for tests."""

    def condition(self, test: ast.expr) -> list[Edge]:
        """Evaluate a test; what is emitted next is the yes branch, the edges given back are the no branch."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            no = self.condition(test.operand)
            yes = self.take()
            self.land(no)
            return yes
        if isinstance(test, ast.BoolOp):
            return self._boolean(test)
        if isinstance(test, ast.Constant):
            return [] if test.value else self.take()
        asked = self._asked(test)
        if asked is None:
            self.look(self.expr(test), test)
            return [("c", self.emit(Op.FORK, test))]
        slot, question = asked
        return [("c", self.emit(Op.TEST, test, a=slot, b=question))]

    def _boolean(self, test: ast.BoolOp) -> list[Edge]:
        if isinstance(test.op, ast.And):
            no: list[Edge] = []
            for value in test.values:
                no.extend(self.condition(value))
            return no
        yes: list[Edge] = []
        remaining: list[Edge] = []
        for value in test.values:
            self.land(remaining)
            remaining = self.condition(value)
            yes.extend(self.take())
        self.land(yes)
        return remaining

    def _asked(self, test: ast.expr) -> tuple[int, str] | None:
        """The slot that a test asks about, and what it asks."""
        if isinstance(test, ast.NamedExpr):
            self.assign(test.target, self.expr(test.value), test)
            test = test.target
        if isinstance(test, ast.Name) and test.id in self.slots:
            return self.slots[test.id], "true"
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            if isinstance(test.left, ast.NamedExpr) and isinstance(test.comparators[0], ast.Constant):
                self.assign(test.left.target, self.expr(test.left.value), test)
                test = ast.Compare(test.left.target, test.ops, test.comparators, lineno=test.lineno)
            asked = self._compared(test)
            if asked is not None:
                return asked
            left = test.left
            if isinstance(left, ast.Attribute) and isinstance(left.value, ast.Name) and left.value.id in self.slots:
                self.look(self.expr(test.comparators[0]), test)
                return self.slots[left.value.id], f".{left.attr} {type(test.ops[0]).__name__}"
        if isinstance(test, ast.Attribute) and isinstance(test.value, ast.Name) and test.value.id in self.slots:
            return self.slots[test.value.id], f".{test.attr}"
        if isinstance(test, ast.Call):
            return self._called_test(test)
        key = test_key(test)
        if key is not None and key[0] in self._facts:
            return self._facts[key[0]], "not true" if is_opposite(test) else "true"
        return None

    def _compared(self, test: ast.Compare) -> tuple[int, str] | None:
        left, right, operator = test.left, test.comparators[0], test.ops[0]
        if isinstance(left, ast.Constant) and isinstance(operator, ast.In) and isinstance(right, ast.Call):
            if (
                isinstance(right.func, ast.Name)
                and right.func.id in ("locals", "vars", "dir")
                and left.value in self.slots
            ):
                return self.slots[left.value], "bound"
        if not isinstance(left, ast.Name) or left.id not in self.slots:
            return None
        if isinstance(right, ast.Name) and right.id in self.slots and isinstance(operator, (ast.Is, ast.IsNot)):
            question = f"same {self.slots[right.id]}"
            return self.slots[left.id], question if isinstance(operator, ast.Is) else f"not {question}"
        if not isinstance(operator, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
            return None
        positive = isinstance(operator, (ast.Is, ast.Eq))
        if isinstance(right, ast.Attribute):
            self.look(self.expr(right), test)
            return self.slots[left.id], "elsewhere" if positive else "not elsewhere"
        if not isinstance(right, ast.Constant):
            return None
        words = {None: "none", True: "is true", False: "is false"}
        if right.value is None or isinstance(right.value, bool):
            word = words[right.value]
            return self.slots[left.id], word if positive else f"not {word}"
        return None

    def _called_test(self, test: ast.Call) -> tuple[int, str] | None:
        if isinstance(test.func, ast.Name) and test.func.id in ("isinstance", "hasattr", "bool") and test.args:
            first = test.args[0]
            if (
                isinstance(first, ast.Name)
                and first.id in self.slots
                and self.names.of_name(test.func.id) == test.func.id
            ):
                return self.slots[first.id], "true"
        return None
