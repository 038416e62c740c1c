"""Releases that may not have happened: those of a function that closes on some of its ways, and those of a task."""

from __future__ import annotations

import ast

from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.callees import Effect
from flake8_naq.syntax.callees import keyed_arguments


def may_be_open_still(facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary) -> bool:
    """Return whether a release is that of some ways only, or of a task: then a use or a close behind it may be right."""
    resource = summary.origin.resource
    releases = summary.released | summary.nodes(Event.RELEASED_MANAGED)
    if any(isinstance(node, ast.Call) and runs_beside_others(facts, function, node) for node in releases):
        return True
    return any(
        facts.callees.effect(node, key, function.names, resource) is Effect.MAY_RELEASE
        for node in summary.released
        if isinstance(node, ast.Call)
        for key, argument in keyed_arguments(node)
        if isinstance(argument, (ast.Name, ast.Attribute))
    )


def runs_beside_others(facts: ModuleFacts, function: FunctionFacts, node: ast.Call) -> bool:
    """Return whether the call is a task: its release ends what other tasks wait for, as in `gather(send(ws), receive(ws))`."""
    around, calls = facts.parents.parents[node], facts.catalogue.calls
    if not isinstance(around, ast.Call):
        return False
    method = around.func.attr if isinstance(around.func, ast.Attribute) else ""
    scheduled = method in calls.pass_through_methods and method not in calls.awaiting_methods
    return scheduled or function.names.of(around.func) in calls.gathering | calls.tasks
