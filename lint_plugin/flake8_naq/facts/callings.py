"""Functions that call what they are given and return what that returns: `asyncio.to_thread(connect)`, `retry(connect)`.

A call of such a function opens a resource if what it is given does.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from flake8_naq.catalogue.model import Calls, Catalogue
from flake8_naq.facts.made_functions import MadeFunctions
from flake8_naq.facts.object_methods import ObjectMethods
from flake8_naq.prescan.callees import Calling, Factory
from flake8_naq.prescan.opening import opens
from flake8_naq.syntax.bindings import binds_once, bound_names, plain_assignment, stored_values
from flake8_naq.syntax.callees import PARTIAL, Scopes, callee_of, keyed_arguments, parameter_of
from flake8_naq.syntax.names import FunctionNode, Names, Scope, owner_of
from flake8_naq.syntax.nodes import dotted, is_none
from flake8_naq.syntax.walk import is_generator, scope_nodes, walk, walk_scope

Made: TypeAlias = Callable[[ast.Call, Names], Factory | None]
_BINDING: Final = ("staticmethod", "classmethod")
_FOLLOWED: Final = 3  # functions, each of which gives what it is given to the next


class _Result(NamedTuple):
    """The value of an expression that has called a parameter; `pending`: it has to be awaited to do so."""

    pending: bool
    awaits: bool
    may_be_none: bool = False


class _Named(NamedTuple):
    """The function that a name of the scope holds."""

    value: ast.expr
    scope: Scope


class Callings:
    """Answers for the calls of one module; `made` tells what a call makes by the function that it is written for."""

    def __init__(
        self, catalogue: Catalogue, scopes: Scopes, object_methods: ObjectMethods, made: MadeFunctions
    ) -> None:
        self._catalogue = catalogue
        self._made = made
        self._scopes = scopes
        self._object_methods = object_methods
        self._known: dict[tuple[FunctionNode, str, int], Calling | None] = {}
        self._functions: dict[Scope, Mapping[str, ast.expr]] = {}

    def factory(self, call: ast.Call, names: Names, made: Made) -> Factory | None:
        """Return what the call makes by calling what it is given."""
        if isinstance(call.func, ast.Call):
            given = _partial(call.func, names)
            return self._opened_by_made(call, call.func, names) if given is None else self._opened(given, names, made)
        if isinstance(call.func, ast.Name) and (named := self._named(call.func.id, names.scope)) is not None:
            opened = self._opener(named.value, call, 0, Names(named.scope, self._catalogue.known), made)
            return None if opened is None else opened._replace(name=call.func.id)
        for key, argument in keyed_arguments(call):
            opened = self._opener(argument, call, key, names, made)
            if opened is None:
                continue
            calling = self._calling(call, key, names, _FOLLOWED)
            if calling is not None:
                return _called(opened, calling)
        return None

    def _named(self, name: str, scope: Scope) -> _Named | None:
        """Return the only value of a name if that is a lambda or the like: `connect = partial(nats.connect, url)`."""
        owner = owner_of(name, scope)
        value = None if owner is None else self.functions_in(owner).get(name)
        if owner is None or value is None or any(name in one.outer for one in self._scopes.values()):
            return None
        return _Named(value, owner) if binds_once(name, walk_scope(owner.node)) else None

    def functions_in(self, scope: Scope) -> Mapping[str, ast.expr]:
        """Return the lambdas, and what calls of `partial` give, that the names of the scope get."""
        if scope not in self._functions:
            assigned = map(plain_assignment, scope_nodes(scope.node, ast.Assign, ast.AnnAssign))
            self._functions[scope] = {
                one.targets[0].id: one.value
                for one in assigned
                if one is not None and isinstance(one.targets[0], ast.Name)
                if isinstance(one.value, ast.Lambda)
                or (isinstance(one.value, ast.Call) and _partial(one.value, Names(scope, self._catalogue.known)))
            }
        return self._functions[scope]

    def opened_by(self, function: ast.expr, names: Names, made: Made) -> Factory | None:
        """Return what a call of the expression without arguments makes."""
        return self._opener(function, ast.Call(function, [], []), 0, names, made)

    def of(self, function: FunctionNode, parameter: str) -> Calling | None:
        """Return how a function of the module calls its parameter, None if it does not return what that returns."""
        return self._of(function, parameter, _FOLLOWED)

    def _opener(
        self, argument: ast.expr, call: ast.Call, key: int | str, names: Names, made: Made
    ) -> Factory | None:
        """Return what a call of the argument makes; the arguments behind it may be given to it."""
        if isinstance(argument, ast.Lambda):
            body = argument.body
            return self._opened(body, names, made) if isinstance(body, ast.Call) and not argument.args.args else None
        if isinstance(argument, ast.Call):
            given = _partial(argument, names)
            return None if given is None else self._opened(given, names, made)
        if not isinstance(argument, (ast.Name, ast.Attribute)):
            return None
        behind = call.args[key + 1 :] if isinstance(key, int) else []
        keywords = [one for one in call.keywords if one.value is not argument]
        return self._opened(ast.copy_location(ast.Call(argument, behind, keywords), argument), names, made)

    def _opened(self, call: ast.Call, names: Names, made: Made) -> Factory | None:
        """Return what the call makes."""
        called = names.of(call.func)
        if called is None or called not in self._catalogue.acquire:
            return made(call, names)
        return self._acquired(call, dotted(call.func), called)

    def _opened_by_made(self, call: ast.Call, function: ast.Call, names: Names) -> Factory | None:
        """Return what `sessionmaker(engine)()` makes: the function that is called is made there."""
        acquired = self._made.acquired_by(function, names)
        return self._acquired(call, dotted(function.func), acquired) if acquired else None

    def _acquired(self, call: ast.Call, name: str, called: str) -> Factory | None:
        """Return what a call of a function makes that acquires what `called` does."""
        resource = self._catalogue.acquire[called]
        coroutine = "await" in resource.acquired_by
        if not opens(resource, call) or not coroutine ^ ("call" in resource.acquired_by):
            return None
        return Factory(name, resource, coroutine, call.lineno, acquired_by=called, may_be_none=False)

    def _calling(self, call: ast.Call, key: int | str, names: Names, steps: int) -> Calling | None:
        """Return how the function called calls the argument at a position or keyword."""
        called = names.of(call.func)
        known = _known_calling(call, key, called, self._catalogue.calls)
        if known is not None or steps == 0:
            return known
        callee = callee_of(call.func, names.scope, self._scopes)
        if callee is not None:
            parameter = parameter_of(callee, call, key)
            return None if parameter is None else self._of(callee.function, parameter, steps - 1)
        function = self._object_methods.imported_function(call, names)
        return None if function is None else function.calling(call, key)

    def _of(self, function: FunctionNode, parameter: str, steps: int) -> Calling | None:
        key = function, parameter, steps
        if key not in self._known:
            self._known[key] = None  # the answer for a recursive call
            self._known[key] = self._found(function, parameter, steps)
        return self._known[key]

    def _found(self, function: FunctionNode, parameter: str, steps: int) -> Calling | None:
        decorators = [dotted(one) for one in function.decorator_list]
        if is_generator(function) or not all(one in _BINDING for one in decorators):
            return None
        if not binds_once(parameter, walk(function)):
            return None
        names = Names(self._scopes[function], self._catalogue.known)
        returned = [node.value for node in walk_scope(function) if isinstance(node, ast.Return)]
        results = [
            self._result(inner, parameter, names, steps)
            for value in returned
            if value is not None and not is_none(value)
            for inner in _values(value, function)
        ]
        asynchronous = isinstance(function, ast.AsyncFunctionDef)
        first = results[0] if results else None
        if first is None or any(one is None or one[:2] != first[:2] for one in results):
            return None
        if asynchronous and first.pending:
            return None
        none = any(one is not None and one.may_be_none for one in results)
        may_be_none = none or len(results) < len(returned) or not _surely_ends(function.body)
        return Calling(asynchronous or first.pending, first.awaits, may_be_none)

    def _result(self, value: ast.expr, parameter: str, names: Names, steps: int) -> _Result | None:
        """Return how the value comes from a call of the parameter."""
        if isinstance(value, ast.Await):
            inner = self._result(value.value, parameter, names, steps)
            if inner is None or (not inner.pending and inner.awaits):
                return None
            return inner._replace(pending=False, awaits=inner.awaits or not inner.pending)
        if not isinstance(value, ast.Call):
            return None
        if dotted(value.func) == parameter:
            return _Result(False, False)
        for key, argument in keyed_arguments(value):
            if _calls_parameter(argument, parameter, names):
                calling = self._calling(value, key, names, steps)
                if calling is not None:
                    return _Result(calling.asynchronous, calling.awaits, calling.may_be_none)
        return None


def _known_calling(call: ast.Call, key: int | str, called: str | None, calls: Calls) -> Calling | None:
    """Return how a function of a library calls the argument."""
    function = call.func
    method = function.attr if isinstance(function, ast.Attribute) else ""
    if called in calls.calling and key in (0, calls.calling[called or ""]):
        return Calling(asynchronous=True, awaits=False)
    if method in calls.calling_methods and key in (1, calls.calling_methods[method]):
        return Calling(asynchronous=True, awaits=False, at_once=True)
    return None


def _partial(call: ast.Call, names: Names) -> ast.Call | None:
    """Return the call that `functools.partial(connect, url)` makes when it is called."""
    if names.of(call.func) != PARTIAL or not call.args:
        return None
    return ast.copy_location(ast.Call(call.args[0], call.args[1:], call.keywords), call)


def _calls_parameter(argument: ast.expr, parameter: str, names: Names) -> bool:
    """Return whether a call of the argument is one of the parameter."""
    if isinstance(argument, ast.Lambda):
        return isinstance(argument.body, ast.Call) and dotted(argument.body.func) == parameter
    if isinstance(argument, ast.Call):
        given = _partial(argument, names)
        return given is not None and dotted(given.func) == parameter
    return dotted(argument) == parameter


def _called(opened: Factory, calling: Calling) -> Factory | None:
    """Return what a call of the function makes, whose argument makes something when it is called."""
    if not opened.is_plain:
        return None
    returns_coroutine = opened.asynchronous and not calling.awaits
    if (returns_coroutine and calling.asynchronous) or (calling.awaits and not opened.asynchronous):
        return None
    return opened._replace(
        asynchronous=calling.asynchronous or returns_coroutine,
        may_be_none=opened.may_be_none or calling.may_be_none,
        at_once=calling.at_once,
    )


def _values(value: ast.expr, function: FunctionNode) -> Iterator[ast.expr]:
    """Yield the value; of a name that the function only tests and returns, all that it assigns to it."""
    if not isinstance(value, ast.Name):
        yield value
        return
    nodes = list(walk(function))
    assigned = [one for node in nodes for target, one in stored_values(node) if dotted(target) == value.id]
    bindings = sum(value.id in bound_names(node) for node in nodes)
    loads = [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    allowed = {id(one) for node in nodes for one in _only_looked_at(node)}
    alone = all(id(node) in allowed for node in loads if node.id == value.id) and bindings == len(assigned)
    found = [one or value for one in assigned if not is_none(one)] if alone else []
    yield from found or [value]


def _only_looked_at(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node that are only tested or returned."""
    match node:
        case ast.Return(value=ast.expr() as value) | ast.If(test=value):
            yield value
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()], comparators=[other]):
            yield from (left, other)


def _surely_ends(body: list[ast.stmt]) -> bool:
    """Return whether the statements have no normal end: the last returns, raises, or loops without an end."""
    last = body[-1]
    if isinstance(last, ast.While):
        endless = isinstance(last.test, ast.Constant) and bool(last.test.value)
        return endless and not any(isinstance(node, ast.Break) for node in walk(last))
    if isinstance(last, (ast.With, ast.AsyncWith)):
        return _surely_ends(last.body)
    return isinstance(last, (ast.Return, ast.Raise))
