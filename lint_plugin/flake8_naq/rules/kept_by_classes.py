"""Whether objects of a class only use a resource that their constructor is given: none of their code may close it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import partial
from typing import Final, NamedTuple

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.facts.held import DATA_CLASS
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.callees import Effect
from flake8_naq.prescan.owner_classes import CONSTRUCTOR, UNCERTAIN
from flake8_naq.rules.attribute_names import OWN
from flake8_naq.rules.attribute_releases import Among, getters_of, is_released_elsewhere, may_be_released
from flake8_naq.rules.ownership_flags import unreached_if_given
from flake8_naq.syntax.bindings import assignments, plain_assignment
from flake8_naq.syntax.callees import Callee, callee_of, class_named, keyed_arguments, parameter_of
from flake8_naq.syntax.hierarchy import Base
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.nodes import dotted, without_await, without_call
from flake8_naq.syntax.own_object import gives_self, is_super, own_attribute
from flake8_naq.syntax.tree import Tree, names_in
from flake8_naq.syntax.value_uses import is_only_inspected, looks_up
from flake8_naq.syntax.walk import walk_scope

_MAX_OBJECTS: Final = 4  # that are made by each other
_SPECIAL_FIELDS: Final = ("ClassVar", "InitVar", "KW_ONLY", "kw_only", "init=False")


def kept_names(
    facts: ModuleFacts,
    owner: Scope,
    call: ast.Call,
    key: int | str,
    resource: Resource,
    around: frozenset[Scope] = frozenset(),
) -> frozenset[str] | None:
    """Return the names of attributes and methods by which an object has the resource that its constructor is given.

    `call` makes the object, and has the resource at the position or keyword `key`. None if the object may close the
    resource, or give it to code that may. The classes `around` make the object, and are asked already.
    """
    if owner in around or len(around) == _MAX_OBJECTS:
        return None
    names, init = _names_in_constructor(facts, owner, call, key, resource), owner.functions.get(CONSTRUCTOR)
    given = parameter_of(Callee(init, True), call, key) if init is not None and names else None
    line = facts.hierarchy.line(owner)
    unreached = unreached_if_given(facts, owner, given, line) if given is not None else frozenset()
    return _if_only_used(facts, owner, names, resource, Among(line, unreached=unreached), around)


def kept_by_base(
    facts: ModuleFacts, owner: Scope, call: ast.Call, key: int | str, resource: Resource
) -> frozenset[str] | None:
    """Return the same names of an object whose own constructor gives the resource to that of its base, by `call`."""
    base = _only_base(facts, owner) if _is_call_of_base(call, owner) else None
    names = None if base is None else _names_in_base(facts, base, call, key, resource)
    asked = {one for found in (base.classes if base is not None else ()) for one in facts.hierarchy.line(found)}
    others = [one for one in facts.hierarchy.related(owner) if one not in asked]
    return _if_only_used(facts, owner, names, resource, Among(others, bases=False))


def _if_only_used(
    facts: ModuleFacts,
    owner: Scope,
    attributes: frozenset[str] | None,
    resource: Resource,
    among: Among,
    around: frozenset[Scope] = frozenset(),
) -> frozenset[str] | None:
    """Return the names and those of methods that return such an attribute, None if the resource may be closed there.

    The object has the methods `among` which these are looked for.
    """
    related = among.classes
    if not attributes or any(name in one.functions for name in UNCERTAIN for one in related):
        return None
    only_uses = partial(object_only_uses, around=around | {owner})
    if any(may_be_released(facts, owner, one, resource, only_uses, among=among) for one in attributes):
        return None
    if any(gives_self(facts.nodes(one.node)) for one in related):
        return None
    getters = {name for attribute in attributes for one in related for name, _ in getters_of(one, attribute)}
    names = attributes | getters
    return names if UsesOfNames(facts, names, resource, related, among.unreached).are_harmless else None


def kept_by_maker(
    facts: ModuleFacts, maker: Callee, call: ast.Call, key: int | str, resource: Resource
) -> frozenset[str] | None:
    """Return the same names of an object that a call of a function makes, which does nothing else with the argument."""
    function, parameter = maker.function, parameter_of(maker, call, key)
    returned = [node.value for node in walk_scope(function) if isinstance(node, ast.Return)]
    made = returned[0] if len(returned) == 1 else None
    if parameter is None or not isinstance(made, ast.Call) or not isinstance(function, ast.FunctionDef):
        return None
    if function.decorator_list or len(list(names_in(function, parameter))) != 1:
        return None
    given = [one for one, value in keyed_arguments(made) if isinstance(value, ast.Name) and value.id == parameter]
    return names_in_object(facts, facts.scopes[function], made, given[0], resource) if given else None


def names_in_object(
    facts: ModuleFacts,
    scope: Scope,
    call: ast.Call,
    key: int | str,
    resource: Resource,
    around: frozenset[Scope] = frozenset(),
) -> frozenset[str] | None:
    """Return the same names for a call in `scope`, of whatever class or maker of the project; None for other calls."""
    called = Names(scope, facts.catalogue.known).of(call.func)
    if called is not None:
        return facts.imported.kept_names(called, call, key, resource)
    if not isinstance(call.func, ast.Name):
        return None
    owner = class_named(call.func.id, scope, facts.scopes)
    if owner is not None:
        return kept_names(facts, owner, call, key, resource, around)
    maker = callee_of(call.func, scope, facts.scopes)
    return None if maker is None else kept_by_maker(facts, maker, call, key, resource)


def only_site(summary: AcquisitionSummary) -> ast.Call | None:
    """Return the call that alone gets the resource, which nothing releases."""
    sites = [node for node in summary.kept_elsewhere if isinstance(node, ast.Call)]
    if len(sites) != 1 or len(summary.kept_elsewhere) != 1 or summary.saw(Event.RELEASED, Event.MANAGED, Event.STORED):
        return None
    return sites[0] if summary.acquired and summary.complete else None


def given_keys(call: ast.Call, summary: AcquisitionSummary) -> list[int | str]:
    """Return at which positions and keywords of a call the resource is, by its name or as what acquires it."""
    acquired = (summary.origin.call, *summary.acquired)
    return [
        key
        for key, value in keyed_arguments(call)
        if (isinstance(value, ast.Name) and value.id == summary.origin.name) or without_await(value) in acquired
    ]


def object_only_uses(
    facts: ModuleFacts, call: ast.Call, key: int | str, resource: Resource, around: frozenset[Scope] = frozenset()
) -> bool:
    """Return whether the call makes an object that only uses the resource at the position or keyword."""
    scope = facts.scope_around(call)
    if Names(scope, facts.catalogue.known).of(call.func) in facts.catalogue.calls.using_classes:
        return True
    names = names_in_object(facts, scope, call, key, resource, around)
    return UsesOfNames(facts, names, resource).are_harmless if names else False


def kept_attributes(facts: ModuleFacts, owner: Scope, call: ast.Call, key: int | str, resource: Resource) -> frozenset[str]:
    """Return the attributes in which the constructor keeps the argument, none if it does more with it."""
    if "__init__" not in owner.functions:
        return _fields(facts, owner, key)
    kept = _in_constructor(facts, owner, call, key, resource)
    return frozenset() if kept is None or kept.passed else kept.attributes


class _Kept(NamedTuple):
    """What a constructor does with an argument: attributes that keep it, and where it is in calls of the base's."""

    attributes: frozenset[str]
    passed: tuple[tuple[ast.Call, int | str], ...]


