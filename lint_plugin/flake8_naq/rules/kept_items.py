"""Containers in which a class or a function keeps resources that nothing closes: `self.clients[name] = nc`.

The container is a list, a dictionary or the like that the class or the function makes itself. Every use of it has to be
one that surely closes nothing: a look at its length or its keys, a read of an attribute of an item, the removal of an item.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.run_calls import run_later
from flake8_naq.rules.attribute_releases import bases_may_release
from flake8_naq.rules.attributes import is_closed_here
from flake8_naq.rules.container_uses import ContainerUses, container_of, place_of
from flake8_naq.rules.lent_to_tasks import is_silent, only_uses
from flake8_naq.rules.lost_items import filled_by_displays
from flake8_naq.rules.replaced import is_replaced
from flake8_naq.syntax.bindings import plain_assignment
from flake8_naq.syntax.names import Scope
from flake8_naq.syntax.nodes import FUNCTIONS, dotted


class KeptItem(NamedTuple):
    """An acquisition that is kept as an item of `container`: `self.clients`, of a class, or a list of a function."""

    call: ast.Call
    resource: Resource
    container: str
    owner: Scope


def never_released_items(facts: ModuleFacts, *, of_classes: bool) -> Iterator[KeptItem]:
    """Yield the acquisitions that are kept in one container alone, and that nothing in the file may release.

    Those `of_classes`, in containers of `self`, or the others, in containers of functions.
    """
    if not of_classes:
        yield from _gathered(facts)
    for function in facts.functions:
        owner = function.scope.enclosing_class if of_classes else function.scope
        fine = {one.call: one for one in function.verdicts if is_silent(function, one)} if owner is not None else {}
        for summary in function.summaries if fine else ():
            container = container_of(summary)
            resource = summary.origin.resource
            if owner is None or not container or ("." in container) is not of_classes:
                continue
            if facts.closes_for_process(resource) or _is_given_on(facts, function, summary):
                continue
            uses = ContainerUses(facts, owner, container, resource)
            if not uses.are_of_new_container or not uses.are_harmless:
                continue
            if of_classes and bases_may_release(facts, owner, container.removeprefix("self."), resource):
                continue
            for call in summary.acquired:
                if call in fine and not is_replaced(function, fine[call]):
                    yield KeptItem(call, resource, container, owner)


def _is_given_on(facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary) -> bool:
    """Return whether other code may keep or close it, too: `create_task(self.answer(nc))`, behind the assignment."""
    if summary.saw(Event.STORED) and is_closed_here(function.scope, summary):
        return True
    calls = (one for one in summary.nodes(Event.USED) if isinstance(one, ast.Call) and not place_of(one))
    given = (one for one in calls if dotted(one.func).rpartition(".")[0] != summary.origin.name)
    run = (run_later(one, function.names, facts.catalogue.calls) or one for one in given)
    return not all(only_uses(facts, function, one, summary) for one in run)


def _gathered(facts: ModuleFacts) -> Iterator[KeptItem]:
    """Yield what functions wait for all at once, and only use then: `await gather(*(connect(url) for url in urls))`."""
    for function in facts.functions:
        node = function.scope.node
        found = filled_by_displays(facts, function, node) if isinstance(node, FUNCTIONS) else ()
        for call, resource, container, statement, uses in found:
            made = plain_assignment(statement)
            if made is not None and isinstance(made.value, ast.Await):
                if len(uses.found) > 1 and uses.are_harmless and not facts.closes_for_process(resource):
                    yield KeptItem(call, resource, container, function.scope)
