"""Blocks that enter a resource already, and so do not close it, or begin some lines after it was acquired."""

from __future__ import annotations

import ast

from flake8_naq.dataflow.observations import Event
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.edits.aligned import aligned
from flake8_naq.edits.checks import check_bound_once, check_local
from flake8_naq.edits.model import CannotFix, Edit, Need
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.fixer.acquisition import given_name
from flake8_naq.fixer.block import Block
from flake8_naq.fixer.block_edits import block_plan
from flake8_naq.fixer.block_planner import BlockPlanner
from flake8_naq.fixer.caveats import caveats_of
from flake8_naq.fixer.model import Plan
from flake8_naq.fixer.releases import Releases
from flake8_naq.rules.suggestion import spelled_wrapper
from flake8_naq.syntax.bindings import bindings
from flake8_naq.syntax.nodes import WITHS
from flake8_naq.syntax.tree import names_in, sets_none

_With = ast.With | ast.AsyncWith


def kept_open_plan(snapshot: Snapshot, function: FunctionFacts, verdict: Verdict) -> Plan | None:
    """Return the plan for an acquisition that a `with` enters without closing it; None for any other acquisition.

    A second manager closes it: `with contextlib.closing(sqlite3.connect(path)) as db, db:`. The inner manager goes on
    doing what it did, and the release that follows goes. Raises CannotFix where the resource has no name, or is used
    after the block.
    """
    statement = snapshot.tree.statement(verdict.call)
    if not isinstance(statement, WITHS) or not verdict.summary.saw(Event.KEPT_OPEN):
        return None
    item = next((one for one in statement.items if one.context_expr is verdict.call), None)
    if item is None:
        return None
    wrapper = spelled_wrapper(verdict.summary.origin.resource.manager, function.scope)
    if wrapper is None:
        raise CannotFix("no manager that closes it is known")
    if not isinstance(item.optional_vars, ast.Name):
        raise CannotFix("it has no name in its block")
    name, resource = item.optional_vars, verdict.summary.origin.resource
    call, bound = snapshot.text.span(verdict.call), snapshot.text.span(name)
    place = snapshot.tree.place(statement)
    block = Block(snapshot, place, len(place.block) - 1, name.id, close_fails=resource.close_fails)
    block.edits = [
        Edit(call.start, call.start, f"{wrapper.text}("),
        Edit(call.end, call.end, ")"),
        Edit(bound.end, bound.end, f", {name.id}"),
        *aligned(snapshot, verdict.call, verdict.call.lineno, len(wrapper.text) + 1),
    ]
    block.needs = {Need(wrapper.missing, "")} if wrapper.missing else set()
    if verdict.summary.released:
        _take_release(block, function, verdict)
    else:
        block.last = place.index
        block.caveats.append("it is closed at the end of the block, where it was not closed before")
    reader = block.use_after()
    if reader is not None:
        raise CannotFix(f"line {reader.lineno} uses '{name.id}' behind the block")
    return block_plan(block)


def _take_release(block: Block, function: FunctionFacts, verdict: Verdict) -> None:
    """Take away the releases that directly follow a block, or are in the finally of the try that ends with it."""
    tree = block.snapshot.tree
    for statement in map(tree.statement, bindings([block.function], block.name)):
        if statement is not block.statement and not sets_none(statement, block.name):
            raise CannotFix(f"'{block.name}' is bound again on line {statement.lineno}")
    for node in names_in(verdict.call, block.name):
        raise CannotFix(f"line {node.lineno} uses '{block.name}' before the block binds it")
    if any(not leak.exceptional for leak in verdict.summary.leaks):
        raise CannotFix("a way out of the block leaves it open")
    releases = Releases(block.snapshot, function, verdict.summary.origin.resource, block.name)
    removed = releases.find(verdict.summary.released)
    if not all(one.closes for one in removed):
        raise CannotFix("it is released in several ways")
    BlockPlanner(block, {}, {block.name}).build(removed, [])
    for one in block.kept(block.body):
        raise CannotFix(f"line {one.lineno} comes before the release")
    block.caveats += caveats_of(block, function, verdict, removed)


def entered_later_plan(snapshot: Snapshot, function: FunctionFacts, verdict: Verdict) -> Plan | None:
    """Return the plan for a resource that a later block of the same level enters; None where there is no such block.

    `server = await start_server(...)`, `print(server.sockets)`, `async with server:` is open without an owner for one
    line: the block begins at once, and holds these lines.

    Raises CannotFix where the lines between cannot go into that block.
    """
    if verdict.outcome is not Outcome.LEAKS or not verdict.summary.saw(Event.MANAGED):
        return None
    statement = snapshot.tree.statement(verdict.call)
    name, place = given_name(statement, verdict), snapshot.tree.place(statement)
    later = place.block[place.index + 1 :]
    entered = next((one for one in later if isinstance(one, WITHS) and _enters(one, name)), None)
    if name is None or entered is None:
        return None
    header = snapshot.text.line(entered.lineno).strip()
    block = Block(snapshot, place, place.block.index(entered), name, unwrapped=entered, below=header)
    _check(block, function, verdict, entered)
    return block_plan(block)


def _enters(block: _With, name: str | None) -> bool:
    """Whether a block enters what the name holds, and nothing else."""
    return [ast.unparse(one) for one in block.items] == [name]


def _check(block: Block, function: FunctionFacts, verdict: Verdict, entered: _With) -> None:
    """Raise CannotFix where the statements above the block that is `entered` cannot go into it."""
    check_local(function.scope.node, [block.name])
    for leak in verdict.summary.leaks:
        if not leak.exceptional:
            raise CannotFix(f"line {leak.line} leaves before line {entered.lineno} enters it")
    between = block.body[:-1]
    check_bound_once(between, block.name)
    if any(node in verdict.summary.released for one in between for node in ast.walk(one)):
        raise CannotFix(f"it is released above line {entered.lineno}")
    if entered.body[0].lineno != entered.lineno + 1:
        raise CannotFix(f"the header of line {entered.lineno} is not followed by its block")
