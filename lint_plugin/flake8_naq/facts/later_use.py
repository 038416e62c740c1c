"""What a function does with a resource that lasts: a view that other code keeps, a callback that waits for messages.

A block around that code would close too early.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from flake8_naq.dataflow.verdict import Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.syntax.bindings import assignments
from flake8_naq.syntax.callees import PARTIAL, Callee, arguments_of, callee_of, keyed_arguments, parameter_of
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.nodes import FUNCTIONS, LOOPS, is_none, last_name, method_called, parameters, without_await
from flake8_naq.syntax.tree import is_log_call, names_in, only_target
from flake8_naq.syntax.walk import is_generator, walk_scope

_CALLBACK: Final = re.compile(r"(?:.*_)?(?:cb|callback|handler?)|(?:handle|on)_\w+", re.IGNORECASE)
_REGISTERS: Final = frozenset(  # words in the names of methods
    {"consume", "subscribe", "listen", "listener", "register", "reader", "callback", "handler", "on"}
)
_READERS: Final = frozenset({"list", "tuple", "set", "dict", "sorted", "len", "sum", "min", "max", "any", "all"})
_READ_WHOLE: Final = (ast.Slice, ast.Tuple)  # `dataset[:]`, `dataset[()]`
_RUNNERS: Final = frozenset({"run", "run_until_complete"})  # these wait for the coroutine
_DEEPEST: Final = 2  # functions that are followed, each called by the one before


def is_callback(name: str, value: ast.expr) -> bool:
    """Return whether an argument of that name is a callback, and not None."""
    return _CALLBACK.fullmatch(name) is not None and not is_none(value)


class Code(NamedTuple):
    """Statements of a function, and the names by which they have the resource or views of it."""

    scope: Scope
    body: list[ast.stmt]
    held: frozenset[str]
    depth: int = 0  # how many functions call it, each the next


class LaterUse:
    """The resource of a block and its views, under their names in the code."""

    def __init__(self, facts: ModuleFacts, function: FunctionFacts, verdict: Verdict, code: Code) -> None:
        self._known = facts, function, verdict
        self._code = code
        self._names = function.names
        self._catalogue = facts.catalogue
        self._kinds = facts.catalogue.kinds
        self._calls = facts.catalogue.calls
        self._view_calls = {node for nodes in verdict.summary.views.values() for node in nodes}
        resource = verdict.summary.origin.resource
        parts = (one.removeprefix("await ").rpartition(".")[2] for one in resource.views)
        self._live = resource.live_results
        self._views = self._live | {*parts}
        self._opened = {call for one in function.summaries for call in one.acquired}
        self._properties = frozenset().union(*(kind.properties for kind in self._kinds.values()))
        self.held = set(code.held)
        self._results: set[str] = set()  # those of these that a method gave; what is read of one is plain
        self._groups: set[str] = set()  # lists and tuples of these
        self._functions: set[str] = set()  # nested functions that use these
        for statement in self._statements():
            self._take_names(statement)

    def _take_names(self, statement: ast.stmt) -> None:
        target, value = only_target(statement), getattr(statement, "value", None)
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if any(any(names_in(statement, one)) for one in self.held):
                    self._functions.add(statement.name)
            case ast.For(target=ast.Name(id=item), iter=ast.Name(id=name)) if name in self._groups:
                self.held.add(item)
            case ast.Expr() if (call := without_await(value)) in self._opened and isinstance(call, ast.Call):
                given = any(isinstance(one, ast.Name) and one.id in self.held for one in arguments_of(call))
                if given and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
                    self.held.add(call.func.value.id)  # `await stan.connect(cluster, nats=nc)`
        if target is not None and self._holds(value):
            self.held.add(target)
            self._results |= {target} if _method_of(value) in self._live else set()
            self._groups |= {target} if isinstance(value, (ast.List, ast.Tuple)) else set()

    def _statements(self) -> Iterator[ast.stmt]:
        """Yield the statements of the block, those of nested functions left out, in the order of the text."""
        for root in self._code.body:
            found = (node for node in (root, *walk_scope(root)) if isinstance(node, ast.stmt))
            yield from sorted(set(found), key=lambda one: one.lineno)

    def kept(self) -> Iterator[ast.stmt]:
        """Yield the statements by which other code gets the resource or a view of it."""
        for statement in self._statements():
            match statement:
                case ast.Return(value=ast.expr() as value) if self._holds(value):
                    yield statement
                case (ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value)) if self._holds(value):
                    targets = (one for assignment in assignments(statement) for one in assignment.targets)
                    if self._is_task(value) or any(isinstance(one, (ast.Attribute, ast.Subscript)) for one in targets):
                        yield statement
                case ast.Expr(value=ast.Call() as call) if self._gets(call) and not is_log_call(statement):
                    if last_name(call.func) not in _RUNNERS:
                        yield statement

    def _is_task(self, value: ast.expr) -> bool:
        return isinstance(value, ast.Call) and self._names.of(value.func) in self._calls.tasks

    def _holds(self, node: ast.AST | None) -> bool:
        """Whether the value of the expression may be or hold the resource or a view, and not only a result of them."""
        match node:
            case None:
                return False
            case ast.Name(id=name):
                return name in self.held
            case ast.Attribute(value=value, attr=attribute):
                is_read = _method_of(value) in self._live or (isinstance(value, ast.Name) and value.id in self._results)
                return not is_read and attribute not in self._properties and self._holds(value)
            case ast.Await(value=ast.Call() as call):
                return self._makes_view(call) or (_makes_object(call) and self._gets(call))
            case ast.Call(func=ast.Name(id=called), args=[only], keywords=[]) if called in _READERS:
                return isinstance(only, ast.Name) and only.id in self._groups
            case ast.Call(func=called) as call if _runs_later(self._callee(called)):
                return any(map(self._holds, arguments_of(call)))
            case ast.Call() as call:
                return self._makes_view(call) or self._gets(call) or (_makes_object(call) and self._gets_result(call))
            case ast.Lambda() | ast.GeneratorExp():
                return any(isinstance(one, ast.Name) and one.id in self.held for one in ast.walk(node))
            case ast.Subscript(value=value, slice=index) if "[]" in self._views and not isinstance(index, _READ_WHOLE):
                return self._holds(value)
            case ast.Compare() | ast.BoolOp(op=ast.And()) | ast.UnaryOp() | ast.JoinedStr() | ast.Subscript():
                return False
            case ast.ListComp() | ast.SetComp():
                return self._holds(node.elt)
        return any(map(self._holds, ast.iter_child_nodes(node)))

    def _makes_view(self, call: ast.Call) -> bool:
        """Whether the call makes a view of the resource or of a view: a bucket, a subscription."""
        if call in self._view_calls:
            return True
        if not isinstance(call.func, ast.Attribute) or not self._holds(call.func.value):
            return False
        is_part = call.func.attr in self._views or call in self._opened
        made = {kind.methods[call.func.attr].returns for kind in self._kinds.values() if call.func.attr in kind.methods}
        return is_part or any(kind in self._kinds and not self._kinds[kind].value for kind in made)

    def _gets(self, call: ast.Call) -> bool:
        """Whether the call gets a view: `self.views.append(kv)`; of the resource itself, whether a stack enters it."""
        own = () if getattr(call.func, "attr", "") in self._calls.entering_methods else self._code.held
        given = (one for one in arguments_of(call) if not (isinstance(one, ast.Name) and one.id in own))
        return any(map(self._holds, given))

    def _gets_result(self, call: ast.Call) -> bool:
        """Whether the call gets what a method of the resource or of a view gives: `Reader(db.cursor())`."""
        calls = (one for one in arguments_of(call) if isinstance(one, ast.Call))
        return any(isinstance(one.func, ast.Attribute) and self._holds(one.func.value) for one in calls)

    def shared(self) -> Iterator[ast.expr]:
        """Yield what other code has, too, and a release closes along: the adapter in `session.mount(url, ADAPTER)`."""
        calls = [self._known[2].call]
        for root in self._code.body:
            calls += (one for one in walk_scope(root) if isinstance(one, ast.Call) and self._is_method_of_it(one))
        for call in calls:
            called, method = self._names.of(call.func), method_called(call.func)
            for key, value in keyed_arguments(call):
                if self._catalogue.takes_over(called, method, key) and _is_of_others(value, self._code.scope):
                    yield value

    def _is_method_of_it(self, call: ast.Call) -> bool:
        return isinstance(call.func, ast.Attribute) and self._holds(call.func.value)

    # Callbacks

    def callbacks(self) -> Iterator[ast.Call]:
        """Yield the calls that register a callback which is still registered where the block ends."""
        for statement in self._statements():
            value = getattr(statement, "value", None)
            call = without_await(value)
            if isinstance(call, ast.Call) and (self._registers(call) or self._starts(call) or self._helps(call)):
                if not self._waits_after(statement) and not self._is_ended(only_target(statement)):
                    yield call

    def _starts(self, call: ast.Call) -> bool:
        """Whether an object or a task gets a nested function that uses the resource: `Thread(target=work).start()`."""
        calls = (one for one in (call, getattr(call.func, "value", None)) if isinstance(one, ast.Call))
        starting = (one for one in calls if _makes_object(one) or self._is_task(one))
        given = (getattr(argument, "func", argument) for one in starting for argument in arguments_of(one))
        return any(isinstance(one, ast.Name) and one.id in self._functions for one in given)

    def _registers(self, call: ast.Call) -> bool:
        """Whether it is a method of the resource or of a view that is given a callback."""
        if not isinstance(call.func, ast.Attribute) or not self._holds(call.func.value):
            return False
        given = [(keyword.arg or "", keyword.value) for keyword in call.keywords]
        methods = [kind.methods[call.func.attr] for kind in self._kinds.values() if call.func.attr in kind.methods]
        given += [(ast.unparse(_called(one, self._names)).rpartition(".")[2], one) for one in call.args]
        given += [pair for one in methods for pair in zip(one.params, call.args, strict=False)]
        if not _REGISTERS.isdisjoint(call.func.attr.split("_")) and any(map(self._is_function, arguments_of(call))):
            return True
        return any(is_callback(name, value) for name, value in given)

    def _is_function(self, given: ast.expr) -> bool:
        called = _called(given, self._names)
        return isinstance(called, ast.Lambda) or self._callee(called) is not None

    def _callee(self, called: ast.expr) -> Callee | None:
        return callee_of(called, self._code.scope, self._known[0].scopes)

    def _helps(self, call: ast.Call) -> bool:
        """Whether a function of the file gets the resource or a view, and registers a callback with it."""
        callee, depth = self._callee(call.func), self._code.depth + 1
        if callee is None or depth > _DEEPEST:
            return False
        given = {parameter_of(callee, call, key) for key, value in keyed_arguments(call) if self._holds(value)}
        held = frozenset(one for one in given if one is not None)
        scope = self._known[0].scopes[callee.function]
        inner = LaterUse(*self._known, Code(scope, callee.function.body, held, depth))
        return bool(held) and any(True for _ in inner.callbacks())

    def _waits_after(self, statement: ast.stmt) -> bool:
        """Whether the block waits for something else after the statement: the callback works for that time."""
        return any(
            isinstance(node, (ast.Await, *LOOPS))
            and node.lineno > (statement.end_lineno or 0)
            and not self._is_own_call(node)
            for root in self._code.body
            for node in (root, *walk_scope(root))
        )

    def _is_own_call(self, node: ast.AST) -> bool:
        """Whether the node awaits a method of the resource or of a view."""
        call = node.value if isinstance(node, ast.Await) else None
        return isinstance(call, ast.Call) and self._is_method_of_it(call)

    def _is_ended(self, name: str | None) -> bool:
        """Whether a method of the registration, under this name, is called: it unsubscribes, or joins a thread."""
        calls = (node.func for root in self._code.body for node in walk_scope(root) if isinstance(node, ast.Call))
        called = (one for one in calls if isinstance(one, ast.Attribute) and one.attr != "start")
        return any(isinstance(one.value, ast.Name) and one.value.id == name for one in called)


def _makes_object(call: ast.Call) -> bool:
    """Whether the call reads like one of a class or of its constructor: `Store(js)`, `Store.create(js)`."""
    return any(part[:1].isupper() for part in ast.unparse(call.func).split("."))


def _method_of(value: ast.expr | None) -> str:
    """Return the name of the method whose result a value is, awaited or not; empty where it is none."""
    call = without_await(value)
    return call.func.attr if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else ""


def _called(given: ast.expr, names: Names) -> ast.expr:
    """Return the function that an argument calls later: of `partial(work, 1)`, `work`."""
    is_partial = isinstance(given, ast.Call) and given.args and names.of(given.func) == PARTIAL
    return given.args[0] if is_partial and isinstance(given, ast.Call) else given


def _is_of_others(value: ast.expr, scope: Scope) -> bool:
    """Whether a value is a parameter, an attribute, or a name of an outer scope."""
    name = value.id if isinstance(value, ast.Name) else None
    given = {one.arg for one in parameters(scope.node.args)} if isinstance(scope.node, FUNCTIONS) else set[str]()
    return isinstance(value, ast.Attribute) or (name is not None and (name in given or name not in scope.bound))


def _runs_later(callee: Callee | None) -> bool:
    """Whether a function of the file runs only where its coroutine is awaited, or its generator is read."""
    function = None if callee is None else callee.function
    return function is not None and (isinstance(function, ast.AsyncFunctionDef) or is_generator(function))
