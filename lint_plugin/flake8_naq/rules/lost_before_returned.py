"""Resources that are lost with an object which a function makes around them, where a method of that object fails.

As in `bus = Bus(nc)`, `await bus.start()`, `return bus`: no other code has the object by then. The same is true of an object
that has no name yet: `storage = await Storage(nc).create()`. The class is one of the project, whose constructor keeps the
resource and whose objects close it when they are told, and the methods that are called close nothing where they fail.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from itertools import takewhile
from typing import Final, NamedTuple

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.observations import Departure, Leak
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.dataflow.witness import first_leak
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.owner_classes import CLOSING_NAMES, UNCERTAIN
from flake8_naq.rules.kept_by_classes import given_keys, kept_attributes, only_site
from flake8_naq.rules.lifetime import with_outcome
from flake8_naq.syntax.callees import arguments_of, class_called
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.nodes import FUNCTIONS, dotted
from flake8_naq.syntax.own_object import gives_self, own_attribute
from flake8_naq.syntax.tree import Tree, names_in, only_target

_BLOCKS: Final = (ast.Try, ast.TryStar, ast.With, ast.AsyncWith)


class Lost(NamedTuple):
    """An acquisition whose object is lost, and the way on which it is."""

    function: FunctionFacts
    verdict: Verdict
    leak: Leak


def lost_before_returned(facts: ModuleFacts) -> Iterator[Lost]:
    """Yield the acquisitions that are open where a method of the object fails that alone has them."""
    for function, verdict in with_outcome(facts, Outcome.FINE):
        summary, site = verdict.summary, only_site(verdict.summary)
        if site is None:
            continue
        leaks = [one for one in summary.leaks if one.sites == {site} and _is_failure(one, verdict)]
        calls = _first_calls(facts.parents, function.scope, site) if leaks else []
        lines = {one.lineno for one in calls}
        failing = [one for one in leaks if one.line in lines]
        if failing and _is_lost(facts, function, verdict, site, calls):
            yield Lost(function, verdict, first_leak(failing))


def _is_failure(leak: Leak, verdict: Verdict) -> bool:
    raises = leak.operation and leak.exceptional and leak.departure is Departure.RAISES
    return raises and leak.certain and leak.acquisition is verdict.call


def _first_calls(tree: Tree, scope: Scope, site: ast.Call) -> list[ast.Call]:
    """Return the calls of methods of the object before other code gets it, none if no code but the function gets it."""
    chained = _called_on(tree, site)
    if chained is not None:
        return [] if isinstance(tree.user(tree.answer(chained)), ast.Expr) else [chained]
    named = tree.parents[site]
    name = only_target(named) or "" if isinstance(named, ast.stmt) else ""
    uses = [one for one in names_in(scope.node, name) if isinstance(one.ctx, ast.Load)]
    called = [_called_on(tree, one) for one in sorted(uses, key=lambda one: (one.lineno, one.col_offset))]
    if None not in called:  # nothing is handed on
        return []
    return [one for one in takewhile(lambda one: one is not None, called) if one is not None]


def _called_on(tree: Tree, value: ast.expr) -> ast.Call | None:
    """Return the call of a method of the value."""
    method = tree.parents[value]
    call = tree.parents[method] if isinstance(method, ast.Attribute) else None
    return call if isinstance(call, ast.Call) and call.func is method else None


def _is_lost(
    facts: ModuleFacts, function: FunctionFacts, verdict: Verdict, site: ast.Call, calls: list[ast.Call]
) -> bool:
    """Return whether no code closes the resource where one of the calls fails."""
    given, resource = given_keys(site, verdict.summary), verdict.summary.origin.resource
    if len(given) != 1 or any(map(_is_in_block, (facts.parents.ancestors(one) for one in (site, *calls)))):
        return False
    methods = frozenset(one.func.attr for one in calls if isinstance(one.func, ast.Attribute))
    owner = class_called(site.func, function.scope, facts.scopes)
    if owner is not None:
        return loses_what_it_gets(facts, facts.scopes[owner], site, given[0], resource, methods)
    name = Names(function.scope, facts.catalogue.known).of(site.func)
    return name is not None and facts.imported.loses(name, site, given[0], resource, methods)


def _is_in_block(around: Iterable[ast.AST]) -> bool:
    return any(isinstance(one, _BLOCKS) for one in takewhile(lambda one: not isinstance(one, FUNCTIONS), around))


def loses_what_it_gets(
    facts: ModuleFacts, owner: Scope, call: ast.Call, key: int | str, resource: Resource, methods: Collection[str]
) -> bool:
    """Return whether an object of the class, which `call` makes, is dropped with the resource where a method fails.

    The constructor keeps what it gets at `key`, a method closes it, and those that are called do not.
    """
    attributes = kept_attributes(facts, owner, call, key, resource)
    if not facts.knows_bases(owner) or not _closes(facts, owner, attributes, resource):
        return False
    line = facts.hierarchy.line(owner)
    if any(one in each.functions for one in UNCERTAIN for each in line) or any(gives_self(facts.nodes(one.node)) for one in line):
        return False
    return _close_nothing(owner, methods, attributes, resource)


def _closes(facts: ModuleFacts, owner: Scope, attributes: Collection[str], resource: Resource) -> bool:
    """Return whether a method of the class closes what it has in one of the attributes: users of the object call that."""
    looked_up = (one for one in facts.nodes(owner.node) if isinstance(one, ast.Attribute) and one.attr in resource.last_methods)
    return any(own_attribute(one.value) in attributes for one in looked_up)


def _close_nothing(owner: Scope, methods: Iterable[str], attributes: Collection[str], resource: Resource) -> bool:
    """Return whether the methods, and those of the class which they call, close nothing, also where something fails."""
    asked, pending = set[str](), list(methods)
    while pending:
        name = pending.pop()
        node = owner.functions.get(name)
        if node is None or any(_handles(one, attributes, resource) for one in ast.walk(node)):
            return False
        asked.add(name)
        own = (dotted(one.func).partition("self.")[2] for one in ast.walk(node) if isinstance(one, ast.Call))
        pending += [one for one in own if one and "." not in one and one not in asked]
    return True


def _handles(node: ast.AST, attributes: Collection[str], resource: Resource) -> bool:
    """Return whether a node closes something, or calls something that may where what is in it fails."""
    if isinstance(node, ast.Attribute):
        return node.attr in resource.last_methods
    after = [*node.handlers, *node.finalbody] if isinstance(node, (ast.Try, ast.TryStar)) else []
    calls = (one for part in after for one in ast.walk(part) if isinstance(one, ast.Call))
    return isinstance(node, (ast.With, ast.AsyncWith)) or any(_may_close(one, attributes) for one in calls)


def _may_close(call: ast.Call, attributes: Collection[str]) -> bool:
    """Return whether the call may close what the attributes have: `js.key_value(name)` gets nothing of that."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr in CLOSING_NAMES:
        return True
    return any(own_attribute(node) in attributes for value in arguments_of(call) for node in ast.walk(value))
