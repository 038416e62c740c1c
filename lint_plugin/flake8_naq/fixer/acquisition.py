"""Where the block of an acquisition can begin: at the statement that acquires, or below the statement around it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter

from flake8_naq.dataflow.observations import Departure, Event
from flake8_naq.dataflow.verdict import Verdict
from flake8_naq.edits.checks import check_bound_here, check_local
from flake8_naq.edits.model import CannotFix
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.fixer.entry_point import EntryPoint
from flake8_naq.rules.suggestion import is_legacy, spelled_wrapper
from flake8_naq.syntax.callees import arguments_of
from flake8_naq.syntax.nodes import FUNCTIONS, WITHS, parameters, without_await
from flake8_naq.syntax.tree import Tree, is_path, last_line, only_target, sets_none
from flake8_naq.syntax.walk import walk_scope

# What a block does with a resource: `gzip.open(path)` and `open(path)` are two kinds that one block may enter.
_BLOCK = attrgetter("manager", "asynchronous", "context_manager", "block_value", "block_does", "release", "close_fails")
_ENDS = (Departure.RETURNS, Departure.REBOUND)


@dataclass(frozen=True, slots=True)
class Acquisition:
    """Where the block begins, the name of the resource, and the verdicts on all that is acquired there."""

    statement: ast.stmt  # it acquires, or what acquires is in it
    name: str
    verdicts: tuple[Verdict, ...]


def acquisition_of(snapshot: Snapshot, function: FunctionFacts, verdict: Verdict, *, replaced: bool) -> Acquisition:
    """Return the acquisition that a verdict is about; CannotFix where no block can begin there.

    `replaced` says that a block enters another call in its place, so that it begins there and not further below.
    """
    statement = snapshot.tree.statement(verdict.call)
    name = given_name(statement, verdict) or kept_name(statement, verdict) or _connected_name(statement, verdict)
    if verdict.before_handoff or replaced:
        check_local(function.scope.node, [name])
    else:
        check_bound_here(snapshot.tree, function.scope.node, name)
    if not _is_whole(snapshot.tree, statement, verdict.call):
        raise CannotFix(f"line {verdict.call.lineno} does more than acquire it")
    found, resource = Acquisition(statement, name, (verdict,)), verdict.summary.origin.resource
    wrapped = spelled_wrapper(resource.manager, function.scope) is not None
    if not replaced and (wrapped or resource.context_manager or resource.has_no_manager):
        found = _entered_below(snapshot, function, found)
    for one in found.verdicts:
        for reason in _reasons(snapshot, function, one, found.statement):
            raise CannotFix(reason)
    return found


def given_name(statement: ast.stmt, verdict: Verdict) -> str | None:
    """Return the name that an assignment gives to the resource, also in `reader, writer = await open_connection()`."""
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=elements)]) if all(isinstance(one, ast.Name) for one in elements):
            names = [one.id for one in elements if isinstance(one, ast.Name)]
            return verdict.summary.origin.name if verdict.summary.origin.name in names else None
    return only_target(statement)


def kept_name(statement: ast.stmt, verdict: Verdict) -> str | None:
    """Return `self.sock`, where an attribute keeps what the object owns once nothing has failed."""
    match statement:
        case ast.Assign(targets=[ast.Attribute() as kept]) if verdict.before_handoff and is_path(kept):
            return ast.unparse(kept)
    return None


def _connected_name(statement: ast.stmt, verdict: Verdict) -> str:
    """Return the name of `nc` in `await nc.connect(...)`, of a client that a block can enter once it is open."""
    resource = verdict.summary.origin.resource
    if not isinstance(statement, ast.Expr):
        raise CannotFix(f"line {verdict.call.lineno} does not assign it to one name")
    name, origin = _connected(statement, verdict), verdict.summary.origin
    if name is None or origin.call in (None, verdict.call) or origin.name != name:
        raise CannotFix("its result is not used")
    if resource.opens_by_entering and (verdict.call.args or verdict.call.keywords):
        raise CannotFix(f"to enter '{name}' would open it once more")
    return name


def needs_finally(statement: ast.stmt, verdict: Verdict) -> bool:
    """Whether no block ends what the statement opens: there is none, or it would open once more what is open."""
    resource, is_replaced = verdict.summary.origin.resource, isinstance(statement, ast.Expr)  # `await producer.start()`
    return resource.has_no_manager or (resource.reopens and not is_replaced)


def _connected(statement: ast.stmt, verdict: Verdict) -> str | None:
    """Return `nc` where the statement is `await nc.connect(...)` and nothing else, or `ssh.connect(...)`."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    call = without_await(value)
    function = verdict.call.func
    if call is not verdict.call or not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return None
    return function.value.id if function.attr in verdict.summary.origin.resource.acquire_methods else None


