"""The plan for one finding, by the function that its rule names, and which findings of a file have a plan at all."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any

from flake8_naq.edits.apply import applied, overlap, parsed
from flake8_naq.edits.checks import check_lines_not_silenced
from flake8_naq.edits.model import CannotFix, Edit
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.fixer.model import Plan
from flake8_naq.model import Finding, FixSafety, PlannedFix
from flake8_naq.project.settings import Settings
from flake8_naq.rules import all_rules, rule_of
from flake8_naq.rules.base import Fix

_UNSAFE_ALONG = "unsafe fixes remove it as well"
Planner = Callable[[Snapshot, Any], Plan]  # the rule's own subject


def plan_for(snapshot: Snapshot, finding: Finding) -> Plan:
    """The plan for a finding; CannotFix with the reason where there is none."""
    fix = _fix_of(finding.code)
    if fix is None:
        raise CannotFix("there is no fix for this rule")
    check_lines_not_silenced(snapshot.text, [finding.line])
    report = snapshot.reports[finding]
    return planner_of(report.fix or fix)(snapshot, report.subject)


def planned_fixes(
    facts: ModuleFacts, settings: Settings, path: str, findings: Sequence[Finding]
) -> dict[Finding, PlannedFix]:
    """Return the fix that each of `findings`, which follow from `facts`, can have; one without a fix is left out.

    It is known from the plan alone: nothing is applied and analysed again, so this costs little. `fix_source` goes
    further: it refuses a plan after which the file has a new finding, and fixes a finding whose plan becomes possible
    when another finding is fixed.
    """
    snapshot = Snapshot.of(facts, settings, path)
    plans = dict(_plans(snapshot, findings))
    planned = {one: PlannedFix(plan.safety, next(iter(plan.caveats), "")) for one, plan in plans.items()}
    # A finding that can go along with others is left out: its plan rewrites what the other plans take away.
    others = [plan for one, plan in plans.items() if not _along(one)]
    for safety, caveat in ((FixSafety.SAFE, ""), (FixSafety.UNSAFE, _UNSAFE_ALONG)):
        applicable = [plan for plan in others if safety is FixSafety.UNSAFE or plan.safety is FixSafety.SAFE]
        rest = [one for one in findings if one not in planned and _along(one)]
        planned.update(dict.fromkeys(_gone_along(snapshot, rest, applicable), PlannedFix(safety, caveat)))
    return planned


def _plans(snapshot: Snapshot, findings: Iterable[Finding]) -> Iterator[tuple[Finding, Plan]]:
    for finding in findings:
        with suppress(CannotFix):
            yield finding, plan_for(snapshot, finding)


def _gone_along(snapshot: Snapshot, findings: Sequence[Finding], plans: Sequence[Plan]) -> Iterator[Finding]:
    """Yield the findings that are gone after these plans; of plans that overlap, the first counts."""
    if not findings or not plans:
        return
    edits: set[Edit] = set()
    for plan in plans:
        if not overlap(edits | set(plan.edits)):
            edits |= set(plan.edits)
    try:
        after = parsed(applied(snapshot.concrete, list(edits)))
    except SyntaxError:
        return
    for finding in findings:
        is_gone: Callable[[Snapshot, object, ast.Module], bool] = _named(_along(finding))
        if is_gone(snapshot, snapshot.reports[finding].subject, after):
            yield finding


def _along(finding: Finding) -> str:
    """Return the name of the function that tells whether others take the finding away; empty for none."""
    fix = _fix_of(finding.code)
    return fix.along if fix is not None else ""


def _fix_of(code: str) -> Fix | None:
    rule = rule_of(code)
    return rule.fix if rule is not None else None


def planner_of(fix: Fix) -> Planner:
    """Return the function that a rule names; ImportError or AttributeError where there is none of that name."""
    planner: Planner = _named(fix.planner)
    return planner


@cache
def _named(dotted: str) -> Any:
    module, _, name = dotted.rpartition(".")
    return getattr(import_module(f"flake8_naq.{module}"), name)


def leftovers(snapshot: Snapshot, before: str) -> list[Edit]:
    """Return the edits that remove what fixes have written and then do not need; `before`: the text before them."""
    named = {rule.fix.afterwards for rule in all_rules() if rule.fix is not None and rule.fix.afterwards}
    found: list[Edit] = []
    for name in sorted(named):
        found += _named(name)(snapshot, before)
    return found


def share_fix(one: str, other: str) -> bool:
    """Whether two codes are the same, or are planned by the same function."""
    first, second = _fix_of(one), _fix_of(other)
    return one == other or (first is not None and second is not None and first.planner == second.planner)