def _names_in_constructor(
    facts: ModuleFacts, owner: Scope, call: ast.Call, key: int | str, resource: Resource
) -> frozenset[str] | None:
    """Return the attributes that keep the argument, and names by which a base has it; None if more is done with it."""
    base = _only_base(facts, owner)
    if "__init__" not in owner.functions:
        if base is None:
            return _fields(facts, owner, key)
        return None if getattr(owner.node, "decorator_list", []) else _names_in_base(facts, base, call, key, resource)
    kept = _in_constructor(facts, owner, call, key, resource)
    found = set[str]() if kept is None else set(kept.attributes)
    for inner, position in () if kept is None else kept.passed:
        names = None if base is None else _names_in_base(facts, base, inner, position, resource)
        if names is None:
            return None
        found |= names
    return frozenset(found) or None


def _only_base(facts: ModuleFacts, owner: Scope) -> Base | None:
    """Return the one base of the class that does more than to be there."""
    inert = facts.catalogue.calls.inert_bases
    bases = [one for one in facts.hierarchy.bases(owner) if one.classes or one.canonical not in inert]
    return bases[0] if len(bases) == 1 else None


def _names_in_base(
    facts: ModuleFacts, base: Base, call: ast.Call, key: int | str, resource: Resource
) -> frozenset[str] | None:
    """Return the names by which an object has what `call` gives to the constructor of its base."""
    if base.canonical is not None:
        return facts.imported.kept_names(base.canonical, call, key, resource)
    return kept_names(facts, base.classes[0], call, key, resource) if len(base.classes) == 1 else None


def _in_constructor(
    facts: ModuleFacts, owner: Scope, call: ast.Call, key: int | str, resource: Resource
) -> _Kept | None:
    init = owner.functions["__init__"]
    parameter = parameter_of(Callee(init, True), call, key)
    if parameter is None or init.decorator_list or getattr(owner.node, "decorator_list", []):
        return None
    tree, names = Tree(ast.Module([init], [])), Names(facts.scopes[init], facts.catalogue.known)
    found, passed = set[str](), list[tuple[ast.Call, int | str]]()
    for one in names_in(init, parameter):
        kept, given = _kept_on_self(tree, one), _given_to_base(tree, one, owner)
        if kept:
            found.add(kept)
        elif given is not None:
            passed.append(given)
        elif not _only_looks(facts, names, tree, one, resource):
            return None
    return _Kept(frozenset(found), tuple(passed))


