"""Whether anything in a file may release an attribute that holds a resource: its class, a base, or other code."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeAlias

from flake8_naq.catalogue.model import Resource
from flake8_naq.facts.bases import is_inert
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.other_modules import ReachedAttribute
from flake8_naq.prescan.callees import Effect
from flake8_naq.rules.attribute_names import OWN, assigned_targets, introduces, is_own, texts_of_other_things
from flake8_naq.rules.unnamed_attributes import is_named_after_release, may_release_unnamed
from flake8_naq.syntax.bindings import target_names
from flake8_naq.syntax.callees import keyed_arguments
from flake8_naq.syntax.hierarchy import metaclass
from flake8_naq.syntax.names import FunctionNode, Names, Scope
from flake8_naq.syntax.nodes import dotted
from flake8_naq.syntax.own_object import gives_self
from flake8_naq.syntax.tree import first_line
from flake8_naq.syntax.walk import walk_scope

_SELF = re.compile(r"\b(?:self|cls)\s*\Z")
# Modules that get or wrap an attribute by its name.
_REFLECTION = frozenset({"atexit", "copy", "functools", "inspect", "operator", "types", "unittest"})
_NEAR = 50  # characters before a dot in which `self` is looked for
# Whether the object that a call makes only uses the resource that the call has at a position or keyword.
OnlyUses: TypeAlias = Callable[[ModuleFacts, ast.Call, int | str, Resource], bool]


def _no_object(facts: ModuleFacts, call: ast.Call, key: int | str, resource: Resource) -> bool:
    return False


def loses_release(node: ast.expr, attribute: str, resource: Resource, owner: Scope) -> bool:
    """Return whether the expression is `self.<attribute>.close()`, which does nothing without an await."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    method = node.func.attr
    is_coroutine = method in resource.release_methods and method in resource.awaited
    return is_coroutine and is_own(node.func.value, attribute, owner)


def may_be_released(
    facts: ModuleFacts, owner: Scope, attribute: str, resource: Resource, only_uses: OnlyUses = _no_object
) -> bool:
    """Whether a method of the class, of a base, or anything else in the file may release the attribute.

    `only_uses` tells which of the objects that get the attribute leave it to the class.
    """
    if facts.closes_for_process(resource):
        return True
    related = facts.hierarchy.related(owner)
    if any(may_release_unnamed(facts, scope, attribute, resource) for scope in related):
        return True
    names = [attribute]
    for name in names:  # `self._reader = self._client` gives it a second name
        names += {one for one in _copies(facts, related, name) if one not in names}
    return any(_may_be_released_as(facts, owner, related, name, resource, only_uses) for name in names)


def _copies(facts: ModuleFacts, related: Iterable[Scope], attribute: str) -> Iterator[str]:
    """Yield the attributes to which a method assigns what the attribute holds."""
    for scope in related:
        for node in nodes_naming(facts, scope, (attribute,)):
            if isinstance(node, ast.Assign) and is_own(node.value, attribute, scope):
                targets = (target for target in node.targets if isinstance(target, ast.Attribute))
                yield from (target.attr for target in targets if is_own(target, target.attr, scope))


def _may_be_released_as(
    facts: ModuleFacts, owner: Scope, related: list[Scope], attribute: str, resource: Resource, only_uses: OnlyUses
) -> bool:
    if bases_may_release(facts, owner, attribute, resource):
        return True
    if _is_released(facts, related, attribute, resource, frozenset(), only_uses):
        return True
    getters = frozenset(getter for scope in related for getter in getters_of(scope, attribute))
    return bool(getters) and _is_released(facts, related, attribute, resource, getters, only_uses)


def releases_in(facts: ModuleFacts, node: ast.AST, attribute: str, resource: Resource) -> bool:
    """Return whether the node may release the attribute, or hand on what it holds."""
    return _Search(facts, attribute, resource, frozenset()).releases(node)


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
    related: list[Scope],
    attribute: str,
    resource: Resource,
    getters: frozenset[tuple[str, bool]],
    only_uses: OnlyUses,
) -> bool:
    """By one of the classes, or by other code on an object that is not its own; as the attribute or by *getters*."""
    search = _Search(facts, attribute, resource, getters, only_uses=only_uses)
    if any(search.releases(node) for scope in related for node in nodes_naming(facts, scope, search.every_name)):
        return True
    return is_released_elsewhere(facts, attribute, resource, getters)


