"""The `try` that closes what no `with` may close.

Where only a function can close it, as after `reader, writer = await open_connection(...)`, the release that the code
has moves to a `finally` as it is written, with its guard, and with the wait for its end. Where other code gets the
resource if nothing fails, a handler that raises again closes it, up to the hand-off.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.observations import Event
from flake8_naq.dataflow.verdict import Outcome, Verdict, leaks_before_handoff
from flake8_naq.edits.checks import check_bound_once
from flake8_naq.edits.model import CannotFix
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.facts.ended_errors import may_end_after_error
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.fixer.acquisition import acquisition_of
from flake8_naq.fixer.block import Block
from flake8_naq.fixer.block_edits import block_plan
from flake8_naq.fixer.model import Plan
from flake8_naq.fixer.outlives import check_ends_with_block
from flake8_naq.fixer.releases import Release
from flake8_naq.syntax.bindings import bindings
from flake8_naq.syntax.callees import arguments_of
from flake8_naq.syntax.names import Names
from flake8_naq.syntax.nodes import FUNCTIONS, LEAVES, WITHS, is_named_like_class
from flake8_naq.syntax.tree import Place, Tree, is_log_call, is_simple, last_line, names_in
from flake8_naq.syntax.walk import walk_scope

_GIVES = (Event.HANDED_OFF, Event.ESCAPE_SITE, Event.STORED, Event.RELEASED, Event.CLEANUP_REGISTERED)


def moved_release(tree: Tree, place: Place, removed: list[Release]) -> Release:
    """Return the release that moves to the finally: the last one that the block of the acquisition always reaches."""
    always = [one for one in removed if _is_reached(tree, place, one.unit)]
    if not always:
        raise CannotFix("none of its releases is always reached")
    return always[-1]


def _is_reached(tree: Tree, place: Place, unit: ast.stmt) -> bool:
    """Whether the release is a statement of the block, or of the finally of a try in it or around it."""
    around = tree.place(unit)
    outer = around.owner
    if around.field == "finalbody" and isinstance(outer, ast.Try):
        return outer is place.owner or outer in place.block
    return around.block is place.block


def without_loss(moved: Release, removed: list[Release]) -> list[Release]:
    """Return the releases without the caveats of a manager, and with one where another is not like what moves."""
    mine = _dumped(moved)
    found = []
    for one in removed:
        differs = f"line {one.call.lineno} closes it in another way than line {moved.call.lineno}"
        found.append(replace(one, caveats=() if _dumped(one) == mine else (differs,)))
    return found


def _dumped(release: Release) -> list[str]:
    unit = release.unit
    bodies = unit.body if isinstance(unit, ast.If) else [unit]
    return [ast.dump(one) for one in (*bodies, *release.waits)]


def close_in_finally(block: Block, verdict: Verdict) -> None:
    """Let the block be that of a `try`, with the release in its `finally`."""
    resource = verdict.summary.origin.resource
    block.below = "try:"
    if block.final:
        end_with_moved(block)
    elif _may_close(resource, verdict) and "{owner}" not in resource.release:
        block.footer = ("finally:", block.snapshot.unit_of(block.function) + resource.release_of(block.name))
    else:
        raise CannotFix(f"'{resource.release_of(block.name)}' belongs in a finally")


def _may_close(resource: Resource, verdict: Verdict) -> bool:
    """Whether a close may end the block: nothing closes there today, or a drain does, and a close may follow that."""
    method = resource.release.rpartition(".")[2].removesuffix("()")
    return verdict.outcome is Outcome.NEVER_CLOSED or method in resource.release_again


def logs_behind(tree: Tree, place: Place, removed: list[Release]) -> tuple[ast.stmt, ...]:
    """Return the logs that end the finally of a later try, behind the only release; none for any other finally.

    A finally around the block has them behind the close, too. What only the block binds may be unbound there.
    """
    behind, body = [], place.block[place.index + 1 :]
    for one in removed if len(removed) == 1 else ():
        around = tree.place(one.unit)
        if around.field == "finalbody" and around.owner in body:
            behind = around.block[around.index + 1 + len(one.waits) :]
    named = {node.id for one in behind for node in ast.walk(one) if isinstance(node, ast.Name)}
    plain = all(map(is_log_call, behind)) and not any(any(bindings(body, name)) for name in named)
    return tuple(behind) if plain else ()


def end_with_moved(block: Block) -> None:
    """Let a `finally` behind the block hold what is written again."""
    block.footer = ("finally:", *_moved_lines(block, block.snapshot.unit_of(block.function)))


def _moved_lines(block: Block, unit: str) -> Iterator[str]:
    """Yield the lines of the release with the indentation that they have in the finally."""
    text, frozen = block.snapshot.text, block.snapshot.concrete.frozen_lines
    old = text.indent(block.final[0].lineno)
    for number in block.moved_lines():
        line = text.line(number)
        if number in frozen or not (text.is_blank(number) or line.startswith(old)):
            raise CannotFix(f"line {number} cannot be moved to a finally")
        yield "" if text.is_blank(number) else unit + line[len(old) :]


# Up to the hand-off


def handed_on_plan(snapshot: Snapshot, function: FunctionFacts, verdict: Verdict, *, replaced: bool) -> Plan:
    """Return the plan for a resource that leaks only before its hand-off; CannotFix where none is right.

    `nc = await connect(url)`, then `await nc.flush()`, then `return nc`: no block may close it, only what fails before.
    The same holds for `self.nc` in an `__init__` or `__aenter__`.
    """
    found = acquisition_of(snapshot, function, verdict, replaced=replaced)
    place = snapshot.tree.place(found.statement)
    block = Block(snapshot, place, _last_before_handoff(verdict, place.block, place.index), found.name)
    resource = verdict.summary.origin.resource
    if not resource.release or "{owner}" in resource.release:
        raise CannotFix("the function that closes it is not known here")
    last = _returned(place.block[block.last + 1 : block.last + 2], found.name)
    for reason in (*_reasons(block, verdict, last), *_reasons_around(block, function.names)):
        raise CannotFix(reason)
    check_ends_with_block(block, function, verdict)
    leaks = leaks_before_handoff(verdict.call, verdict.summary)
    block.last += any(one.lineno <= leak.line <= last_line(one) for one in last for leak in leaks)
    unit = snapshot.unit_of(function.scope.node)
    block.below = "try:"
    block.footer = ("except BaseException:", unit + resource.release_after_error(found.name), f"{unit}raise")
    return block_plan(block)


def _last_before_handoff(verdict: Verdict, block: list[ast.stmt], first: int) -> int:
    """Return the index of the last statement before one in which other code gets the resource, or may get it."""
    gives = {node for event in _GIVES for node in verdict.summary.nodes(event)}
    for index, statement in enumerate(block[first + 1 :], first + 1):
        if isinstance(statement, LEAVES) or any(node in gives for node in ast.walk(statement)):
            return index - 1
    return len(block) - 1


def _returned(behind: list[ast.stmt], name: str) -> list[ast.stmt]:
    """Return the `return` that hands it on, by itself or in a new object: no other code has it where that fails."""
    for call in (node for one in behind for node in ast.walk(one) if isinstance(node, ast.Call)):
        is_given = any(ast.unparse(one) == name for one in arguments_of(call))
        if is_given and not is_named_like_class(call.func) and ast.unparse(call.func) != "cls":
            return []
    return [one for one in behind if isinstance(one, ast.Return)]


def _reasons(block: Block, verdict: Verdict, last: list[ast.stmt]) -> Iterator[str]:
    if not block.body and not last:
        yield f"line {block.statement.lineno + 1} may fail while it hands it on"
        return
    parts: list[ast.stmt | ast.ExceptHandler] = [*block.body, *last, *_handlers_behind(block)]
    handled = any(isinstance(inner, ast.ExceptHandler) for one in block.body for inner in walk_scope(one))
    for leak in leaks_before_handoff(verdict.call, verdict.summary):
        if not any(one.lineno <= leak.line <= last_line(one) for one in parts):
            yield f"line {leak.line} may fail where it is handed on, or before"
        elif handled and not leak.exceptional:
            yield f"a handler may take the error of line {leak.line} first, and go on"
    check_bound_once(block.body, block.name)
    for asked in (node for node in ast.walk(block.function) if isinstance(node, ast.Attribute)):
        if asked.lineno < block.statement.lineno and ast.unparse(asked) == block.name:
            yield f"line {asked.lineno} asks for it: the object outlives an error, and keeps it"
    for inner in (inner for one in block.body for inner in walk_scope(one)):
        if isinstance(inner, (ast.Yield, ast.YieldFrom)):
            yield f"line {inner.lineno} yields before it is handed on"


def _reasons_around(block: Block, names: Names) -> Iterator[str]:
    """Yield what goes on after an exception: a handler around, or a block such as `with suppress(OSError)`."""
    for owner, handler in _handlers_around(block):
        if not _is_left(block, owner, handler):
            yield f"what follows line {handler.lineno} may use it, where it would be closed"
    for outer in block.snapshot.tree.ancestors(block.statement):
        if isinstance(outer, WITHS) and may_end_after_error(outer, names, block.snapshot.facts.catalogue.calls):
            yield f"the block of line {outer.lineno} may end after an exception"


def _handlers_behind(block: Block) -> list[ast.ExceptHandler]:
    """Return the handlers of the try around that get an exception of the block, and of nothing behind it."""
    owner = block.place.owner
    if not isinstance(owner, ast.Try) or block.place.field != "body":
        return []
    rest = owner.body[block.last + 1 :]
    return owner.handlers if all(isinstance(one, ast.Return) and is_simple(one.value) for one in rest) else []


def _handlers_around(block: Block) -> Iterator[tuple[ast.Try, ast.ExceptHandler]]:
    tree = block.snapshot.tree
    for owner in takewhile(lambda one: not isinstance(one, FUNCTIONS), tree.ancestors(block.statement)):
        if isinstance(owner, ast.Try) and tree.is_inside(block.statement, owner.body):
            yield from ((owner, handler) for handler in owner.handlers)


def _is_left(block: Block, owner: ast.Try, handler: ast.ExceptHandler) -> bool:
    """Whether nothing uses the resource in a handler or behind it, where the new try has closed it."""
    named = (node for node in ast.walk(handler) if isinstance(node, (ast.Name, ast.Attribute)))
    if any(ast.unparse(node) == block.name for node in named):
        return False
    is_local, last = block.name.isidentifier(), handler.body[-1]
    ends = {type(node) for node in ast.walk(handler) if isinstance(node, LEAVES)}
    if isinstance(last, LEAVES) and ends <= ({ast.Raise, ast.Return} if is_local else {ast.Raise}):
        return True
    used = names_in(block.function, block.name)
    return is_local and all(block.snapshot.tree.is_inside(one, owner.body) for one in used)
