"""A resource that other code gets if nothing fails: it is closed in a handler that raises again, up to the hand-off.

`nc = await connect(url)`, then `await nc.flush()`, then `return nc`: no block may close it, only what fails before.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.dataflow.observations import Event
from flake8_naq.dataflow.verdict import Verdict, leaks_before_handoff
from flake8_naq.facts.module import FunctionFacts
from flake8_naq.fixer.acquisition import acquisition_of
from flake8_naq.fixer.block import Block
from flake8_naq.fixer.block_edits import block_plan
from flake8_naq.fixer.model import CannotFix, Plan
from flake8_naq.fixer.outlives import check_ends_with_block
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.syntax.nodes import LEAVES
from flake8_naq.syntax.tree import last_line, rebindings
from flake8_naq.syntax.walk import walk_scope

_GIVES = (Event.HANDED_OFF, Event.ESCAPE_SITE, Event.STORED, Event.RELEASED, Event.CLEANUP_REGISTERED)


def handed_on_plan(snapshot: Snapshot, function: FunctionFacts, verdict: Verdict) -> Plan:
    """Return the plan for a resource that leaks only before its hand-off; CannotFix where none is right."""
    found = acquisition_of(snapshot, function, verdict)
    place = snapshot.tree.place(found.statement)
    block = Block(snapshot, place, _last_before_handoff(verdict, place.block, place.index), found.name)
    resource = verdict.summary.origin.resource
    if not resource.release or "{owner}" in resource.release:
        raise CannotFix("the function that closes it is not known here")
    for reason in _reasons(block, verdict):
        raise CannotFix(reason)
    check_ends_with_block(block, function, verdict)
    unit = snapshot.unit_of(function.scope.node)
    block.below = "try:"
    block.footer = ("except BaseException:", unit + resource.release_of(found.name), f"{unit}raise")
    return block_plan(block)


def _last_before_handoff(verdict: Verdict, block: list[ast.stmt], first: int) -> int:
    """Return the index of the last statement before one in which other code gets the resource, or may get it."""
    gives = {node for event in _GIVES for node in verdict.summary.nodes(event)}
    for index, statement in enumerate(block[first + 1 :], first + 1):
        if isinstance(statement, LEAVES) or any(node in gives for node in ast.walk(statement)):
            return index - 1
    return len(block) - 1


def _reasons(block: Block, verdict: Verdict) -> Iterator[str]:
    if not block.body:
        yield f"line {block.statement.lineno + 1} may fail while it hands it on"
        return
    first, last = block.body[0].lineno, last_line(block.end)
    for leak in leaks_before_handoff(verdict.call, verdict.summary):
        if not first <= leak.line <= last:
            yield f"line {leak.line} may fail where it is handed on, or before"
    for node in rebindings(block.body, block.name):
        yield f"'{block.name}' is bound again on line {node.lineno}"
    for inner in (inner for one in block.body for inner in walk_scope(one)):
        if isinstance(inner, (ast.Yield, ast.YieldFrom)):
            yield f"line {inner.lineno} yields before it is handed on"
