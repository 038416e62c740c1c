"""NAQ101 to NAQ104: a connection that is opened by hand becomes the block of its context manager."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.edits.apply import Overlap, applied, difference
from flake8_naq.edits.hoisted import hoisted
from flake8_naq.edits.model import CannotFix
from flake8_naq.edits.shared_lines import SharedLine, split
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.fixer.acquisition import Acquisition, acquisition_of, lines_of, needs_finally
from flake8_naq.fixer.block import Block
from flake8_naq.fixer.block_edits import block_plan
from flake8_naq.fixer.block_planner import BlockPlanner
from flake8_naq.fixer.caveats import caveats_of, does_more
from flake8_naq.fixer.close_order import Other
from flake8_naq.fixer.closing_try import (
    close_in_finally,
    end_with_moved,
    handed_on_plan,
    logs_behind,
    moved_release,
    without_loss,
)
from flake8_naq.fixer.existing_blocks import entered_later_plan, kept_open_plan
from flake8_naq.fixer.inner_block import before_closes_plan, inner_block_plan
from flake8_naq.fixer.model import Plan
from flake8_naq.fixer.outlives import held_names
from flake8_naq.fixer.own_manager import enter_own_manager
from flake8_naq.fixer.probe import chained_plan
from flake8_naq.fixer.releases import Release, Releases
from flake8_naq.fixer.tries_around import drained_try, made_before_plan, only_raises_unbound, rest_of_finally
from flake8_naq.prescan.owner_classes import EXITS
from flake8_naq.rules.lifetime import Acquired
from flake8_naq.syntax.tree import Place, Tree, is_simple, last_line, names_in, rebinds


@dataclass(frozen=True, slots=True)
class Entry:
    """How a block is entered. `replaces` says that a call of another function takes the place of the acquisition.

    The end of such a block drains the resource, too.
    """

    enter: Callable[[Block, FunctionFacts, Verdict], None]
    replaces: bool = False


def managed(snapshot: Snapshot, acquired: Acquired | None) -> Plan:
    """The plan for an acquisition, which takes releases of an unbound name (NAQ104) away with it.

    CannotFix with the reason where there is none.
    """
    return managed_by(_OWN, snapshot, acquired)


def managed_by(entry: Entry, snapshot: Snapshot, acquired: Acquired | None) -> Plan:
    """The plan for an acquisition whose block is entered in that way; CannotFix with the reason where there is none."""
    if acquired is None:
        raise CannotFix("it is opened or kept elsewhere")
    try:
        return _planned(entry, snapshot, *acquired)
    except SharedLine as refusal:
        plan = _split_plan(entry, snapshot, acquired[1].call, refusal.line)
        if plan is None or plan.caveats:  # these would name lines of the text with more lines
            raise
        return plan


def _split_plan(entry: Entry, snapshot: Snapshot, call: ast.Call, line: int) -> Plan | None:
    """Return the plan with that line broken before each of its statements; None where there is none."""
    later = split(snapshot, line)
    if later is None:
        return None
    number = list(ast.walk(snapshot.module)).index(call)
    same = next(islice(ast.walk(later.module), number, None))
    with suppress(CannotFix):
        return _planned_later(entry, snapshot, later, lambda one: one.call is same)
    return None


def _planned_later(entry: Entry, snapshot: Snapshot, later: Snapshot, is_it: Callable[[Verdict], bool]) -> Plan | None:
    """Return the plan for an acquisition of another version of the file, as a plan for this one."""
    for acquired in (Acquired(one, verdict) for one in later.facts.functions for verdict in one.verdicts):
        if is_it(acquired.verdict):
            plan = managed_by(entry, later, acquired)
            with suppress(Overlap):
                edit = difference(snapshot.source, applied(later.concrete, list(plan.edits)))
                return Plan((edit,), plan.needs, plan.caveats)
    return None


def _planned(entry: Entry, snapshot: Snapshot, function: FunctionFacts, verdict: Verdict) -> Plan:
    factory = verdict.summary.origin.factory
    if factory is not None and factory.held is not None:
        raise CannotFix(f"'{factory.name}' returns it inside a container or an object")
    if verdict.before_handoff:
        return handed_on_plan(snapshot, function, verdict, replaced=entry.replaces)
    entered = kept_open_plan(snapshot, function, verdict) or entered_later_plan(snapshot, function, verdict)
    if entered is not None or entry.replaces:
        return entered or _plan(entry, snapshot, function, verdict)
    try:
        plan = _plan(entry, snapshot, function, verdict)
    except CannotFix:
        inner = _inner_plan(snapshot, function, verdict)
        if inner is None:
            raise
        return inner
    return plan if not plan.caveats else _inner_plan(snapshot, function, verdict) or plan


def _inner_plan(snapshot: Snapshot, function: FunctionFacts, verdict: Verdict) -> Plan | None:
    """Return the plan with a block that begins below the acquisition; None where there is none."""
    for planned in (inner_block_plan, before_closes_plan):
        with suppress(CannotFix):
            return planned(snapshot, function, verdict)
    return None


def _plan(entry: Entry, snapshot: Snapshot, function: FunctionFacts, verdict: Verdict) -> Plan:
    """Return the plan for an acquisition that no block enters yet; CannotFix if there is none."""
    found = acquisition_of(snapshot, function, verdict, replaced=entry.replaces)
    place = snapshot.tree.place(found.statement)
    seen = {node for one in found.verdicts for node in (*one.summary.released, *one.summary.nodes(Event.UNAWAITED))}
    releases = Releases(snapshot, function, verdict.summary.origin.resource, found.name)
    last = _last_before_reuse(place, found.name)
    released = releases.find(seen, *place.block[place.index + 1 : last + 1])
    around = made_before_plan(snapshot, function, verdict, released)
    around = around or _hoisted_plan(entry, snapshot, verdict, released)
    if around is not None:
        return around
    removed = [one for one in released if one.closes or (entry.replaces and one.is_method_call)]
    kept = [one for one in released if one not in removed]
    for reason in _reasons(snapshot.tree, function, found, removed, kept):
        raise CannotFix(reason)
    others = _other_releases(snapshot.tree, function, found)
    logs = logs_behind(snapshot.tree, place, removed) if not entry.replaces else ()
    told = logs and verdict.summary.origin.resource.close_fails  # behind a close that may fail: a block logs then, too
    by_hand = removed and not entry.replaces and (told or needs_finally(found.statement, verdict))
    moved = moved_release(snapshot.tree, place, removed) if by_hand else None  # no manager closes it
    removed = without_loss(moved, removed) if moved is not None else removed
    block = Block(snapshot, place, last, found.name, close_fails=verdict.summary.origin.resource.close_fails)
    closes = {ast.unparse(one.unit) for one in removed} == {f"{found.name}.close()"}
    block.only_closes = closes and does_more(verdict, removed) != ""
    drained = drained_try(snapshot.tree, verdict, released)
    if drained is not None:
        line = drained.finalbody[0].lineno
        block.unwrapped = drained
        block.caveats.append(f"where an exception leaves the block, it is closed without the drain of line {line}")
    block.removed.update(logs)
    BlockPlanner(block, others, held_names(block, function, verdict)).build(removed, kept)
    if logs and block.end is not snapshot.tree.place(logs[0]).owner:
        raise CannotFix(f"line {logs[0].lineno} comes before the release on line {last_line(block.end)}")
    block.final = (*((moved.unit, *moved.waits) if moved is not None else ()), *logs)
    _take_end(block, kept)
    for one in found.verdicts:
        block.caveats += caveats_of(block, function, one, removed)
    entry.enter(block, function, verdict)
    earlier = block.flow.overwritten(block.statement, block.removed) if not block.below else None
    if earlier is not None:
        raise CannotFix(f"nothing reads the value that line {earlier.lineno} assigns to '{block.name}'")
    if verdict.outcome is not Outcome.NEVER_CLOSED and _is_probe(block, kept):
        return chained_plan(block, verdict, removed)
    return block_plan(block)


def _last_before_reuse(place: Place, name: str) -> int:
    """Return the index of the last statement in which the name holds what is acquired."""
    for index, statement in enumerate(place.block[place.index + 1 :], place.index):
        if rebinds(statement, name):
            return index
    return len(place.block) - 1


def _take_end(block: Block, kept: list[Release]) -> None:
    """Let a block that would be empty hold the `return True` or `break` behind it: `async with connect(url): break`."""
    behind = block.place.block[block.last + 1 :]
    if _is_probe(block, kept) and behind and isinstance(behind[0], (ast.Return, ast.Break, ast.Continue)):
        if is_simple(getattr(behind[0], "value", None)) and not any(names_in(behind[0], block.name)):
            block.last += 1


def _is_probe(block: Block, kept: list[Release]) -> bool:
    """Return whether the resource is closed as soon as it is open: no block says that more clearly."""
    drains = {one.unit for one in kept}
    return all(one in drains or isinstance(one, ast.Pass) for one in block.kept(block.unwrapped_body))


def _hoisted_plan(entry: Entry, snapshot: Snapshot, verdict: Verdict, releases: list[Release]) -> Plan | None:
    """Return the plan with the acquisition above the try around it, where that keeps the order of its finally."""
    statement = snapshot.tree.statement(verdict.call)
    rest = rest_of_finally(snapshot.tree, statement, {one.unit for one in releases if one.closes})
    later = hoisted(snapshot, statement) if rest is not None else None
    if rest is None or later is None:
        return None
    line = statement.lineno - 1  # its lines moved above that of the try
    plan = _planned_later(entry, snapshot, later, lambda one: later.tree.statement(one.call).lineno == line)
    if plan is None or only_raises_unbound(snapshot.tree, statement, rest):
        return plan
    caveat = f"where the acquisition fails, line {rest.lineno} of the finally would not run"
    return replace(plan, caveats=(caveat, *plan.caveats))


def _reasons(
    tree: Tree, function: FunctionFacts, found: Acquisition, removed: list[Release], kept: list[Release]
) -> Iterator[str]:
    """Yield why the releases cannot be replaced by the end of a block."""
    calls = {one.call for one in (*removed, *kept)}
    mine = {one.summary.origin.call for one in found.verdicts}
    others = (one for one in function.summaries if one.origin.call not in mine)
    for summary in others:
        if calls & summary.released:
            yield f"its release is shared with what is acquired on line {lines_of(summary.acquired)}"
    drains = [one.call.lineno for one in removed if not one.closes]
    closes = [one.call.lineno for one in removed if one.closes]
    if drains and closes and min(closes) < max(drains):
        yield f"it is drained on line {drains[0]}, where it may be closed already"
    if not calls and any(one.outcome is not Outcome.NEVER_CLOSED for one in found.verdicts):
        yield "its release is not recognised"
    awaited = found.verdicts[0].summary.origin.resource.awaited
    yield from (reason for one in kept for reason in _reasons_to_keep_out(tree, one, awaited))


def _reasons_to_keep_out(tree: Tree, release: Release, awaited: frozenset[str]) -> Iterator[str]:
    """Yield why a release that does not close cannot stay in the block of a manager."""
    line = release.call.lineno
    if not release.is_method_call:
        yield f"'{ast.unparse(release.call.func)}' on line {line} releases it and may do more"
    method = release.call.func.attr if isinstance(release.call.func, ast.Attribute) else ""
    if method in EXITS:
        yield f"'{method}' on line {line} is what the end of a block calls"
    if method in awaited and not isinstance(tree.parents[release.call], ast.Await):
        yield f"line {line} is not awaited"


def _other_releases(tree: Tree, function: FunctionFacts, found: Acquisition) -> dict[ast.stmt, Other]:
    """Return the statements that release other resources."""
    mine = [one.summary for one in found.verdicts]
    others = [one for one in function.summaries if one.acquired and not any(one is summary for summary in mine)]
    reported = {verdict.call for verdict in function.verdicts if verdict.outcome is not Outcome.FINE}
    made = {}
    for one in others:
        is_alike, has_finding = all(_close_in_any_order(one, my) for my in mine), not reported.isdisjoint(one.acquired)
        for statement in map(tree.statement, one.released):
            in_any_order = is_alike and _only_closes(statement)
            made[statement] = Other(one.acquired[0].lineno, in_any_order, has_finding)
    return made


def _only_closes(statement: ast.stmt) -> bool:
    """Whether the statement is `name.close()`, and does not open what it closes."""
    return re.fullmatch(r"\w+\.\w+\(\)", ast.unparse(statement)) is not None


def _close_in_any_order(one: AcquisitionSummary, other: AcquisitionSummary) -> bool:
    """Whether neither close can tell if the other comes first: of two files, and not of one that is opened twice."""
    if not (one.origin.resource.closes_alone and other.origin.resource.closes_alone):
        return False
    opened = [{ast.dump(call.args[0]) if call.args else "" for call in each.acquired} for each in (one, other)]
    return opened[0].isdisjoint(opened[1])


def _enter(block: Block, function: FunctionFacts, verdict: Verdict) -> None:
    if verdict.outcome is not Outcome.NEVER_CLOSED and block.use_after() is not None:
        _check_later(block)
    if needs_finally(block.statement, verdict) or (block.final and block.close_fails):
        close_in_finally(block, verdict)
    else:
        enter_own_manager(block, function, verdict)
        if block.final:
            block.around = "try:"
            end_with_moved(block)


_OWN = Entry(_enter)


def _check_later(block: Block) -> None:
    """Uses after the release are as they were, unless the try around has handlers that could now see it closed."""
    around = block.enclosing_try
    clauses = [*around.handlers, *around.orelse, *around.finalbody] if around is not None else []
    inside = [block.statement, *block.body, *block.removed, *block.asked]
    for node in (node for clause in clauses for node in names_in(clause, block.name)):
        if not block.snapshot.tree.is_inside(node, inside):
            raise CannotFix(f"the name '{block.name}' is used after the block, on line {node.lineno}")
