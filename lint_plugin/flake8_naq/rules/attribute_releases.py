"""Whether anything in a file may release an attribute that holds a resource: its class, a base, or other code."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from flake8_naq.catalogue.model import Resource
from flake8_naq.facts.bases import bases_elsewhere
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.other_modules import ReachedAttribute
from flake8_naq.rules.attribute_names import introduces, is_own
from flake8_naq.rules.release_search import Getter, OnlyUses, ReleaseSearch, no_object
from flake8_naq.rules.unnamed_attributes import may_release_unnamed
from flake8_naq.syntax.bindings import plain_assignment, target_names
from flake8_naq.syntax.names import FunctionNode, Scope
from flake8_naq.syntax.tree import first_line
from flake8_naq.syntax.walk import walk_scope


def loses_release(node: ast.expr, attribute: str, resource: Resource, owner: Scope) -> bool:
    """Return whether the expression is `self.<attribute>.close()`, which does nothing without an await."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    method = node.func.attr
    is_coroutine = method in resource.release_methods and method in resource.awaited
    return is_coroutine and is_own(node.func.value, attribute, owner)


class Among(NamedTuple):
    """The methods that an object may have: of `classes` of the file, and of bases in other files, if `bases`.

    What is `unreached` does not run for the object.
    """

    classes: Sequence[Scope]
    bases: bool = True
    unreached: Collection[ast.AST] = ()


def may_be_released(
    facts: ModuleFacts,
    owner: Scope,
    attribute: str,
    resource: Resource,
    only_uses: OnlyUses = no_object,
    *,
    among: Among | None = None,
    introduced: bool = False,
) -> bool:
    """Whether a method of the class, of a base, or anything else in the file may release the attribute.

    `only_uses` tells which of the objects that get the attribute leave it to the class. The methods are those `among` which
    the object has its own, or else all of an object of the class or of one that derives from it. A class of another file
    that does may have `introduced` the attribute.
    """
    if facts.closes_for_process(resource):
        return True
    among = among or Among(facts.hierarchy.related(owner))
    related = among.classes
    if any(may_release_unnamed(facts, scope, attribute, resource) for scope in related):
        return True
    names = [attribute]
    for name in names:  # `self._reader = self._client` gives it a second name
        names += {one for one in _copies(facts, related, name) if one not in names}
    if among.bases and any(bases_may_release(facts, owner, name, resource, introduced=introduced) for name in names):
        return True
    return any(_may_be_released_as(facts, among, name, resource, only_uses) for name in names)


def _copies(facts: ModuleFacts, related: Iterable[Scope], attribute: str) -> Iterator[str]:
    """Yield the attributes to which a method assigns what the attribute holds."""
    for scope in related:
        for node in nodes_naming(facts, scope, (attribute,)):
            found = plain_assignment(node)
            if found is not None and is_own(found.value, attribute, scope):
                targets = (target for target in found.targets if isinstance(target, ast.Attribute))
                yield from (target.attr for target in targets if is_own(target, target.attr, scope))


def _may_be_released_as(
    facts: ModuleFacts, among: Among, attribute: str, resource: Resource, only_uses: OnlyUses
) -> bool:
    if _is_released(facts, among, attribute, resource, frozenset(), only_uses):
        return True
    getters = frozenset(getter for scope in among.classes for getter in getters_of(scope, attribute))
    return bool(getters) and _is_released(facts, among, attribute, resource, getters, only_uses)


def releases_in(facts: ModuleFacts, node: ast.AST, attribute: str, resource: Resource) -> bool:
    """Return whether the node may release the attribute, or hand on what it holds."""
    return ReleaseSearch(facts, attribute, resource).releases(node)


def nodes_naming(facts: ModuleFacts, owner: Scope, names: Collection[str]) -> Iterator[ast.AST]:
    """The nodes of those statements of a class that spell one of *names* at all."""
    if isinstance(owner.node, ast.ClassDef):
        yield from _nodes_of(facts, owner.node.body, names)


def _nodes_of(facts: ModuleFacts, statements: Iterable[ast.stmt], names: Collection[str]) -> Iterator[ast.AST]:
    """Yield the nodes of those statements that spell one of the names; a class is looked through by its statements."""
    for statement in statements:
        if isinstance(statement, ast.ClassDef):
            for inner in (*statement.decorator_list, *statement.bases, *statement.keywords):
                yield from facts.nodes(inner)
            yield from _nodes_of(facts, statement.body, names)
        elif _spells(facts, statement, names):
            yield from facts.nodes(statement)