def is_released_elsewhere(
    facts: ModuleFacts, attribute: str, resource: Resource, getters: frozenset[tuple[str, bool]] = frozenset()
) -> bool:
    """Whether code of the file may release the attribute of an object that is not its own `self`."""
    elsewhere = _Search(facts, attribute, resource, getters, not_self=True)
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
    names = {attribute, *(getter for getter, _ in getters_of(owner, attribute))}
    return any(facts.others.may_release(ReachedAttribute(one, name, methods)) for one in sorted(names))


def releasing_methods(
    facts: ModuleFacts, owner: Scope, attribute: str, resource: Resource, only_uses: OnlyUses = _no_object
) -> Iterator[str]:
    """Yield the methods of the class that may release the attribute."""
    search = _Search(facts, attribute, resource, frozenset(getters_of(owner, attribute)), only_uses=only_uses)
    for name, function in owner.functions.items():
        if any(map(search.releases, facts.nodes(function))):
            yield name


def getters_of(owner: Scope, attribute: str) -> Iterator[tuple[str, bool]]:
    """Methods of the class that return the attribute, and whether they are called for that, as no property is."""
    for name, function in owner.functions.items():
        if _returns(function, attribute, owner):
            yield name, not function.decorator_list


def _returns(function: FunctionNode, attribute: str, owner: Scope) -> bool:
    """Return whether the method returns the attribute, or a name to which it has assigned the attribute."""
    returned = [node.value for node in walk_scope(function) if type(node) is ast.Return and node.value is not None]
    if any(is_own(value, attribute, owner) for value in returned):
        return True
    names = {value.id for value in returned if type(value) is ast.Name}
    stored = [node for node in walk_scope(function) if type(node) is ast.Assign] if names else []
    return any(
        is_own(node.value, attribute, owner) and any(target.id in names for target in target_names(node.targets))
        for node in stored
    )


def bases_may_release(facts: ModuleFacts, owner: Scope, attribute: str, resource: Resource) -> bool:
    """Return whether a base of another file may release the attribute, or is not known.

    The bases of the same file are looked through by the caller.
    """
    pending = [owner]
    for scope in pending:
        for base in facts.hierarchy.bases(scope):
            local = [one for one in base.classes if one.parent is facts.root and isinstance(base.node, ast.Name)]
            if base.canonical is None and local:
                pending += (one for one in local if one not in pending)
            elif is_inert(base, facts.root, facts.catalogue):
                continue
            elif base.canonical is None or _may_release(facts, base.canonical, owner, attribute, resource):
                return True
        given = metaclass(scope)
        names = Names(scope.parent or scope, facts.catalogue.known)
        if given is not None and names.of(given) != "abc.ABCMeta":
            return True
    return False


def _may_release(facts: ModuleFacts, base: str, owner: Scope, attribute: str, resource: Resource) -> bool:
    """Return whether a base of another module may release the attribute; one that is not found knows its own names."""
    if not facts.imported.may_release(base, attribute, resource):
        return False
    is_known = facts.imported.is_found(base) or attribute in facts.catalogue.calls.base_attributes
    return is_known or not introduces(owner, attribute)


def _reaches_no_object(facts: ModuleFacts, text: ast.Constant) -> bool:
    """Return whether a function of the standard library gets the text without the object: `run(["docker", "ps"])`."""
    node, tree = facts.parents.parents[text], facts.parents
    while isinstance(node, (ast.keyword, ast.List, ast.Tuple)):
        node = tree.parents[node]
    if not isinstance(node, ast.Call) or gives_self(facts.nodes(node)):
        return False
    called = Names(facts.scope_around(node), facts.catalogue.known).of(node.func) or ""
    module, dot, _ = called.partition(".")
    return bool(dot) and module in sys.stdlib_module_names - _REFLECTION


