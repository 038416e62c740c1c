"""NAQ101 to NAQ104: a connection that is opened by hand becomes the block of its context manager."""

from __future__ import annotations

import ast

from flake8_naq.analysis.module import FunctionFacts
from flake8_naq.analysis.ownership import Verdict
from flake8_naq.fixer.apply import applied
from flake8_naq.fixer.fix_naq101_to_104 import Lifetime
from flake8_naq.fixer.fix_naq302 import constructor_plan
from flake8_naq.fixer.hoist import as_one_edit, hoisted, rest_of_finally
from flake8_naq.fixer.model import Plan
from flake8_naq.fixer.server_config import constructor_of
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.rules.lifetime import Acquired


def managed(snapshot: Snapshot, acquired: Acquired) -> Plan:
    """The plan for an acquisition, which takes releases of an unbound name (NAQ104) away with it.

    CannotFix with the reason where there is none.
    """
    function, verdict = acquired
    lifetime = Lifetime(snapshot.facts, snapshot.tree, snapshot.text, snapshot.settings)
    above = _above_its_try(snapshot, lifetime, function, verdict)
    return _with_constructor(snapshot, *(above or lifetime.plan(function, verdict)))


def _above_its_try(
    snapshot: Snapshot, lifetime: Lifetime, function: FunctionFacts, verdict: Verdict
) -> tuple[Plan, ast.ClassDef | None] | None:
    """The plan with the acquisition above the try in which it stands, where that keeps the order of its finally."""
    statement = snapshot.tree.statement(verdict.call)
    rest = rest_of_finally(snapshot.tree, statement, lifetime.units(function, verdict))
    later = hoisted(snapshot, statement) if rest is not None else None
    if rest is None or later is None:
        return None
    line = snapshot.tree.parents[statement].lineno  # type: ignore[attr-defined]  # a try
    line += sum(1 for number in range(line + 1, statement.lineno))
    for one in later.facts.functions:
        for other in one.verdicts:
            if later.tree.statement(other.call).lineno == line:
                plan, owner = Lifetime(later.facts, later.tree, later.text, later.settings).plan(one, other)
                edit = as_one_edit(snapshot.source, applied(later.text, list(plan.edits)))
                caveat = f"where the acquisition fails, line {rest.lineno} of the finally would not run"
                return Plan((edit,), plan.needs, (caveat, *plan.caveats)), owner
    return None


def _with_constructor(snapshot: Snapshot, plan: Plan, owner: ast.ClassDef | None) -> Plan:
    """The plan together with the change of the constructor that it depends on."""
    init = constructor_of(owner) if owner is not None else None
    if owner is None or init is None:
        return plan
    other = constructor_plan(snapshot, owner, init)
    return Plan((*plan.edits, *other.edits), plan.needs | other.needs, (*plan.caveats, *other.caveats))