def _spells(facts: ModuleFacts, statement: ast.stmt, names: Collection[str]) -> bool:
    lines = facts.lines[first_line(statement) - 1 : statement.end_lineno]
    return any(name in line for line in lines for name in names)


def _is_released(
    facts: ModuleFacts,
    among: Among,
    attribute: str,
    resource: Resource,
    getters: frozenset[Getter],
    only_uses: OnlyUses,
) -> bool:
    """By one of the classes, or by other code on an object that is not its own; as the attribute or by *getters*."""
    search = ReleaseSearch(facts, attribute, resource, getters, only_uses=only_uses)
    nodes = (node for scope in among.classes for node in nodes_naming(facts, scope, search.every_name))
    if any(search.releases(node) and node not in among.unreached for node in nodes):
        return True
    return is_released_elsewhere(facts, attribute, resource, getters)


def is_released_elsewhere(
    facts: ModuleFacts, attribute: str, resource: Resource, getters: frozenset[Getter] = frozenset()
) -> bool:
    """Whether code of the file may release the attribute of an object that is not its own `self`."""
    elsewhere = ReleaseSearch(facts, attribute, resource, getters, not_self=True)
    if not elsewhere.is_mentioned(facts.text):
        return False
    return any(map(elsewhere.releases, _nodes_of(facts, facts.tree.body, elsewhere.every_name)))


def is_left_to_methods(facts: ModuleFacts, owner: Scope, attribute: str, resource: Resource) -> bool:
    """Whether nothing but a method of the class that names the attribute may release it.

    The class has no bases and no subclasses in the file then, and no other module reaches into its objects.
    """
    if facts.hierarchy.related(owner) != [owner] or may_release_unnamed(facts, owner, attribute, resource):
        return False
    if is_released_elsewhere(facts, attribute, resource):
        return False
    return not is_released_by_others(facts, owner, attribute, resource.last_methods)


def is_released_by_others(facts: ModuleFacts, owner: Scope, attribute: str, methods: frozenset[str]) -> bool:
    """Whether a module that has objects of the class may call one of the methods of the attribute, or of a part of it."""
    name = owner.node.name if isinstance(owner.node, ast.ClassDef) else ""
    names = {attribute, *(getter.name for getter in getters_of(owner, attribute))}
    return any(facts.others.may_release(ReachedAttribute(one, name, methods)) for one in sorted(names))


def releasing_methods(
    facts: ModuleFacts, owner: Scope, attribute: str, resource: Resource, only_uses: OnlyUses = no_object
) -> Iterator[str]:
    """Yield the methods of the class that may release the attribute."""
    search = ReleaseSearch(facts, attribute, resource, frozenset(getters_of(owner, attribute)), only_uses=only_uses)
    for name, function in owner.functions.items():
        if any(map(search.releases, facts.nodes(function))):
            yield name


def getters_of(owner: Scope, attribute: str) -> Iterator[Getter]:
    """Yield the methods of the class that return the attribute."""
    for name, function in owner.functions.items():
        if _returns(function, attribute, owner):
            yield Getter(name, is_called=not function.decorator_list)


def _returns(function: FunctionNode, attribute: str, owner: Scope) -> bool:
    """Return whether the method returns the attribute, or a name to which it has assigned the attribute."""
    returned = [node.value for node in walk_scope(function) if type(node) is ast.Return and node.value is not None]
    if any(is_own(value, attribute, owner) for value in returned):
        return True
    names = {value.id for value in returned if type(value) is ast.Name}
    stored = map(plain_assignment, walk_scope(function)) if names else ()
    return any(
        is_own(one.value, attribute, owner) and any(target.id in names for target in target_names(one.targets))
        for one in stored
        if one is not None
    )


def bases_may_release(
    facts: ModuleFacts, owner: Scope, attribute: str, resource: Resource, *, introduced: bool = False
) -> bool:
    """Return whether a base of another file may release the attribute, or is not known.

    The bases of the same file are looked through by the caller. A base that is not found knows its own names only, so none
    that the class introduces, or has `introduced` of which it is a base.
    """
    bases = list(bases_elsewhere(owner, facts.hierarchy, facts.catalogue))
    own = introduced or (bool(bases) and introduces(owner, attribute))
    return any(base is None or _may_release(facts, base, attribute, resource, introduced=own) for base in bases)


def _may_release(facts: ModuleFacts, base: str, attribute: str, resource: Resource, *, introduced: bool) -> bool:
    if not facts.imported.may_release(base, attribute, resource, introduced=introduced):
        return False
    return not introduced or facts.imported.is_found(base) or attribute in facts.catalogue.calls.base_attributes
