"""Resources that a function gives to an object which only uses them, of the project or of a library: `store = Store(nc)`.

Nothing closes such a resource if the object stays in the function, and nothing of its class may close it or hand it on. It
stays there, too, where a block enters it and gets another value, or only uses the object: `with Accepted(server) as connection`.
A context manager that yields the object keeps it, too: the block of the user only uses what it gets. An object of a library that
surely closes nothing may go anywhere. A function of the same file that gives the resource to such objects alone, all of which
stay there, likewise only uses it: `await run_forever(nc)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.observations import AcquisitionSummary
from flake8_naq.dataflow.verdict import Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.managers import is_manager
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.other_modules import ReachedAttribute
from flake8_naq.prescan.settled import none_in
from flake8_naq.rules.attribute_names import OWN
from flake8_naq.rules.kept_by_classes import UsesOfNames, given_keys, names_in_object
from flake8_naq.rules.lent_to_tasks import is_only_passed, only_lent
from flake8_naq.rules.replaced import is_replaced
from flake8_naq.syntax.bindings import bound_names
from flake8_naq.syntax.callees import Callee, callee_of, class_called, keyed_arguments, parameter_of
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.nodes import FUNCTIONS, dotted
from flake8_naq.syntax.tree import Tree, names_in
from flake8_naq.syntax.walk import scope_nodes, walk

_MAX_CALLS: Final = 4  # of functions that give the resource on, one inside the other
_ENTERING: Final = ("__enter__", "__aenter__")
_USES: Final = (ast.Attribute, ast.Compare, ast.FormattedValue)


class Given(NamedTuple):
    """An acquisition that objects only use, and the call that makes the first of these; whether all stay in the function."""

    function: FunctionFacts
    verdict: Verdict
    site: ast.Call
    stays: bool


def given_to_objects(facts: ModuleFacts) -> tuple[Given, ...]:
    """Return the acquisitions that only such objects get."""
    return facts.once(_given_to_objects)


def _given_to_objects(facts: ModuleFacts) -> tuple[Given, ...]:
    return tuple(_each_given(facts))


def _each_given(facts: ModuleFacts) -> Iterator[Given]:
    for function in facts.functions:
        for verdict in function.verdicts if isinstance(function.scope.node, FUNCTIONS) else ():
            summary = verdict.summary
            sites = sorted(_sites(summary), key=lambda one: one.lineno)
            if not sites or not only_lent(function, verdict):
                continue
            if summary.origin.resource.process_lived or facts.closes_for_process(summary.origin.resource):
                continue
            if is_replaced(function, verdict):
                continue
            scope, lasting = function.scope, _of_using_classes(facts, function.scope, sites)
            running = [one for one in sites if _gives_on(facts, scope, one, summary)]
            if all(one in (*lasting, *running) or _only_uses(facts, scope, one, summary) for one in sites):
                stays = is_manager(scope, facts.catalogue)
                stays = stays or all(one in running or _stays(facts, scope, one, lasting) for one in sites)
                yield Given(function, verdict, sites[0], stays)


def _sites(summary: AcquisitionSummary) -> list[ast.Call]:
    """Return the calls that may keep the resource, none if anything else may."""
    calls = [node for node in summary.kept_elsewhere if isinstance(node, ast.Call)]
    return calls if len(calls) == len(summary.kept_elsewhere) else []


def _of_using_classes(facts: ModuleFacts, scope: Scope, sites: list[ast.Call]) -> list[ast.Call]:
    """Return those of the calls that make an object of a library which surely closes nothing."""
    names = Names(scope, facts.catalogue.known)
    return [one for one in sites if names.of(one.func) in facts.catalogue.calls.using_classes]


def _stays(
    facts: ModuleFacts, scope: Scope, site: ast.Call, lasting: list[ast.Call], idle: frozenset[str] = frozenset()
) -> bool:
    """Return whether the object that the call makes, or the object around it, has no use but by the function itself."""
    made = site if site in lasting else [*_calls_around(facts.parents, site)][-1]
    return _goes_out(facts, scope, made, idle) is False


def _gives_on(facts: ModuleFacts, scope: Scope, site: ast.Call, summary: AcquisitionSummary, depth: int = 1) -> bool:
    """Return whether a function of the module runs here that gives the resource to such objects alone, which stay there."""
    callee, given = callee_of(site.func, scope, facts.scopes), given_keys(site, summary)
    if callee is None or len(given) != 1 or depth > _MAX_CALLS:
        return False
    parameter = parameter_of(callee, site, given[0]) if _runs(facts, callee, site) else None
    if parameter is None:
        return False
    inner = facts.callees.summary_on(callee.function, parameter, summary.origin.resource)
    sites = _sites(inner) if inner is not None and inner.complete and is_only_passed(inner) else []
    if inner is None or not sites:
        return False
    body, idle = facts.scopes[callee.function], none_in(callee, site)
    lasting = _of_using_classes(facts, body, sites)
    return all(
        _gives_on(facts, body, one, inner, depth + 1)
        or ((one in lasting or _only_uses(facts, body, one, inner, idle)) and _stays(facts, body, one, lasting, idle))
        for one in sites
    )


def _runs(facts: ModuleFacts, callee: Callee, call: ast.Call) -> bool:
    """Return whether the call is over when the body of the function is."""
    node = callee.function
    awaited = isinstance(facts.parents.parents[call], ast.Await)
    return not node.decorator_list and (awaited or isinstance(node, ast.FunctionDef))


def _only_uses(
    facts: ModuleFacts,
    scope: Scope,
    site: ast.Call,
    summary: AcquisitionSummary,
    idle: frozenset[str] = frozenset(),
) -> bool:
    """Return whether the call makes an object that only uses the resource, and that no other code gets but the callers.

    An object that gets this one, as in `Orders(Store(nc))`, only uses it likewise. The block of a context manager only uses
    what it gets; of an object that the function returns, no module of the project may close what it has.
    """
    resource, given = summary.origin.resource, given_keys(site, summary)
    names = frozenset[str]()
    for key in given:
        kept = names_in_object(facts, scope, site, key, resource)
        if kept is None:
            return False
        names |= kept
    made = _outermost(facts, scope, site, resource)
    out = _goes_out(facts, scope, made, idle) if made is not None else None
    if len(given) != 1 or not names or out is None or not UsesOfNames(facts, names, resource).are_harmless:
        return False
    if made is not None and _block(facts, made) is not None and not names.isdisjoint(_ENTERING):
        return False  # the block gets the resource itself
    if not out or is_manager(scope, facts.catalogue):
        return True
    if not all(one.startswith("_") for one in names):  # a public name is there for other code
        return False
    holder = dotted(site.func).rpartition(".")[2]
    asked = (ReachedAttribute(one, holder, resource.last_methods) for one in sorted(names))
    return not any(map(facts.others.may_release, asked))


def _outermost(facts: ModuleFacts, scope: Scope, site: ast.Call, resource: Resource) -> ast.Call | None:
    """Return the call that makes the object around it, `Orders(Store(nc))`; None if that may close the resource."""
    calls = list(_calls_around(facts.parents, site))
    for inner, around in pairwise(calls):
        key = next(key for key, value in keyed_arguments(around) if value is inner)
        if not names_in_object(facts, scope, around, key, resource):
            return None
    return calls[-1]


def _calls_around(tree: Tree, site: ast.Call) -> Iterator[ast.Call]:
    """Yield the call and those of which one is an argument of the next."""
    inner: ast.AST | None = site
    while isinstance(inner, ast.Call):
        yield inner
        around = tree.user(inner)
        given = isinstance(around, ast.Call) and any(value is inner for _, value in keyed_arguments(around))
        inner = around if given else None


def _goes_out(
    facts: ModuleFacts, scope: Scope, site: ast.Call, idle: frozenset[str] = frozenset()
) -> bool | None:
    """Return whether callers of the function get the object, None if other code may keep it.

    Otherwise the object is dropped at once, or has a name of the function by which it is only used. The names in `idle`
    are None, so that no call of them is reached.
    """
    tree, node, ways = facts.parents, scope.node, _ways_out(facts, scope)
    parent = tree.parents[site]
    if isinstance(parent, (ast.Expr, *ways)):
        return not isinstance(parent, ast.Expr)
    if isinstance(parent, ast.Attribute):
        return False if _is_called(tree, parent) else None
    targets = parent.targets if isinstance(parent, ast.Assign) else [getattr(parent, "target", None)]
    target = targets[0] if len(targets) == 1 and isinstance(parent, (ast.Assign, ast.AnnAssign)) else None
    block = _block(facts, site)
    if block is not None:
        target = block.optional_vars
        if target is None or _enters_another(facts, scope, site):
            return False
    if not isinstance(target, ast.Name) or target.id in scope.outer:
        return None
    if sum(target.id in bound_names(one) for one in walk(node)) != 1:
        return None
    uses = [one for one in names_in(node, target.id) if one is not target and not _is_given_to(tree, one, idle)]
    if not all(isinstance(tree.parents[one], (*_USES, *ways)) and _is_plain_use(tree, one) for one in uses):
        return None
    return any(isinstance(tree.parents[one], ways) for one in uses)


def _block(facts: ModuleFacts, site: ast.Call) -> ast.withitem | None:
    """Return the item of a `with` that enters the object, and does nothing else with it."""
    parent = facts.parents.parents[site]
    return parent if isinstance(parent, ast.withitem) else None


def _enters_another(facts: ModuleFacts, scope: Scope, site: ast.Call) -> bool:
    """Return whether the block surely gets another value than the object: no method that enters it returns `self`."""
    owner = class_called(site.func, scope, facts.scopes)
    methods = () if owner is None else [facts.scopes[owner].functions.get(one) for one in _ENTERING]
    returned = [one.value for method in methods if method is not None for one in scope_nodes(method, ast.Return)]
    return bool(returned) and all(one is None or dotted(one) not in OWN for one in returned)


def _is_given_to(tree: Tree, name: ast.Name, called: frozenset[str]) -> bool:
    """Return whether a call of one of the names gets the value."""
    call = tree.user(name)
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in called and call.func is not name


def _ways_out(facts: ModuleFacts, scope: Scope) -> tuple[type[ast.AST], ...]:
    """Return the statements by which callers alone get an object: the `yield` of a context manager, or `return`."""
    node = scope.node
    if is_manager(scope, facts.catalogue):
        return (ast.Yield,)
    decorators = node.decorator_list if isinstance(node, FUNCTIONS) else []
    return (ast.Return,) if all(dotted(one) in ("classmethod", "staticmethod") for one in decorators) else ()


def _is_plain_use(tree: Tree, name: ast.Name) -> bool:
    parent = tree.parents[name]
    return not isinstance(parent, ast.Attribute) or isinstance(parent.ctx, ast.Load)


def _is_called(tree: Tree, method: ast.Attribute) -> bool:
    call = tree.parents[method]
    return isinstance(call, ast.Call) and call.func is method
