"""What each call does to a resource: makes it, releases it, wraps it, borrows it or takes it over."""

from __future__ import annotations

import ast

from flake8_naq.analysis.assignments import Assignments
from flake8_naq.analysis.emitter import OTHER, Operand
from flake8_naq.analysis.program import ANY, Maker, Op, Unawaited, Value
from flake8_naq.analysis.survey import annotation_parts, instance_call
from flake8_naq.catalogue.model import Manager, Resource
from flake8_naq.syntax.walk import walk_scope


class Calls(Assignments):
    """Instructions for calls."""

    def _call(self, node: ast.Call) -> Operand:
        function = node.func
        called = self.names.of(function)
        if called is not None:
            known = self._known_call(node, called)
            if known is not None:
                return known
        if isinstance(function, ast.Attribute):
            made = self._instance_acquire(node, function)
            if made is not None:
                return made
            receiver = self.expr(function.value)
            if receiver.kind == "pending" and receiver.scheduled and function.attr in self.calls.result_methods:
                return self.perform(receiver, node, awaited=True)
            if receiver.kind == "pending":
                receiver = self._misused(receiver, function)
            if receiver.kind == "slot":
                return self._method(node, receiver, function.attr)
            self.look(receiver, function)
            if function.attr in self.calls.managing_methods:
                return self._manage(node, function.attr)
            if function.attr in self.calls.pass_through_methods and node.args:
                return self._pass_through(node, function.attr in self.calls.awaiting_methods)
        elif not isinstance(function, ast.Name):
            self.look(self.expr(function), function)
        return self._plain_call(node, called)

    def _misused(self, operand: Operand, node: ast.AST) -> Operand:
        """`nats.connect().jetstream()`: the coroutine is used as if it were what it makes."""
        if operand.name == "method":
            return self.perform(operand, node, awaited=False)
        if operand.name == "acquire" and not operand.scheduled:
            self.unawaited.append(Unawaited(operand.call, "acquisition", ""))
        return OTHER

    def _known_call(self, node: ast.Call, called: str) -> Operand | None:
        catalogue = self.catalogue
        resource = catalogue.acquire.get(called)
        if resource is not None:
            self._arguments(node)
            return self._acquired(node, resource)
        resource = catalogue.construct.get(called)
        if resource is not None:
            self._arguments(node)
            return self._originate(node, resource, opened=False)
        manager = catalogue.managers.get(called)
        if manager is not None:
            return self._manager(node, manager)
        view = catalogue.views.get(called)
        if view is not None:
            operands = [self.expr(argument) for argument in node.args]
            operand = operands[0] if operands else OTHER
            if view.asynchronous:
                return Operand("pending", operand.slot, "view", call=node, entry=(view, operand))
            return self._view(node, operand, view.returns)
        if called in catalogue.release_functions:
            operands = [self.expr(a) for a in (*node.args, *(k.value for k in node.keywords))]
            return Operand(
                "pending", name="release", call=node, items=tuple(operands), entry=catalogue.release_functions[called]
            )
        if called in self.calls.casts and node.args:
            return self._cast(node)
        if called in self.calls.pass_through and node.args:
            return self._pass_through(node, called in self.calls.awaiting)
        if called in self.calls.closing and node.args:
            return self._closing(node, self.calls.closing[called])
        return self._looked_up(node) if called == "getattr" else None

    def _looked_up(self, node: ast.Call) -> Operand | None:
        """`getattr(nc, "close", None)` of what may be a resource is its release, as `nc.close` is."""
        if len(node.args) < 2 or not isinstance(node.args[0], ast.Name) or node.args[0].id not in self.slots:
            return None
        name = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
        if not isinstance(name, str) or not self._releases(name):
            return None
        return Operand("method", self.slots[node.args[0].id], name)

    def _instance_acquire(self, node: ast.Call, function: ast.Attribute) -> Operand | None:
        typed = instance_call(function, self.names, self.survey.types)
        resource = None if typed is None else self.catalogue.acquire.get(typed)
        if resource is None:
            return None
        self.look(self.expr(function.value), function)
        self._arguments(node)
        return self._acquired(node, resource)

    def _acquired(self, node: ast.Call, resource: Resource) -> Operand:
        if resource.asynchronous:
            return Operand("pending", name="acquire", call=node, entry=resource)
        return self._originate(node, resource, opened=True)

    def _manager(self, node: ast.Call, manager: Manager) -> Operand:
        operands = [self.expr(argument) for argument in (*node.args, *(k.value for k in node.keywords))]
        for operand in operands:
            self.look(operand, node)
        return Operand("manager", call=node, entry=manager, items=tuple(operands))

    def _cast(self, node: ast.Call) -> Operand:
        for argument in node.args[:-1]:
            self.look(self.expr(argument), node)
        return self.expr(node.args[-1])

    def _pass_through(self, node: ast.Call, awaits: bool) -> Operand:
        if self.awaited is node or self._is_awaited_later(node):
            self.awaited = node.args[0]
        detached = not awaits and self.awaited is not node.args[0]
        self.detached += detached
        operand = self.expr(node.args[0])
        self.detached -= detached
        for argument in (*node.args[1:], *(keyword.value for keyword in node.keywords)):
            self.keep(self.expr(argument), node)
        if awaits and operand.kind == "pending":
            return self.perform(operand, node, awaited=True)
        if operand.kind == "pending" and not self._acquires(operand):
            return self.perform(operand, node, awaited=False)
        if operand.kind == "pending":
            operand.scheduled = True
        if operand.kind in ("pending", "slot"):
            return operand
        self.keep(operand, node)
        self.opaque(node, "" if self.names.of(node.func) in self.calls.no_raise else ANY)
        return OTHER

    def _is_awaited_later(self, node: ast.Call) -> bool:
        """`task = create_task(work(nc))` where this function awaits the task: what it is given is only lent."""
        if self.task is None or self.task[0] is not node:
            return False
        if self.awaited_names is None:
            awaited = (part.value for part in walk_scope(self.node) if isinstance(part, ast.Await))
            names = (part for value in awaited for part in ast.walk(value) if isinstance(part, ast.Name))
            self.awaited_names = frozenset(name.id for name in names)
        return self.task[1] in self.awaited_names

    def _acquires(self, operand: Operand) -> bool:
        """Whether a coroutine acquires: then it has not until it is awaited, and a release has at once."""
        if operand.name == "method":
            return any(operand.entry in resource.acquire_methods for resource in self.catalogue.resources)
        return operand.name == "acquire"

    def _closing(self, node: ast.Call, method: str) -> Operand:
        operand = self.expr(node.args[0])
        if operand.kind == "pending":
            operand = self.perform(operand, node, awaited=False)
        if operand.kind != "slot":
            return OTHER
        return Operand("closing", operand.slot, method, temporary=operand.temporary)

    def _method(self, node: ast.Call, receiver: Operand, attribute: str) -> Operand:
        self._arguments(node)
        return Operand("pending", receiver.slot, "method", call=node, entry=attribute, temporary=receiver.temporary)

    def _manage(self, node: ast.Call, attribute: str) -> Operand:
        """`stack.enter_async_context(x)`, `stack.push_async_callback(nc.close)`: somebody else closes it."""
        operands = [self.expr(a) for a in (*node.args, *(k.value for k in node.keywords))]
        if attribute in self.calls.entering_methods:
            self.opaque(node, ANY)
        result = OTHER
        for operand in operands:
            operand = self.settled(operand, node, awaited=False)
            if operand.kind in ("slot", "method", "closing"):
                self.emit(Op.HAND_OFF, node, a=operand.slot, b="managed", c=-1)
                if operand.kind == "slot" and attribute in self.calls.entering_methods:
                    result = operand
        return result

    def _plain_call(self, node: ast.Call, called: str | None) -> Operand:
        borrowed = called in self.calls.borrows if called is not None else False
        attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        borrowed = borrowed or attribute in self.calls.borrowing_methods
        operands: list[tuple[int | str, Operand]] = [(i, self.expr(a)) for i, a in enumerate(node.args)]
        operands += [(keyword.arg or "**", self.expr(keyword.value)) for keyword in node.keywords]
        quiet = (
            called in self.calls.no_raise
            or called in self.calls.only_cancelled
            or called in self.calls.quiet
            or self.effects.is_coroutine(node, self.names)
            or self.awaited is node  # it has its arguments before anything of it raises
            or attribute in self.calls.no_raise_methods
        )
        if called in self.calls.never_returns:
            return self._never_returns(node, called or "", [operand for _, operand in operands])
        # What a task that nobody awaits here is given is the task's.
        local = not borrowed and not self.detached and self.effects.is_local(node, self.names)
        settled = [(key, self.settled(operand, node)) for key, operand in operands]
        if local:
            for key, operand in settled:
                self._pass_local(operand, node, key, before=True)
        self.opaque(node, "" if quiet else ANY)
        for key, operand in settled:
            if local and operand.kind in ("slot", "tuple"):
                self._pass_local(operand, node, key, before=False)
            else:
                self._pass(operand, node, "borrows" if borrowed or operand.kind not in ("slot", "tuple") else "keeps")
        maker = self.effects.made_by(node, self.names)
        if maker is not None:
            return self._made(node, maker)
        return Operand("const", value=Value.NOT_NONE) if self._makes_object(node, called) else OTHER

    def _made(self, node: ast.Call, maker: Maker) -> Operand:
        """What a function of the same file makes, now or when it is awaited."""
        self.makers[node] = maker
        if isinstance(maker.function, ast.AsyncFunctionDef):
            return Operand("pending", name="acquire", call=node, entry=maker.resource)
        return self._originate(node, maker.resource, opened=True)

    def _makes_object(self, node: ast.Call, called: str | None) -> bool:
        """Whether a class is called: one of this file, or one that an annotation in this function names."""
        if isinstance(node.func, ast.Name) and self.effects.is_class(node.func.id, self.scope):
            return True
        if self.annotated is None:
            parts = (part for annotation in self.survey.annotations for part in annotation_parts(annotation))
            self.annotated = frozenset(filter(None, map(self.names.of, parts)))
        return called in self.annotated

    def _never_returns(self, node: ast.Call, called: str, operands: list[Operand]) -> Operand:
        for operand in operands:
            self.look(operand, node)
        raised = self.calls.never_returns[called]
        if raised:
            self.emit(Op.RAISE, node, a=raised)
        self.cut()
        return OTHER

    def _arguments(self, node: ast.Call) -> None:
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            operand = self.expr(argument)
            if operand.kind != "const" and operand.kind != "other":
                self._pass(self.settled(operand, node), node, "keeps")