def _given_to_base(tree: Tree, name: ast.Name, owner: Scope) -> tuple[ast.Call, int | str] | None:
    """Return the call of `super().__init__` that gets the name, and where."""
    call = tree.user(name)
    if not isinstance(call, ast.Call) or not _is_call_of_base(call, owner):
        return None
    return next(((call, key) for key, value in keyed_arguments(call) if value is name), None)


def _is_call_of_base(call: ast.Call, owner: Scope) -> bool:
    """Return whether the call is `super().__init__()` in a method of the class."""
    function = call.func
    if not isinstance(function, ast.Attribute) or function.attr != CONSTRUCTOR or not is_super(function.value):
        return False
    return not function.value.args or dotted(function.value.args[0]) == getattr(owner.node, "name", "")


def _fields(facts: ModuleFacts, owner: Scope, key: int | str) -> frozenset[str]:
    """Return the field of a data class that gets the argument."""
    node, names = owner.node, Names(owner, facts.catalogue.known)
    if not isinstance(node, ast.ClassDef) or node.bases or "__post_init__" in owner.functions:
        return frozenset()
    decorators = [names.of(without_call(one)) for one in node.decorator_list]
    if len(decorators) != 1 or decorators[0] not in DATA_CLASS:
        return frozenset()
    if any(word in ast.unparse(node) for word in _SPECIAL_FIELDS):
        return frozenset()
    fields = [one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]
    if isinstance(key, int):
        return frozenset(fields[key : key + 1])
    return frozenset({key} & set(fields))


def _kept_on_self(tree: Tree, name: ast.Name) -> str:
    """Return the attribute of `self` that a statement sets to the value, or to another one where there is none."""
    value: ast.expr = name
    parent = tree.parents[name]
    match parent:
        case ast.BoolOp(op=ast.Or(), values=[first, *_]) if first is name:
            value, parent = parent, tree.parents[parent]
        case ast.IfExp(test=test, body=body, orelse=orelse) if test is not name and name in (body, orelse):
            value, parent = parent, tree.parents[parent]
    for targets, one in assignments(parent) if isinstance(parent, (ast.Assign, ast.AnnAssign)) else ():
        if one is value and len(targets) == 1:
            return own_attribute(targets[0])
    return ""


def _only_looks(facts: ModuleFacts, names: Names, tree: Tree, name: ast.Name, resource: Resource) -> bool:
    parent = tree.parents[name]
    if isinstance(parent, ast.Attribute):
        return not looks_up(tree, parent, resource.last_methods)
    call = tree.user(name)
    if isinstance(call, ast.Call):
        if names.of(call.func) == "hasattr":
            return True
        keys = [key for key, value in keyed_arguments(call) if value is name]
        return all(facts.callees.effect(call, key, names, resource) is Effect.BORROWS for key in keys)
    return is_only_inspected(tree, name)


class UsesOfNames:
    """The uses in one file of attributes that have the resource; those of `self` in other classes are other ones."""

    def __init__(
        self,
        facts: ModuleFacts,
        names: frozenset[str],
        resource: Resource,
        related: Collection[Scope] = (),
        unreached: Collection[ast.AST] = (),
    ) -> None:
        self._facts = facts
        self._tree = facts.parents
        self._names = names
        self._resource = resource
        self._classes = {one.node for one in related}
        self._unreached = unreached

    @property
    def are_harmless(self) -> bool:
        """Whether none of them may close the resource, or give it to code that may."""
        if any(is_released_elsewhere(self._facts, name, self._resource) for name in self._names):
            return False
        return all(map(self._is_harmless, self._found()))

    def _found(self) -> Iterator[ast.Attribute]:
        for node in self._facts.nodes(self._facts.tree):
            if isinstance(node, ast.Attribute) and node.attr in self._names and self._may_be(node):
                if node not in self._unreached:
                    yield node

    def _may_be(self, node: ast.Attribute) -> bool:
        """Return whether the object may be of the class: `self` of another class is not."""
        if dotted(node.value) not in OWN:
            return True
        around = (one for one in self._tree.ancestors(node) if isinstance(one, ast.ClassDef))
        return next(around, None) in self._classes

    def _is_harmless(self, node: ast.Attribute) -> bool:
        tree, parent = self._tree, self._tree.parents[node]
        if isinstance(node.ctx, ast.Store):  # what is put in the place of the resource does not close it
            return dotted(node.value) in OWN
        value: ast.expr = node
        if isinstance(parent, ast.Call) and parent.func is node:  # of a getter
            value, parent = parent, tree.parents[parent]
        if isinstance(parent, ast.Await):
            value, parent = parent, tree.parents[parent]
        named = plain_assignment(parent)
        if named is not None:
            return named.value is value and all(isinstance(one, ast.Name) for one in named.targets)
        if isinstance(parent, (ast.Return, ast.Expr, ast.keyword)):
            return True
        if isinstance(parent, (ast.Attribute, ast.Subscript)):
            return not looks_up(tree, parent, self._resource.last_methods)
        return isinstance(parent, ast.Call) or is_only_inspected(tree, value)
