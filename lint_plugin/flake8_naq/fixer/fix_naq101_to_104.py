"""NAQ101 to NAQ104: a connection that is opened by hand becomes the block of its context manager."""

from __future__ import annotations

import ast

from flake8_naq.dataflow.verdict import Verdict
from flake8_naq.facts.module import FunctionFacts
from flake8_naq.fixer.acquisition_plan import acquisition_plan, releases_of
from flake8_naq.fixer.apply import applied
from flake8_naq.fixer.drained_try import drained_try, without_try
from flake8_naq.fixer.entered_later import entered_later_plan
from flake8_naq.fixer.fix_naq302 import constructor_plan
from flake8_naq.fixer.handed_on import handed_on_plan
from flake8_naq.fixer.hoist import as_one_edit, hoisted, only_raises_unbound, rest_of_finally
from flake8_naq.fixer.kept_open import kept_open_plan
from flake8_naq.fixer.made_before import made_before_plan
from flake8_naq.fixer.model import CannotFix, Plan
from flake8_naq.fixer.releases import Release
from flake8_naq.fixer.server_config import constructor_of
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.rules.lifetime import Acquired


def managed(snapshot: Snapshot, acquired: Acquired | None) -> Plan:
    """The plan for an acquisition, which takes releases of an unbound name (NAQ104) away with it.

    CannotFix with the reason where there is none.
    """
    if acquired is None:
        raise CannotFix("it is opened or kept elsewhere")
    function, verdict = acquired
    factory = verdict.summary.origin.factory
    if factory is not None and factory.held is not None:
        raise CannotFix(f"'{factory.name}' returns it inside a container or an object")
    if verdict.before_handoff:
        return handed_on_plan(snapshot, function, verdict)
    releases = releases_of(snapshot, function, verdict)
    around = (
        kept_open_plan(snapshot, function, verdict)
        or entered_later_plan(snapshot, function, verdict)
        or made_before_plan(snapshot, function.scope.node, verdict, releases)
    )
    if around is not None:
        return around
    moved = _above_its_try(snapshot, verdict, releases) or _drained_at_end(snapshot, verdict, releases)
    plan, changes_constructor = moved or acquisition_plan(snapshot, function, verdict)
    return _with_constructor(snapshot, function, plan) if changes_constructor else plan


def _with_constructor(snapshot: Snapshot, function: FunctionFacts, plan: Plan) -> Plan:
    """Return the plan with the change of the `__init__` of the class around, if it has one."""
    scope = function.scope.enclosing_class
    owner = scope.node if scope is not None else None
    init = constructor_of(owner) if isinstance(owner, ast.ClassDef) else None
    if not isinstance(owner, ast.ClassDef) or init is None:
        return plan
    init_plan = constructor_plan(snapshot, owner, init)
    caveats = (*plan.caveats, *init_plan.caveats)
    return Plan((*plan.edits, *init_plan.edits), plan.needs | init_plan.needs, caveats)


def _above_its_try(snapshot: Snapshot, verdict: Verdict, releases: list[Release]) -> tuple[Plan, bool] | None:
    """Return the plan with the acquisition above the try around it, where that keeps the order of its finally."""
    statement = snapshot.tree.statement(verdict.call)
    units = {one.unit for one in releases if one.closes}
    rest = rest_of_finally(snapshot.tree, statement, units)
    later = hoisted(snapshot, statement) if rest is not None else None
    if rest is None or later is None:
        return None
    caveat = f"where the acquisition fails, line {rest.lineno} of the finally would not run"
    caveats = () if only_raises_unbound(snapshot.tree, statement, rest) else (caveat,)
    return _planned_in(snapshot, later, statement.lineno - 1, caveats)  # its lines moved above that of the try


def _drained_at_end(snapshot: Snapshot, verdict: Verdict, releases: list[Release]) -> tuple[Plan, bool] | None:
    """Return the plan with the drain of a finally at the end of the block."""
    node = drained_try(snapshot.tree, verdict, releases)
    if node is None:
        return None
    line = node.finalbody[0].lineno
    caveat = f"where an exception leaves the block, it is closed without the drain of line {line}"
    return _planned_in(snapshot, without_try(snapshot, node), snapshot.tree.statement(verdict.call).lineno, (caveat,))


def _planned_in(snapshot: Snapshot, later: Snapshot, line: int, caveats: tuple[str, ...]) -> tuple[Plan, bool] | None:
    """Return the plan for the acquisition on a line of another version, as the plan of this version."""
    for function in later.facts.functions:
        for verdict in function.verdicts:
            if later.tree.statement(verdict.call).lineno == line:
                plan, changes_constructor = acquisition_plan(later, function, verdict)
                edit = as_one_edit(snapshot.source, applied(later.concrete, list(plan.edits)))
                return Plan((edit,), plan.needs, (*caveats, *plan.caveats)), changes_constructor
    return None