class _Search:
    """Looks for anything that may release `<something>.attribute`."""

    def __init__(
        self,
        facts: ModuleFacts,
        attribute: str,
        resource: Resource,
        getters: Iterable[tuple[str, bool]],
        not_self: bool = False,
        only_uses: OnlyUses = _no_object,
    ) -> None:
        """*getters* return it; *not_self*: look at other objects' attributes, another class has another self."""
        self._not_self = not_self
        self._object_only_uses = only_uses
        self._facts = facts
        self._attribute = attribute
        self._resource = resource
        self._names = {attribute} | {name for name, called in getters if not called}
        self._called = {name for name, _ in getters}

    @property
    def every_name(self) -> set[str]:
        return self._names | self._called

    def is_mentioned(self, text: str) -> bool:
        """Whether anything but `self` seems to have the attribute."""
        names = "|".join(map(re.escape, self.every_name))
        dots = (found.start() for found in re.finditer(rf"\.\s*(?:{names})\b", text))
        return any(_SELF.search(text, max(0, dot - _NEAR), dot) is None for dot in dots)

    def releases(self, node: ast.AST) -> bool:
        """Return whether this one node may release it, or hand on what it holds."""
        found = _RELEASES.get(type(node))  # quicker than a chain of questions
        return found is not None and found(self, node)

    def calls_release(self, node: ast.Attribute) -> bool:
        if node.attr not in self._resource.last_methods:
            return False
        inside = node.value.value if isinstance(node.value, ast.Attribute) and self._resource.views else node.value
        return self._is_it(node.value) or self._is_it(inside)  # a view may have its client: `self.orders.client.close()`

    def names_it(self, node: ast.Constant) -> bool:
        if node.value != self._attribute or self._not_self or id(node) in self._other_texts:
            return False
        return not _reaches_no_object(self._facts, node)

    @cached_property
    def _other_texts(self) -> set[int]:
        """The texts by which nothing gets the attribute: a question of `hasattr`, a key, and a name in `__slots__`."""
        return {id(text) for node in self._facts.nodes(self._facts.tree) for text in texts_of_other_things(node)}

    def _is_it(self, node: ast.expr) -> bool:
        while isinstance(node, (ast.Await, ast.Subscript)):
            node = node.value
        names = self._names
        if isinstance(node, ast.Call):
            node, names = node.func, self._called
        if not isinstance(node, ast.Attribute) or node.attr not in names:
            return False
        return not (self._not_self and isinstance(node.value, ast.Name) and node.value.id in OWN)

    def holds(self, node: ast.expr) -> bool:
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return any(map(self.holds, node.elts))
        if isinstance(node, ast.IfExp):
            return self.holds(node.body) or self.holds(node.orelse)
        return self._is_it(node)

    def contains(self, node: ast.Assign) -> bool:
        """Return whether it is put into a container, through which anything may release it."""
        if any(isinstance(target, ast.Subscript) for target in node.targets) and self.holds(node.value):
            return True
        value = node.value
        items = value.values if isinstance(value, ast.Dict) else getattr(value, "elts", ())
        targets = [target for target in assigned_targets(node) if not isinstance(target, ast.Name)]
        return bool(targets) and any(map(self.holds, items))

    def passes(self, call: ast.Call) -> bool:
        given = [key for key, argument in keyed_arguments(call) if self.holds(argument)]
        return bool(given) and not self._only_uses(call, given)

    def _only_uses(self, call: ast.Call, keys: Iterable[int | str]) -> bool:
        """Return whether a call neither keeps nor releases these arguments.

        The catalogue says so, or a function of the project. A function that is named after a release may release in a
        way that is not known here.
        """
        facts = self._facts
        names = Names(facts.scope_around(call), facts.catalogue.known)
        called = names.of(call.func)
        left = [key for key in keys if not self._borrows(call, called, key)]
        if left and (called in facts.catalogue.release_functions or is_named_after_release(call.func)):
            return False
        return all(
            facts.callees.effect(call, key, names, self._resource) is Effect.BORROWS
            or self._object_only_uses(facts, call, key, self._resource)
            for key in left
        )

    def _borrows(self, call: ast.Call, called: str | None, key: int | str) -> bool:
        """Return whether the catalogue says that the call, of that canonical name, only uses the argument."""
        catalogue, method = self._facts.catalogue, getattr(call.func, "attr", "")
        if called == "getattr" and any(self._says_release(one) for one in call.args[1:]):
            return False
        if called in catalogue.views or (method or dotted(call.func)).endswith(tuple(catalogue.calls.borrowing_suffixes)):
            return True
        return catalogue.borrows(called, method, key)

    def _says_release(self, name: ast.expr) -> bool:
        return isinstance(name, ast.Constant) and name.value in self._resource.last_methods

    def takes(self, function: ast.AST) -> bool:
        """`nc = self.nc` in a method that then closes `nc`, passes it on or stores it."""
        aliases = {
            target.id
            for node in self._facts.nodes(function)
            if isinstance(node, (ast.Assign, ast.NamedExpr)) and self._aliased(node.value)
            for target in assigned_targets(node)
            if isinstance(target, ast.Name)
        }
        aliases |= {name for node in self._facts.nodes(function) for name in self._entered_as(node)}
        if aliases and any(self._alias_released(node, aliases) for node in self._facts.nodes(function)):
            return True
        return self._release_taken(function)

    def enters(self, item: ast.withitem) -> bool:
        """Return whether the block may close it; one of sqlite3 commits."""
        return self._resource.entering != "keeps-open" and self.holds(item.context_expr)

    def _entered_as(self, node: ast.AST) -> list[str]:
        """Return the name that a block which closes nothing gives it."""
        if not isinstance(node, ast.withitem) or self._resource.entering != "keeps-open":
            return []
        name = node.optional_vars
        return [name.id] if isinstance(name, ast.Name) and self.holds(node.context_expr) else []

    def _release_taken(self, function: ast.AST) -> bool:
        """`self.file = file` where `file.close` is kept for a later call."""
        nodes = self._facts.nodes(function)
        stored = {
            node.value.id
            for node in nodes
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and any(map(self._is_it, node.targets))
        }
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)} if stored else set()
        return any(self._alias_released(node, stored) and id(node) not in called for node in nodes if stored)

    def _aliased(self, value: ast.expr) -> bool:
        return self.holds(value) or (isinstance(value, ast.BoolOp) and any(map(self.holds, value.values)))

    def _alias_released(self, node: ast.AST, aliases: set[str]) -> bool:
        if isinstance(node, ast.Attribute):
            return (
                node.attr in self._resource.last_methods
                and isinstance(node.value, ast.Name)
                and node.value.id in aliases
            )
        if isinstance(node, ast.Call):
            arguments = keyed_arguments(node)
            given = [key for key, one in arguments if isinstance(one, ast.Name) and one.id in aliases]
            return bool(given) and not self._only_uses(node, given)
        if isinstance(node, ast.withitem) and self._resource.entering != "keeps-open":
            return isinstance(node.context_expr, ast.Name) and node.context_expr.id in aliases
        return False


# Any: each function takes the kind of node that is beside it in the table.
_RELEASES: Mapping[type[ast.AST], Callable[[_Search, Any], bool]] = {
    ast.Attribute: _Search.calls_release,
    ast.Call: _Search.passes,
    ast.Assign: _Search.contains,
    ast.withitem: _Search.enters,
    ast.For: lambda search, node: search.holds(node.iter),
    ast.AsyncFor: lambda search, node: search.holds(node.iter),
    ast.comprehension: lambda search, node: search.holds(node.iter),
    ast.Match: lambda search, node: search.holds(node.subject),
    ast.Constant: _Search.names_it,
    ast.FunctionDef: _Search.takes,
    ast.AsyncFunctionDef: _Search.takes,
}
