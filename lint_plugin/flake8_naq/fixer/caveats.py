"""What a block changes besides the close: ways that leave the resource open today, a drain, a failed acquisition."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice

from flake8_naq.dataflow.observations import Departure, Event, Leak
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.edits.model import CannotFix
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.managers import is_manager
from flake8_naq.fixer.block import Block
from flake8_naq.fixer.outlives import check_ends_with_block
from flake8_naq.fixer.releases import Release
from flake8_naq.syntax.nodes import FUNCTIONS, LEAVES
from flake8_naq.syntax.tree import names_in, sets_none
from flake8_naq.syntax.walk import walk_scope

_QUITS = "takes leave of its server"


def caveats_of(block: Block, function: FunctionFacts, verdict: Verdict, removed: list[Release]) -> list[str]:
    """Return what changes where nothing was closed before; CannotFix where the name is used after that."""
    caveats: list[str] = []
    leaks = verdict.summary.leaks if verdict.outcome is Outcome.LEAKS else ()
    is_resumed = is_manager(function.scope, block.snapshot.facts.catalogue)  # what leaves its `yield` is an error
    yields = () if is_resumed else (Departure.YIELDS,)
    open_on = [leak for leak in leaks if not leak.exceptional or leak.departure in yields]
    meant = (leak for leak in open_on if _may_be_meant(block, function, leak, verdict, removed))
    caveats += [f"line {leak.line} leaves it open, perhaps on purpose" for leak in islice(meant, 1)]
    if verdict.outcome is Outcome.NEVER_CLOSED:
        caveats.append("it is closed at the end of the block, where it was not closed before")
    if caveats or open_on:
        block.check_unused_after(block.name)
        if not block.body:
            raise CannotFix("nothing follows the acquisition in its block")
        check_ends_with_block(block, function, verdict)
    caveats += _caveats_of_failure(block, verdict, removed)
    drains = (one.call.lineno for one in removed if not one.closes)
    does = does_more(verdict, removed) if not block.only_closes else ""
    if does:
        if verdict.summary.origin.resource.final_loops and not _ends_by_itself(block, verdict):
            raise CannotFix(f"the block {does}, perhaps without end")
        for node in (node for one in block.body for node in ast.walk(one) if isinstance(node, ast.Yield)):
            if verdict.outcome is not Outcome.HAND_CLOSED:  # a test would commit, or wait for what it has not closed
                raise CannotFix(f"the block {does}, and line {node.lineno} yields in it")
        caveats.append(f"the block {does}, and its release does not")
    return [*caveats, *(f"line {line} drains; the manager drains after success only" for line in drains)]


def does_more(verdict: Verdict, removed: list[Release]) -> str:
    """Return what the block of a resource does that its releases do not; empty where it does no more."""
    resource = verdict.summary.origin.resource
    if not resource.context_manager or resource.has_no_manager:
        return ""
    waits = resource.after_release & resource.awaited and not resource.release.startswith("await ")
    if waits and not all(one.waits for one in removed):
        return "waits"
    is_plain = bool(removed) and all(ast.unparse(one.call).endswith(".close()") for one in removed)
    return _QUITS if resource.quits and is_plain else resource.block_does


def _ends_by_itself(block: Block, verdict: Verdict) -> bool:
    """Whether the code waits for a process or reads what that writes, and does not end it."""
    resource, tree = verdict.summary.origin.resource, block.snapshot.tree
    named = (tree.parents[name] for one in block.body for name in names_in(one, block.name))
    used = {one.attr for one in named if isinstance(one, ast.Attribute)}
    waits = used & (resource.final_uses | {"stdout", "stderr"})
    return bool(waits) and used.isdisjoint(resource.release_methods)


def _may_be_meant(
    block: Block, function: FunctionFacts, leak: Leak, verdict: Verdict, removed: list[Release]
) -> bool:
    """Return whether a normal way out may leave it open for a reason.

    That is so where it yields, where a condition decides about the close alone, and where other code uses the resource.
    """
    if leak.departure is Departure.YIELDS or any(_is_conditional(block, one.unit) for one in removed):
        return True
    return verdict.summary.origin.resource.serves and not _follows_an_error(block, function, leak, removed)


def _is_conditional(block: Block, unit: ast.stmt) -> bool:
    """Whether a condition decides if the statement runs, and not that control leaves there: `if last: nc.close()`."""
    tree, statement = block.snapshot.tree, unit
    while True:
        place = tree.place(statement)
        if place.block is block.place.block or isinstance(place.owner, (*FUNCTIONS, ast.Module)):
            return False
        if isinstance(place.owner, (ast.If, ast.match_case)) and not isinstance(place.block[-1], LEAVES):
            return True
        statement = tree.statement(place.owner)


def _follows_an_error(block: Block, function: FunctionFacts, leak: Leak, removed: list[Release]) -> bool:
    """Return whether the way out is one that only an error takes, which a handler has ended.

    Where the block of the acquisition closes on its own level, what neither raises nor leaves the block comes to that.
    """
    line, behind = block.statement.lineno, block.place.block[block.place.index + 1 :]
    if not block.snapshot.tree.is_left_by_jump(block.body) and any(one.unit in behind for one in removed):
        return True
    return leak.departure is Departure.RETURNS and any(
        line <= (node.body[-1].end_lineno or 0)  # the acquisition is in its body or above it
        and any(one.lineno <= leak.line <= (one.end_lineno or 0) for one in node.handlers)
        for node in walk_scope(function.scope.node)
        if isinstance(node, (ast.Try, ast.TryStar))
    )


def _caveats_of_failure(block: Block, verdict: Verdict, removed: list[Release]) -> Iterator[str]:
    """Releases in the finally around that raised where the acquisition failed, unless NAQ104 reports that."""
    if block.enclosing_try is None:
        return
    before = block.snapshot.tree.place(block.enclosing_try)
    is_none = any(sets_none(one, block.name) for one in before.block[: before.index])
    for one in removed:
        in_guard = one.unit not in block.enclosing_try.finalbody  # a condition that stays
        in_finally = block.snapshot.tree.is_inside(one.unit, block.enclosing_try.finalbody)
        if in_finally and one.call not in verdict.summary.nodes(Event.UNBOUND_RELEASE):
            if not is_none or not (one.asks_none or in_guard):
                did = "may have closed something else" if in_guard else "raised another exception"
                yield f"where the acquisition failed, line {one.unit.lineno} {did}"
