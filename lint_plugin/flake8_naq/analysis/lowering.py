"""From the statements of one function to a program: control flow, exception edges, and what happens to resources.

Expressions are in `expressions.py`, `try` and `with` in `protection.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flake8_naq.analysis.emitter import OTHER, Operand
from flake8_naq.analysis.program import ANY, EXIT, TURNS, UNWIND, Instruction, Op, Program, Value
from flake8_naq.analysis.protection import Protection
from flake8_naq.syntax.names import captured_names, imported_names, target_names, whole_names
from flake8_naq.syntax.walk import walk_scope

_UNROLLED = 4
_WAITING = (ast.Await, ast.Yield, ast.AsyncFor, ast.AsyncWith)


@dataclass(slots=True, eq=False, repr=False)
class _Loop:
    header: int
    depth: int
    breaks: list[Instruction] = field(default_factory=list)


class Lowering(Protection):
    """Builds one program; used once."""

    def build(self, body: Sequence[ast.stmt], told: bool = False) -> Program:
        """Lower the statements of the function or module; *told*: a slot is to hold what it returns."""
        self.told = self.new_slot(Value.NONE) if told else -1
        self._loops: list[_Loop] = []
        self.emit(Op.EXIT, None)
        self.emit(Op.UNWIND, None)
        self.cut()
        entry = self.here()
        self.emit(Op.JUMP, self.node)
        self.block(body)
        self._leave(EXIT, 0, body[-1] if body else self.node, falls=True)
        return Program(
            instructions=self.code,
            origins=self.origins,
            initial=tuple(self.initial),
            mentioned=frozenset(self.slots[name] for name in self.survey.mentioned if name in self.slots),
            captured=frozenset(self.slots[name] for name in self.survey.captured if name in self.slots),
            resumed=self.resumed,
            entry=entry,
            slots=self.slots,
            cleanup=self.cleanup,
            effect=lambda call, key: self.effects.of_argument(call, key, self.names),
            fails_with_none=lambda call, key: self.effects.fails_with_none(call, key, self.names),
            told=self.told,
            unawaited=self.unawaited,
            unentered=self.unentered,
        )

    def block(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            method = _STATEMENTS.get(type(statement))
            if method is not None:
                method(self, statement)

    # Simple statements

    def _expression(self, node: ast.Expr) -> None:
        value = node.value
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.args:
            if value.func.attr in self.calls.asserting_methods and not self.names.of(value.func):
                self._assert_test(node, value.args[0])
                return
        if type(value) is not ast.Constant:
            self.discard(self.expr(value), value)

    def _assign(self, node: ast.Assign) -> None:
        if self._assign_test(node):
            return
        first = node.targets[0]
        self.task = (node.value, first.id) if isinstance(first, ast.Name) else None
        operand = self.expr(node.value)
        if len(node.targets) > 1:
            operand = self.settled(operand, node)
        for target in node.targets[:-1]:
            self.assign(target, _shared(operand), node)
        self.assign(node.targets[-1], operand, node)

    def _assign_test(self, node: ast.Assign) -> bool:
        """`own = nc is None`: a flag that knows what it stands for."""
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Name) or target.id not in self.survey.flags:
            return False
        if not isinstance(node.value, (ast.Compare, ast.BoolOp)) and not (
            isinstance(node.value, ast.UnaryOp) and isinstance(node.value.op, ast.Not)
        ):
            return False
        no = self.condition(node.value)
        self.assign(target, Operand("const", value=Value.TRUE), node)
        done = self.take()
        self.land(no)
        self.assign(target, Operand("const", value=Value.FALSE), node)
        self.land(done)
        return True

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.expr(node.value), node)

    def _augmented(self, node: ast.AugAssign) -> None:
        operand = self.expr(node.value)
        self.keep(operand, node)
        if isinstance(node.target, ast.Name):
            self.assign(node.target, Operand("other"), node)
        else:
            self.expr_target(node.target)

    def _delete(self, node: ast.Delete) -> None:
        for name in target_names(node.targets):
            self.bind(name.id, Operand("const", value=Value.UNBOUND), node)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.opaque(node, ANY)
        for name in imported_names(node):
            self.bind(name, OTHER, node)

    def _assert(self, node: ast.Assert) -> None:
        self._assert_test(node, node.test)

    def _assert_test(self, node: ast.stmt, test: ast.expr) -> None:
        self._ask(test)
        no = self.condition(test)
        done = self.take()
        self.land(no)
        self.emit(Op.RAISE, node, a="AssertionError")
        self.cut()
        self.land(done)

    def _return(self, node: ast.Return) -> None:
        if self.told >= 0:
            operand = Operand("const", value=Value.NONE) if node.value is None else self.expr(node.value)
            self.emit(Op.BIND, node, a=self.told, b=self._value(self.settled(operand, node)))
        elif node.value is not None:
            self.give(self.expr(node.value), node, "return")
        self._leave(EXIT, 0, node)

    def _raise(self, node: ast.Raise) -> None:
        raised: Any = ("slot", self._handled[-1]) if self._handled else ANY
        if node.exc is not None:
            target = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(node.exc, ast.Call):
                for argument in node.exc.args:
                    self.keep(self.expr(argument), node)
            if not (isinstance(target, ast.Name) and target.id in self.handler_names and self._handled):
                raised = self.names.of(target) or ANY
        if node.cause is not None:
            self.expr(node.cause)
        self.emit(Op.RAISE, node, a=raised)
        self.cut()

    def _break(self, node: ast.Break) -> None:
        if self._loops:
            landing = Instruction(Op.JUMP, node, UNWIND)
            self._loops[-1].breaks.append(landing)
            target = self._append(landing)
            self._leave(target, self._loops[-1].depth, node)

    def _continue(self, node: ast.Continue) -> None:
        if self._loops:
            self._leave(self._loops[-1].header, self._loops[-1].depth, node)

    # Branches and loops

    def _if(self, node: ast.If) -> None:
        self._note_waiting(node)
        ends: list[tuple[str, Instruction]] = []
        current: ast.If | None = node
        while current is not None:
            no = self.condition(current.test)
            self.block(current.body)
            ends.extend(self.take())
            self.land(no)
            if len(current.orelse) == 1 and isinstance(current.orelse[0], ast.If):
                current = current.orelse[0]
            else:
                self.block(current.orelse)
                current = None
        self.land(ends)

    def _ask(self, test: ast.expr) -> None:
        """An `assert` or a loop that asks for an attribute uses the object; an `if` only decides about it."""
        for part in ast.walk(test):
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in self.slots:
                self.emit(Op.USE, part, a=self.slots[part.value.id], b=False)

    def _note_waiting(self, node: ast.stmt) -> None:
        """Inside a managed block: a loop or branch that waits, if only on some of its ways."""
        if self.blocks and any(isinstance(part, _WAITING) for part in (node, *walk_scope(node))):
            self.emit(Op.OPAQUE, node, c=True)

    def _while(self, node: ast.While) -> None:
        self._note_waiting(node)
        self.forget_attributes(node)
        header = self.here()
        self.emit(Op.JUMP, node)
        no = self.condition(node.test)
        self._loop_body(node.body, header, no, node)

    def _loop_body(
        self,
        body: Sequence[ast.stmt],
        header: int,
        no: list[tuple[str, Instruction]],
        node: ast.While | ast.For | ast.AsyncFor,
    ) -> None:
        loop = _Loop(header, len(self._finals))
        self._loops.append(loop)
        self.loop_depth += 1
        self.block(body)
        self.loop_depth -= 1
        self._loops.pop()
        self.forget_attributes(node)
        back = self.emit(Op.JUMP, node)
        back.next = header
        self.cut()
        self.land(no)
        self.block(node.orelse)
        self.land([("next", instruction) for instruction in loop.breaks])

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self._note_waiting(node)
        if isinstance(node.iter, (ast.Tuple, ast.List)) and self._unroll(node, node.iter):
            return
        operand = self.expr(node.iter)
        if operand.kind == "method":
            self.emit(Op.USE, node.iter, a=operand.slot, b=True)
        self.keep(operand, node)
        turns = _turns(node.iter)
        counter = self._count(node, turns)
        first = self.take() if turns or _has_an_item(node.iter) else []
        header = self.here()
        fork = self.emit(Op.FORK, node) if counter < 0 else self.emit(Op.TURN, node, a=counter, b=turns)
        if isinstance(node, ast.AsyncFor):
            fork.raises, fork.cancels = ANY, True
        self.land(first)
        self.assign(node.target, Operand("other"), node)
        self._loop_body(node.body, header, [("c", fork)], node)
        if counter >= 0:
            self.emit(Op.BIND, node, a=counter, b=None)

    def _count(self, node: ast.For | ast.AsyncFor, turns: int | None) -> int:
        """The slot in which the turns of a loop are counted, -1 where they are not."""
        if isinstance(node, ast.AsyncFor) or turns is None or not 0 < turns <= len(TURNS):
            return -1
        counter = self.new_slot(None)
        self.emit(Op.BIND, node, a=counter, b=TURNS[0])
        return counter

    def _unroll(self, node: ast.For | ast.AsyncFor, items: ast.Tuple | ast.List) -> bool:
        """A loop over a few names that hold resources is its body once for each."""
        if not 0 < len(items.elts) <= _UNROLLED or not isinstance(node, ast.For):
            return False
        if not any(isinstance(item, ast.Name) and item.id in self.survey.tracked for item in items.elts):
            return False
        loop = _Loop(-1, len(self._finals))
        for item in items.elts:
            turn = _Loop(self._append(Instruction(Op.JUMP, node, UNWIND)), len(self._finals), loop.breaks)
            self.assign(node.target, self.expr(item), node)
            self._loops.append(turn)
            self.block(node.body)
            self._loops.pop()
            self.land([("next", self.code[turn.header])])
        self.block(node.orelse)
        self.land([("next", instruction) for instruction in loop.breaks])
        return True

    def _subject(self, node: ast.Match) -> Operand:
        """What is matched, held for as long as names may be given to it."""
        operand = self.settled(self.expr(node.subject), node)
        if operand.kind == "slot" and operand.temporary:
            slot = self.new_slot()
            self.emit(Op.BIND, node, a=slot, b=("move", operand.slot))
            operand = Operand("slot", slot, made=operand.made)
        elif operand.kind != "slot":
            self.give(operand, node, "container")  # whoever takes it apart has its parts
            operand = Operand("other")
        return operand

    def _match(self, node: ast.Match) -> None:
        subject = self._subject(node)
        ends: list[tuple[str, Instruction]] = []
        for case in node.cases:
            no: list[tuple[str, Instruction]] = []
            if not _irrefutable(case.pattern):
                no.append(("c", self.emit(Op.FORK, node)))
            whole = set(whole_names(case.pattern))
            for name in captured_names(case.pattern):
                self.bind(name, subject if name in whole else Operand("other"), case.pattern)
            if case.guard is not None:
                no.extend(self.condition(case.guard))
            self.block(case.body)
            ends.extend(self.take())
            if not no:
                break
            self.land(no)
        self.land(ends)

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self.keep(self.expr(decorator), node)
        if self.survey.mentioned and (slots := self.captured_slots(node)):
            self.closures[node.name] = slots
        self.bind(node.name, Operand("other"), node)


def _shared(operand: Operand) -> Operand:
    """The same value, for one of several targets: none of them takes it away."""
    return replace(operand, temporary=False, items=tuple(map(_shared, operand.items)))


def _turns(iterable: ast.expr) -> int | None:
    """How often a loop over it turns that nothing leaves, where that is written down."""
    if isinstance(iterable, (ast.Tuple, ast.List)):
        starred = any(isinstance(item, ast.Starred) for item in iterable.elts)
        return None if starred else len(iterable.elts)
    if isinstance(iterable, ast.Call) and isinstance(iterable.func, ast.Name) and iterable.func.id == "range":
        bounds = [a.value for a in iterable.args if isinstance(a, ast.Constant) and isinstance(a.value, int)]
        if len(bounds) == len(iterable.args) and len(bounds) in (1, 2):
            return max(0, bounds[-1] - (bounds[0] if len(bounds) == 2 else 0))
    return None


def _has_an_item(iterable: ast.expr) -> bool:
    """Whether one of its items is written down."""
    return isinstance(iterable, (ast.Tuple, ast.List)) and not all(isinstance(i, ast.Starred) for i in iterable.elts)


def _irrefutable(pattern: ast.pattern) -> bool:
    if isinstance(pattern, ast.MatchAs):
        return pattern.pattern is None or _irrefutable(pattern.pattern)
    return isinstance(pattern, ast.MatchOr) and any(map(_irrefutable, pattern.patterns))


_STATEMENTS: dict[type[ast.stmt], Callable[[Lowering, Any], None]] = {
    ast.Expr: Lowering._expression,
    ast.Assign: Lowering._assign,
    ast.AnnAssign: Lowering._annotated,
    ast.AugAssign: Lowering._augmented,
    ast.Delete: Lowering._delete,
    ast.Import: Lowering._import,
    ast.ImportFrom: Lowering._import,
    ast.Assert: Lowering._assert,
    ast.Return: Lowering._return,
    ast.Raise: Lowering._raise,
    ast.Break: Lowering._break,
    ast.Continue: Lowering._continue,
    ast.If: Lowering._if,
    ast.While: Lowering._while,
    ast.For: Lowering._for,
    ast.AsyncFor: Lowering._for,
    ast.Match: Lowering._match,
    ast.Try: Lowering._try,
    ast.TryStar: Lowering._try,
    ast.With: Lowering._with,
    ast.AsyncWith: Lowering._with,
    ast.FunctionDef: Lowering._definition,
    ast.AsyncFunctionDef: Lowering._definition,
    ast.ClassDef: Lowering._definition,
}
