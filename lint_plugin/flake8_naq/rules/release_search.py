"""Looks in a file for what may release an attribute, or hand on what it holds: one node after the other."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from flake8_naq.catalogue.model import Resource
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.callees import Effect
from flake8_naq.rules.attribute_names import OWN, assigned_targets, texts_of_other_things
from flake8_naq.rules.unnamed_attributes import is_named_after_release
from flake8_naq.syntax.bindings import plain_assignment
from flake8_naq.syntax.callees import keyed_arguments
from flake8_naq.syntax.names import Names
from flake8_naq.syntax.nodes import dotted, method_called
from flake8_naq.syntax.own_object import gives_self

_SELF = re.compile(r"\b(?:self|cls)\s*\Z")
# Modules that get or wrap an attribute by its name.
_REFLECTION = frozenset({"atexit", "copy", "functools", "inspect", "operator", "types", "unittest"})
_NEAR = 50  # characters before a dot in which `self` is looked for
# Whether the object that a call makes only uses the resource that the call has at a position or keyword.
OnlyUses: TypeAlias = Callable[[ModuleFacts, ast.Call, int | str, Resource], bool]


class Getter(NamedTuple):
    """A method that returns the attribute; `is_called` for that, as no property is."""

    name: str
    is_called: bool


def no_object(facts: ModuleFacts, call: ast.Call, key: int | str, resource: Resource) -> bool:
    """Return False: what a call makes may release what it is given."""
    return False


class ReleaseSearch:
    """Looks for anything that may release `<something>.attribute`."""

    def __init__(
        self,
        facts: ModuleFacts,
        attribute: str,
        resource: Resource,
        getters: Iterable[Getter] = (),
        not_self: bool = False,
        only_uses: OnlyUses = no_object,
    ) -> None:
        """`not_self`: only attributes of other objects count, as `self` of another class is another object.

        `only_uses` tells which of the objects that get the attribute release nothing.
        """
        self._not_self = not_self
        self._object_only_uses = only_uses
        self._facts = facts
        self._attribute = attribute
        self._resource = resource
        self._names = {attribute} | {one.name for one in getters if not one.is_called}
        self._called = {one.name for one in getters}

    @property
    def every_name(self) -> set[str]:
        """The names of the attribute and of the methods that return it."""
        return self._names | self._called

    def is_mentioned(self, text: str) -> bool:
        """Whether anything but `self` seems to have the attribute."""
        names = "|".join(map(re.escape, self.every_name))
        if "getattr(" in text and re.search(rf"getattr\([^()]*,\s*[\"'](?:{names})[\"']", text):
            return True
        dots = (found.start() for found in re.finditer(rf"\.\s*(?:{names})\b", text))
        return any(_SELF.search(text, max(0, dot - _NEAR), dot) is None for dot in dots)

    def releases(self, node: ast.AST) -> bool:
        """Return whether this one node may release it, or hand on what it holds."""
        found = _RELEASES.get(type(node))  # quicker than a chain of questions
        return found is not None and found(self, node)

    def calls_release(self, node: ast.Attribute) -> bool:
        """Return whether the node is a method that ends it, called or not: `self.nc.close`."""
        if node.attr not in self._resource.last_methods:
            return False
        inside = node.value.value if isinstance(node.value, ast.Attribute) and self._resource.views else node.value
        return self._is_it(node.value) or self._is_it(inside)  # a view may have its client: `self.orders.client.close()`

    def names_it(self, node: ast.Constant) -> bool:
        """Return whether code may get it by the text: `getattr(self, "nc")`."""
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
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Constant(value=name), *_]):
                is_it = name in self._names
            case ast.Call(func=ast.Attribute(value=owner, attr=name)):
                is_it = name in self._called
            case ast.Attribute(value=owner, attr=name):
                is_it = name in self._names
            case _:
                return False
        return is_it and not (self._not_self and isinstance(owner, ast.Name) and owner.id in OWN)

    def holds(self, node: ast.expr) -> bool:
        """Return whether the value of the expression may be it, or has it as an item."""
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return any(map(self.holds, node.elts))
        if isinstance(node, ast.IfExp):
            return self.holds(node.body) or self.holds(node.orelse)
        return self._is_it(node)

    def contains(self, node: ast.Assign | ast.AnnAssign) -> bool:
        """Return whether it is put into a container, through which anything may release it."""
        found = plain_assignment(node)
        if found is None:
            return False
        value = found.value
        if any(isinstance(target, ast.Subscript) for target in found.targets) and self.holds(value):
            return True
        items = value.values if isinstance(value, ast.Dict) else getattr(value, "elts", ())
        targets = [target for target in assigned_targets(node) if not isinstance(target, ast.Name)]
        return bool(targets) and any(map(self.holds, items))

    def passes(self, call: ast.Call) -> bool:
        """Return whether the call gets it as an argument and may keep or release it."""
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
        catalogue, method = self._facts.catalogue, method_called(call.func)
        if called == "getattr" and any(self._says_release(one) for one in call.args[1:]):
            return False
        if called in catalogue.calls.applying:  # a file is iterated, and the items of `[self.nc]` are given on
            names = Names(self._facts.scope_around(call), catalogue.known)
            items = (one for one in call.args[1:] if not self._is_it(one))
            return not any(items) or names.of(call.args[0]) in catalogue.calls.borrows
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
            if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and self._aliased(node.value)
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
            one.value.id
            for one in map(plain_assignment, nodes)
            if one is not None and isinstance(one.value, ast.Name) and any(map(self._is_it, one.targets))
        }
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)} if stored else set()
        return any(self._alias_released(node, stored) and id(node) not in called for node in nodes if stored)

    def _aliased(self, value: ast.expr | None) -> bool:
        if value is None:
            return False
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


# Any: each function takes the kind of node that is beside it in the table.
_RELEASES: Mapping[type[ast.AST], Callable[[ReleaseSearch, Any], bool]] = {
    ast.Attribute: ReleaseSearch.calls_release,
    ast.Call: ReleaseSearch.passes,
    ast.Assign: ReleaseSearch.contains,
    ast.AnnAssign: ReleaseSearch.contains,
    ast.withitem: ReleaseSearch.enters,
    ast.For: lambda search, node: search.holds(node.iter),
    ast.AsyncFor: lambda search, node: search.holds(node.iter),
    ast.comprehension: lambda search, node: search.holds(node.iter),
    ast.Match: lambda search, node: search.holds(node.subject),
    ast.Constant: ReleaseSearch.names_it,
    ast.FunctionDef: ReleaseSearch.takes,
    ast.AsyncFunctionDef: ReleaseSearch.takes,
}
