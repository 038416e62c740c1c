"""Releases that may not have happened: a function of the project gets the resource, and closes it on some of its ways."""

from __future__ import annotations

import ast

from flake8_naq.dataflow.observations import AcquisitionSummary
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.callees import Effect
from flake8_naq.syntax.callees import keyed_arguments


def may_be_open_still(facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary) -> bool:
    """Return whether a release is that of some ways only: then a use or a close behind it may be right."""
    resource = summary.origin.resource
    return any(
        facts.callees.effect(node, key, function.names, resource) is Effect.MAY_RELEASE
        for node in summary.released
        if isinstance(node, ast.Call)
        for key, argument in keyed_arguments(node)
        if isinstance(argument, (ast.Name, ast.Attribute))
    )