def _is_whole(tree: Tree, statement: ast.stmt, call: ast.Call) -> bool:
    """Whether the statement assigns the acquiring call, awaited and perhaps passed through `wait_for`, and no more.

    An item of what the call gives is as good: `sock = listener.accept()[0]`.
    """
    value = getattr(statement, "value", None)
    while value is not call:
        if isinstance(value, (ast.Await, ast.Subscript)):
            value = value.value
        elif isinstance(value, ast.Call) and arguments_of(value) and isinstance(tree.parents[value], ast.Await):
            value = next((one for one in arguments_of(value) if tree.is_inside(call, [one])), None)
        else:
            return False
    return True


def _entered_below(snapshot: Snapshot, function: FunctionFacts, found: Acquisition) -> Acquisition:
    """Return the acquisition with the statement below which it is entered, and all that this statement acquires."""
    tree, verdict = snapshot.tree, found.verdicts[0]
    block = _BLOCK(verdict.summary.origin.resource)
    same = [one for one in function.verdicts if _BLOCK(one.summary.origin.resource) == block]
    named = {tree.statement(one.call): one for one in same if _is_for(tree, one, found.name)}
    entry = EntryPoint(tree, function.names, snapshot.facts.catalogue.calls, found.name, named.keys())
    factory = verdict.summary.origin.factory
    guard = entry.guard(found.statement, may_be_none=factory is not None and factory.may_be_none)
    if guard is not None:
        return Acquisition(guard, found.name, found.verdicts)
    below = entry.of(found.statement)
    withs = [one for one in ast.walk(below) if isinstance(one, WITHS) and tree.is_inside(verdict.call, [one])]
    if below is found.statement or (withs and _may_be_none(function, found.name)):
        return found
    inside = tuple(one for statement, one in named.items() if tree.is_inside(statement, [below]))
    return Acquisition(below, found.name, inside)


def _may_be_none(function: FunctionFacts, name: str) -> bool:
    """Whether the name is None before it is acquired: so it stays where a `with` block ends after an exception."""
    return any(isinstance(one, ast.stmt) and sets_none(one, name) for one in walk_scope(function.scope.node))


def _is_for(tree: Tree, verdict: Verdict, name: str) -> bool:
    """Whether a statement does nothing but to give the resource that name."""
    statement = tree.statement(verdict.call)
    named = given_name(statement, verdict) or kept_name(statement, verdict) or _connected(statement, verdict)
    return named == name and _is_whole(tree, statement, verdict.call)


def _reasons(snapshot: Snapshot, function: FunctionFacts, verdict: Verdict, statement: ast.stmt) -> Iterator[str]:
    """Yield why the acquisition in `statement` cannot be moved into a block."""
    summary, factory = verdict.summary, verdict.summary.origin.factory
    is_below = not snapshot.tree.is_inside(verdict.call, [statement])  # of a condition that leaves where it is None
    if factory is not None and factory.may_be_none and not is_below:
        yield f"'{factory.name}' may return None"
    if factory is not None and is_legacy(factory.acquired_by, snapshot.facts):
        where = f" of {factory.path}" if factory.path else ""
        yield f"'{factory.name}' acquires it by hand, on line {factory.line}{where}"
    if len(summary.acquired) > 1 and not all(snapshot.tree.is_inside(one, [statement]) for one in summary.acquired):
        yield f"'{summary.origin.name}' is acquired on lines {lines_of(summary.acquired)}"
    if summary.saw(Event.MANAGED):
        yield "something else manages it on some paths"
    passed_on = summary.saw(Event.HANDED_OFF) or bool(summary.kept_elsewhere) or _is_kept(function, verdict)
    if passed_on and not verdict.before_handoff:
        yield "it is passed on to other code on some paths"
    around = snapshot.tree.function(verdict.call)
    if summary.origin.resource.asynchronous and not isinstance(around, ast.AsyncFunctionDef):
        yield "it is acquired outside of an async function"
    if around is not function.scope.node:
        yield "it is acquired in a nested function"
    if _is_unbound_above(function, summary.origin.name, statement):
        yield f"'{summary.origin.name}' is used above line {statement.lineno}, where nothing has bound it"


def _is_unbound_above(function: FunctionFacts, name: str | None, statement: ast.stmt) -> bool:
    """Whether the function reads the name above the statement that first binds it."""
    node = function.scope.node
    if not isinstance(node, FUNCTIONS) or name in (*function.scope.outer, *(one.arg for one in parameters(node.args))):
        return False
    named = (one for one in walk_scope(node) if isinstance(one, ast.Name) and one.id == name)
    above = [one for one in named if one.lineno < statement.lineno]
    return bool(above) and all(isinstance(one.ctx, ast.Load) for one in above)


def _is_kept(function: FunctionFacts, verdict: Verdict) -> bool:
    """Whether a call may have kept what a way without an error leaves open, as a thread keeps its arguments."""
    handlers = [one for one in walk_scope(function.scope.node) if isinstance(one, ast.ExceptHandler)]
    kept = (leak for leak in verdict.summary.leaks if leak.sites and leak.departure in _ENDS)
    return any(not any(one.lineno <= leak.line <= last_line(one.body[-1]) for one in handlers) for leak in kept)


def lines_of(calls: Iterable[ast.Call]) -> str:
    """Return the numbers of the lines of the calls, for a message."""
    return ", ".join(str(call.lineno) for call in calls)
