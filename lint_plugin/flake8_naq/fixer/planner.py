"""The plan for one finding: asked of the function of the fixer that the finding's rule names."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from flake8_naq.fixer.model import CannotFix, Plan
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.model import Finding
from flake8_naq.rules import rule_of
from flake8_naq.rules.base import Fix

Planner = Callable[[Snapshot, Any], Plan]  # the rule's own subject


def plan_for(snapshot: Snapshot, finding: Finding) -> Plan:
    """The plan for a finding; CannotFix with the reason where there is none."""
    rule = rule_of(finding.code)
    if rule is None or rule.fix is None:
        raise CannotFix("there is no fix for this rule")
    if snapshot.text.silenced(finding.line):
        raise CannotFix(f"line {finding.line} is under noqa")
    return planner_of(rule.fix)(snapshot, snapshot.reports[finding].subject)


@cache
def planner_of(fix: Fix) -> Planner:
    """The function that a rule names; ImportError or AttributeError where there is none of that name."""
    module, _, name = fix.planner.rpartition(".")
    planner: Planner = getattr(import_module(f"flake8_naq.fixer.{module}"), name)
    return planner


def share_fix(one: str, other: str) -> bool:
    """Whether two codes are the same, or are planned by the same function."""
    first, second = rule_of(one), rule_of(other)
    if first is None or second is None or first.fix is None or second.fix is None:
        return one == other
    return first.fix.planner == second.fix.planner
