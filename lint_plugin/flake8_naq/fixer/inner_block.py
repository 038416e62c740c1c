"""A block some way below the acquisition: around what is in front of the release, where only that leaves it open.

    connection = sqlite3.connect(path)
    try:
        with contextlib.closing(connection):
            check(connection)
    except sqlite3.Error:
        return "invalid"

A block from the acquisition on would close after the handlers, and after what else follows the release. This one closes
where the release is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import takewhile

from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.edits.checks import check_bound_once
from flake8_naq.edits.model import CannotFix
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.fixer.acquisition import acquisition_of
from flake8_naq.fixer.block import Block
from flake8_naq.fixer.block_edits import block_plan
from flake8_naq.fixer.model import Plan
from flake8_naq.fixer.own_manager import enter_below
from flake8_naq.fixer.releases import Release, Releases
from flake8_naq.syntax.nodes import without_await
from flake8_naq.syntax.tree import Place, Tree, first_line, last_line, names_in


def inner_block_plan(snapshot: Snapshot, function: FunctionFacts, verdict: Verdict) -> Plan:
    """Return the plan for a resource that only exceptions leave open; CannotFix where no block around them is right."""
    if verdict.outcome is not Outcome.LEAKS:
        raise CannotFix("no exception leaves it open")
    found = acquisition_of(snapshot, function, verdict, replaced=False)
    start, name = _start(snapshot.tree, found.statement), found.name
    release = _only_release(snapshot, function, verdict, name, start)
    place = snapshot.tree.place(release.unit)
    # What is around a block that begins its suite is taken from another statement of that suite: the indentation.
    block = Block(snapshot, Place(place.owner, place.field, place.block, -1), place.index, name)
    block.first = snapshot.concrete.with_comments(first_line(place.block[0]))
    block.removed = {release.unit, *release.waits}
    behind = _reasons_behind(block, start.block[start.index + 1 :], found.statement.lineno, release)
    for reason in (*_reasons(block, verdict, start, release), *behind):
        raise CannotFix(reason)
    enter_below(block, function, verdict)
    plan = block_plan(block)
    if plan.caveats:
        raise CannotFix(plan.caveats[0])
    return plan


def before_closes_plan(snapshot: Snapshot, function: FunctionFacts, verdict: Verdict) -> Plan:
    """Return the plan for what a finally closes before it closes others: a block of all that is in its try.

    The others are closed behind it, as they were, and also where its close fails. CannotFix for any other finally.
    """
    found = acquisition_of(snapshot, function, verdict, replaced=False)
    start = snapshot.tree.place(found.statement)
    release = _only_release(snapshot, function, verdict, found.name, start)
    owner = snapshot.tree.parents[release.unit]
    if verdict.outcome is not Outcome.HAND_CLOSED or not _closes_first(owner, release, found.name):
        raise CannotFix(f"line {release.unit.lineno} is not the first of several closes in a finally")
    assert isinstance(owner, ast.Try), "it has a finally"
    block = Block(snapshot, Place(owner, "body", owner.body, -1), len(owner.body) - 1, found.name, {release.unit})
    block.first = snapshot.concrete.with_comments(first_line(owner.body[0]))
    enter_below(block, function, verdict)
    return block_plan(block)


def _closes_first(owner: ast.AST, release: Release, name: str) -> bool:
    """Whether a try without handlers closes first this, and then nothing but others."""
    match owner:
        case ast.Try(handlers=[], finalbody=[first, _, *_] as final) if first is release.unit:
            calls = [without_await(one.value) for one in final if isinstance(one, ast.Expr)]
            called = [one.func for one in calls if isinstance(one, ast.Call) and not one.args and not one.keywords]
            closes = [one for one in called if isinstance(one, ast.Attribute) and one.attr in ("close", "aclose")]
            return len(closes) == len(final) and not any(any(names_in(one, name)) for one in final[1:])
    return False


def _start(tree: Tree, statement: ast.stmt) -> Place:
    """Return the place that is followed by what runs after the acquisition: an `else`, where a try ends with it."""
    place = tree.place(statement)
    match place.owner:
        case ast.Try(orelse=[_, *_] as behind) as owner if owner.body[-1] is statement:
            return Place(owner, "orelse", behind, -1)
    return place


def _only_release(snapshot: Snapshot, function: FunctionFacts, verdict: Verdict, name: str, start: Place) -> Release:
    """Return the release; CannotFix where it is not the only one, or is more than a statement that closes."""
    releases = Releases(snapshot, function, verdict.summary.origin.resource, name)
    match releases.find(verdict.summary.released, *start.block[start.index + 1 :]):
        case [Release(unit=ast.Expr(), caveats=(), closes=True) as release]:
            return release
    raise CannotFix("it is released in several ways")


def _reasons(block: Block, verdict: Verdict, start: Place, release: Release) -> Iterator[str]:
    """Yield why the block does not close on all ways on which the resource is left open, or closes on others."""
    tree, line = block.snapshot.tree, release.unit.lineno
    around = list(takewhile(lambda one: one is not start.owner, tree.ancestors(release.unit)))
    fields = (tree.place(one).field for one in (release.unit, *around)[:-1] if isinstance(one, ast.stmt))
    if not (around or start.index < 0) or not all(isinstance(one, ast.Try) for one in around) or "orelse" in fields:
        yield f"line {line} is not always reached"
    if around and around[-1] not in start.block[start.index + 1 :]:
        yield f"it is released on line {line}, outside of the block in which it is acquired"
    before = [leak.line for leak in verdict.summary.leaks if leak.line < block.first]
    if not any(next(names_in(one, block.name), None) for one in block.kept(block.body)):
        yield f"nothing in front of line {line} uses it"
    if before or tree.is_left_by_jump(block.body):
        yield f"line {block.first} is not the first that leaves it open, or leaves it so on purpose"


def _reasons_behind(block: Block, behind: list[ast.stmt], first: int, release: Release) -> Iterator[str]:
    """Yield what would find it closed behind an exception; `behind` follows the acquisition, on line `first`."""
    tree, last = block.snapshot.tree, last_line(release.unit)
    check_bound_once(behind, block.name)
    above = [one for one in names_in(block.function, block.name) if first <= one.lineno <= last]
    if any(tree.function(one) is not block.function for one in above):
        yield f"a nested function uses '{block.name}'"
    reader = block.flow.reader(release.unit, above)
    if reader is not None:
        yield f"line {reader.lineno} may use it after the release on line {last}"
