"""What needs a connection behind the end of its function, so that a block would close it too early.

A view that other code gets, a callback that is to be called, and what a module opens for others.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from typing import Final

from flake8_naq.catalogue.model import Kind, Method
from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.later_use import is_callback
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import Acquisition
from flake8_naq.prescan.conditions import tested_names
from flake8_naq.rules.kept_by_classes import given_keys
from flake8_naq.syntax.bindings import plain_assignment, stored_values
from flake8_naq.syntax.callees import arguments_of, callee_of
from flake8_naq.syntax.names import Scope
from flake8_naq.syntax.nodes import FUNCTIONS, LOOPS, is_named_like_class, last_name, method_called
from flake8_naq.syntax.tree import names_in
from flake8_naq.syntax.walk import is_generator, walk_scope

_WAITS: Final = (ast.Await, *LOOPS)
_UNKNOWN: Final = Method(asynchronous=False, params=(), any_keyword=True, text_refused=frozenset(), returns="")


def kept_along(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict, acquisition: Acquisition) -> str:
    """Return how a connection can be closed of which other code gets a view, empty where no other code gets one.

    What an object needs that other code gets is such a view, too: the stub of a channel, or the socket of a context.
    """
    summary = verdict.summary
    if verdict.outcome is not Outcome.NEVER_CLOSED or not acquisition.name:
        return ""
    nodes = sorted(summary.nodes(Event.VIEW_LEFT), key=_line) or _keepers(facts, function, verdict)
    if not nodes:
        return ""
    line = facts.named_line(_line(nodes[0]))
    release = summary.origin.resource.release_of(acquisition.name)
    returned, kept = isinstance(nodes[0], ast.Return), "." in acquisition.name
    first = "" if kept else "return it, too, and " if returned else "keep it, too, and "
    return f"{first}call '{release}' when done, as {line} {'returns' if returned else 'keeps'} what needs it"


def _keepers(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict) -> list[ast.stmt]:
    """Return the statements that return or keep what needs the connection, and does not hand it off."""
    calls = (one for one in walk_scope(function.scope.node) if isinstance(one, ast.Call))
    given = (_giving_out(facts, function, one) for one in calls if _needs_it(facts, one, verdict.summary))
    return sorted((one for one in given if one is not None), key=_line)


def _needs_it(facts: ModuleFacts, call: ast.Call, summary: AcquisitionSummary) -> bool:
    """Return whether the call gives what needs the connection: `GreeterStub(channel)`, `context.socket(zmq.PUSH)`."""
    name, method = summary.origin.name, method_called(call.func)
    if name is not None and method in summary.origin.resource.live_results and _is_method_of(call.func, name):
        return True
    is_stub = last_name(call.func).endswith(tuple(facts.catalogue.calls.borrowing_suffixes))
    return is_stub and any(isinstance(one, ast.Name) and one.id == name for one in arguments_of(call))


def used_by_generator(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict) -> str:
    """Return the name of a generator function that uses the connection when other code asks for more, empty if none does.

    Other code gets its generator: `return lines(file)`, `return Response(lines(file))`, `self.lines = lines(file)`.
    """
    for node in walk_scope(function.scope.node):
        if isinstance(node, ast.Call) and given_keys(node, verdict.summary):
            if _makes_generator(facts, function, node) and _giving_out(facts, function, node) is not None:
                return ast.unparse(node.func)
    return ""


def _makes_generator(facts: ModuleFacts, function: FunctionFacts, call: ast.Call) -> bool:
    callee = callee_of(call.func, function.scope, facts.scopes)
    if callee is not None:
        return is_generator(callee.function)
    called = function.names.of(call.func)
    imported = None if called is None else facts.imported.function(called)
    return imported is not None and imported.is_generator


def _giving_out(facts: ModuleFacts, function: FunctionFacts, value: ast.expr) -> ast.stmt | None:
    """Return the statement that returns the value, or keeps it in an attribute: itself, in an object, or by a name.

    None if no statement does.
    """
    parent, around = facts.parents.parents[value], facts.parents.user(value)
    if isinstance(around, ast.Call) and value is not around.func and is_named_like_class(around.func):
        return _giving_out(facts, function, around)
    given = plain_assignment(parent)
    if given is None:
        return parent if isinstance(parent, ast.Return) else None
    names = [one.id for one in given.targets if isinstance(one, ast.Name)]
    if len(names) < len(given.targets) and isinstance(parent, ast.stmt):
        return parent
    uses = (one for name in names for one in names_in(function.scope.node, name) if isinstance(one.ctx, ast.Load))
    return next(filter(None, (_giving_out(facts, function, one) for one in uses)), None)


def waits_for_callbacks(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether the function ends while a callback that it registered is still to be called."""
    summary = verdict.summary
    if verdict.outcome is not Outcome.NEVER_CLOSED or all(leak.exceptional for leak in summary.leaks):
        return False
    called = summary.details(Event.METHOD_CALLED)
    kinds = {call: facts.catalogue.kinds[kind] for call, kind in called.items() if isinstance(call, ast.Call)}
    registering = [call for call, kind in kinds.items() if _registers(call, kind)]
    if not registering:
        return False
    last = max(map(_line, registering))
    registrations = {_method(call, kinds[call]).returns for call in registering}
    if any(_line(call) > last and kind.name in registrations for call, kind in kinds.items()):
        return False  # it unsubscribes, or reads messages itself
    behind = (node for node in walk_scope(function.scope.node) if isinstance(node, _WAITS) and node.lineno > last)
    return all(isinstance(node, ast.Await) and node.value in kinds for node in behind)


def serves_the_module(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether a module opens the connection as it is imported, for its functions or for other modules alone."""
    module, name = function.scope.node, verdict.summary.origin.name
    if not isinstance(module, ast.Module) or name is None:
        return False
    names = {name}
    for node in walk_scope(module):
        for target, value in stored_values(node):
            if isinstance(target, ast.Name) and isinstance(value, ast.Call) and _is_method_of(value.func, name):
                names.add(target.id)  # a cursor
    nested = (scope for scope in facts.scopes.values() if isinstance(scope.node, FUNCTIONS))
    return any(_uses(facts, scope, names) for scope in nested) or not is_read(ast.walk(module), name, verdict.call.lineno)


def is_read(nodes: Iterable[ast.AST], name: str, line: int) -> bool:
    """Return whether some code reads the name, but for an `if bus is None:` before the line that opens what it holds."""
    found = list(nodes)
    asking = (node for node in found if isinstance(node, ast.If) and node.lineno < line)
    asked = {part for node in asking if name in tested_names(node) for part in ast.walk(node.test)}
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load) and node not in asked for node in found
    )


def _is_method_of(called: ast.expr, name: str) -> bool:
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == name


def _uses(facts: ModuleFacts, scope: Scope, names: Collection[str]) -> bool:
    used = (node.id for node in facts.nodes(scope.node) if isinstance(node, ast.Name))
    return any(name in names and name not in scope.bound for name in used)


def _method(call: ast.Call, kind: Kind) -> Method:
    return kind.methods.get(call.func.attr, _UNKNOWN) if isinstance(call.func, ast.Attribute) else _UNKNOWN


def _registers(call: ast.Call, kind: Kind) -> bool:
    """Return whether the method is given a callback: `nc.subscribe("orders", cb=handle)`."""
    given = [(keyword.arg or "", keyword.value) for keyword in call.keywords]
    given += zip(_method(call, kind).params, call.args, strict=False)
    return any(is_callback(name, value) for name, value in given)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)
