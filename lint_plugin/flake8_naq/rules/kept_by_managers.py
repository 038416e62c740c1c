"""Resources that a context manager of the file keeps on an object of others, and leaves open behind its `yield`.

Such as the lifespan of a web application: it opens `app.state.nc` before the `yield`, and the code behind the `yield` is
where the application ends.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.managers import ends, is_manager
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.nested_opening import opening_calls
from flake8_naq.facts.other_modules import ReachedAttribute
from flake8_naq.prescan.opening import outlives
from flake8_naq.rules.attribute_names import OWN
from flake8_naq.rules.attribute_releases import is_released_elsewhere
from flake8_naq.rules.outer_names import CLOSED
from flake8_naq.rules.unnamed_attributes import is_named_after_release
from flake8_naq.syntax.bindings import assignments
from flake8_naq.syntax.nodes import dotted

_GIVEN_ON: Final = (Event.CLEANUP_REGISTERED, Event.OUTLIVES_BLOCK, Event.ESCAPE_SITE)
_ANY_ATTRIBUTE: Final = ("__dict__", "_state", "vars", "setattr")  # ways to an attribute without its name


class KeptByManager(NamedTuple):
    """An acquisition that the context manager `manager` keeps as `path`: `app.state.nc`."""

    call: ast.Call
    resource: Resource
    path: str
    manager: str


def kept_by_managers(facts: ModuleFacts) -> Iterator[KeptByManager]:
    """Yield the acquisitions of context managers on objects of others that no code of the file may close."""
    for function in facts.functions:
        stored = [one for one in function.summaries if _is_only_stored(one)]
        if not stored or not is_manager(function.scope, facts.catalogue):
            continue
        for summary in stored:
            path = _path(summary)
            if path and _is_left_open(facts, function, path, summary.origin.resource):
                resource = summary.origin.resource
                opened = summary.acquired or opening_calls(function.scope.node, path, resource)
                for call in (one for one in opened if ends(function.scope, facts.catalogue, path, one)):
                    yield KeptByManager(call, resource, path, function.scope.qualname)


def _is_only_stored(summary: AcquisitionSummary) -> bool:
    resource = summary.origin.resource
    if not summary.saw(Event.STORED) or summary.saw(*_GIVEN_ON, *CLOSED) or not summary.complete:
        return False
    return not resource.process_lived and not any(outlives(resource, call) for call in summary.acquired)


def _path(summary: AcquisitionSummary) -> str:
    """Return the one attribute that has the resource, as it is written; empty if more than that or a method may have it."""
    targets = [target for node in summary.nodes(Event.STORED) for one in assignments(node) for target in one.targets]
    paths = {dotted(one) if isinstance(one, ast.Attribute) else "" for one in targets}
    path = paths.pop() if len(paths) == 1 else ""
    return path if path.partition(".")[0] not in OWN else ""


def _is_left_open(facts: ModuleFacts, function: FunctionFacts, path: str, resource: Resource) -> bool:
    """Return whether no code may close the attribute by its name, and no other code gets the object that has it."""
    attribute = path.rpartition(".")[2]
    if facts.closes_for_process(resource) or any(_may_find(node, attribute) for node in facts.nodes(facts.tree)):
        return False
    if is_released_elsewhere(facts, attribute, resource):
        return False
    nodes = facts.nodes(function.scope.node)
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    if any(isinstance(one.func, ast.Name) and is_named_after_release(one.func) for one in calls):
        return False
    looked_up = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    holders = (node for node in nodes if isinstance(node, (ast.Name, ast.Attribute)) and id(node) not in looked_up)
    if any(path.startswith(f"{dotted(node)}.") for node in holders):
        return False
    holder = path.split(".")[-2]
    return not facts.others.may_release(ReachedAttribute(attribute, holder, resource.last_methods))


def _may_find(node: ast.AST, attribute: str) -> bool:
    """Return whether the node may lead to the attribute by its name as a text, as `getattr` does, or by no name."""
    if isinstance(node, ast.Constant):
        return bool(node.value == attribute)
    return isinstance(node, (ast.Name, ast.Attribute)) and dotted(node).rpartition(".")[2] in _ANY_ATTRIBUTE
