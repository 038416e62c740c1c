"""Resources that a function gives to an object which only uses them, of the project or of a library: `store = Store(nc)`.

Nothing closes such a resource if the object stays in the function, and nothing of its class may close it or hand it on.
A context manager that yields the object keeps it, too: the block of the user only uses what it gets. An object of a library that
surely closes nothing may go anywhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.observations import AcquisitionSummary
from flake8_naq.dataflow.verdict import Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.managers import is_manager
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.rules.kept_by_classes import UsesOfNames, names_in_object
from flake8_naq.rules.lent_to_tasks import only_lent
from flake8_naq.rules.replaced import is_replaced
from flake8_naq.syntax.bindings import bound_names
from flake8_naq.syntax.callees import keyed_arguments
from flake8_naq.syntax.nodes import FUNCTIONS, without_await
from flake8_naq.syntax.tree import Tree, names_in
from flake8_naq.syntax.walk import walk

_USES: Final = (ast.Attribute, ast.Compare, ast.FormattedValue)


class Given(NamedTuple):
    """An acquisition that objects only use, and the call that makes the first of these; whether all stay in the function."""

    function: FunctionFacts
    verdict: Verdict
    site: ast.Call
    stays: bool


def given_to_objects(facts: ModuleFacts) -> Iterator[Given]:
    """Yield the acquisitions that only such objects get."""
    for function in facts.functions:
        for verdict in function.verdicts if isinstance(function.scope.node, FUNCTIONS) else ():
            summary = verdict.summary
            sites = sorted(_sites(summary), key=lambda one: one.lineno)
            if not sites or not only_lent(function, verdict):
                continue
            if summary.origin.resource.process_lived or facts.closes_for_process(summary.origin.resource):
                continue
            tree = facts.parents
            if is_replaced(function, verdict):
                continue
            lasting = [one for one in sites if function.names.of(one.func) in facts.catalogue.calls.using_classes]
            if all(site in lasting or _only_uses(facts, tree, function, site, summary) for site in sites):
                stays = all(_stays(facts, tree, function, one) for one in lasting)
                yield Given(function, verdict, sites[0], stays)


def _sites(summary: AcquisitionSummary) -> list[ast.Call]:
    """Return the calls that may keep the resource, none if anything else may."""
    calls = [node for node in summary.kept_elsewhere if isinstance(node, ast.Call)]
    return calls if len(calls) == len(summary.kept_elsewhere) else []


def _only_uses(
    facts: ModuleFacts, tree: Tree, function: FunctionFacts, site: ast.Call, summary: AcquisitionSummary
) -> bool:
    """Return whether the call makes an object that stays in the function and only uses the resource.

    An object that gets this one, as in `Orders(Store(nc))`, stays there and only uses it likewise.
    """
    name, resource = summary.origin.name, summary.origin.resource
    acquired = (summary.origin.call, *summary.acquired)
    given = [
        key
        for key, value in keyed_arguments(site)
        if (isinstance(value, ast.Name) and value.id == name) or without_await(value) in acquired
    ]
    names = frozenset[str]()
    for key in given:
        kept = names_in_object(facts, function.scope, site, key, resource)
        if kept is None:
            return False
        names |= kept
    made = _outermost(facts, tree, function, site, resource)
    if len(given) != 1 or not names or made is None or not _stays(facts, tree, function, made):
        return False
    return UsesOfNames(facts, tree, names, resource).are_harmless


def _outermost(
    facts: ModuleFacts, tree: Tree, function: FunctionFacts, site: ast.Call, resource: Resource
) -> ast.Call | None:
    """Return the call that makes the object around it, `Orders(Store(nc))`; None if that may close the resource."""
    parent = tree.parents[site]
    around = tree.parents[parent] if isinstance(parent, ast.keyword) else parent
    if not isinstance(around, ast.Call) or around.func is site:
        return site
    keys = [key for key, value in keyed_arguments(around) if value is site]
    if not keys or not names_in_object(facts, function.scope, around, keys[0], resource):
        return None
    return _outermost(facts, tree, function, around, resource)


def _stays(facts: ModuleFacts, tree: Tree, function: FunctionFacts, site: ast.Call) -> bool:
    """Return whether the object is dropped at once, or has a name of the function by which it is only used."""
    parent, yielding = tree.parents[site], is_manager(function.scope, facts.catalogue)
    if isinstance(parent, ast.Expr) or (isinstance(parent, ast.Yield) and yielding):
        return True
    if isinstance(parent, ast.Attribute):
        return _is_called(tree, parent)
    targets = parent.targets if isinstance(parent, ast.Assign) else [getattr(parent, "target", None)]
    target = targets[0] if len(targets) == 1 and isinstance(parent, (ast.Assign, ast.AnnAssign)) else None
    node = function.scope.node
    if not isinstance(target, ast.Name) or target.id in function.scope.outer:
        return False
    if sum(target.id in bound_names(one) for one in walk(node)) != 1:
        return False
    uses = (*_USES, ast.Yield) if yielding else _USES
    return all(
        one is target or (isinstance(tree.parents[one], uses) and _is_plain_use(tree, one))
        for one in names_in(node, target.id)
    )


def _is_plain_use(tree: Tree, name: ast.Name) -> bool:
    parent = tree.parents[name]
    return not isinstance(parent, ast.Attribute) or isinstance(parent.ctx, ast.Load)


def _is_called(tree: Tree, method: ast.Attribute) -> bool:
    call = tree.parents[method]
    return isinstance(call, ast.Call) and call.func is method
