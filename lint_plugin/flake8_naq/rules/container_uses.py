"""The uses of a list, dictionary or the like in which a class or a function keeps resources.

A use is harmless if it surely closes nothing: a look at its length or its keys, a read of an attribute of an item, the
removal of an item.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from functools import cached_property
from typing import Final, TypeGuard

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.callees import Effect
from flake8_naq.syntax.bindings import assignments, plain_assignment, stored_values
from flake8_naq.syntax.callees import callee_of, keyed_arguments, parameter_of
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.nodes import FUNCTIONS, dotted, is_none, method_called
from flake8_naq.syntax.tree import names_in
from flake8_naq.syntax.value_uses import is_only_inspected, looks_up
from flake8_naq.syntax.walk import is_generator, walk

_MAX_DEPTH: Final = 3  # functions that pass a container on
ADDING: Final = frozenset({"append", "add", "appendleft"})
_LEAVING: Final = ADDING | {"clear", "remove", "discard", "keys", "index", "count"}  # they give no item
_TAKING: Final = frozenset({"get", "pop", "popitem", "popleft"})  # they give an item
_ITERATED: Final = frozenset({"values", "items", "copy"})
_COPIES: Final = frozenset({"list", "tuple", "sorted", "enumerate", "reversed", "iter"})
_MAPPINGS: Final = frozenset({"dict", "OrderedDict", "defaultdict"})
_MAKERS: Final = frozenset({"list", "set", "deque"})
_LOOPS: Final = (ast.For, ast.AsyncFor, ast.comprehension)
_NOT_KEPT: Final = (Event.CLEANUP_REGISTERED, Event.MANAGED, Event.ENDED, Event.OUTLIVES_BLOCK)


def container_of(summary: AcquisitionSummary) -> str:
    """Return the name of what gets the resource as an item, empty where other code gets it too."""
    if summary.saw(*_NOT_KEPT):
        return ""
    places = {place_of(node) for event in (Event.STORED, Event.ESCAPE_SITE) for node in summary.nodes(event)}
    return places.pop() if len(places) == 1 else ""


def place_of(node: ast.AST) -> str:
    """Return `self.clients` for `self.clients[name] = nc` and `self.clients.append(nc)`, empty for the rest."""
    container: ast.expr | None = None
    assigned = plain_assignment(node)
    if assigned is not None:  # `nc = self.clients[name] = ...` gives it a name, too
        items = [one for one in assigned.targets if not isinstance(one, ast.Name)]
        container = items[0].value if len(items) == 1 and isinstance(items[0], ast.Subscript) else None
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ADDING:
        container = node.func.value if len(node.args) == 1 and not node.keywords else None
    path = re.sub(r"\Acls\.", "self.", dotted(container) if container is not None else "")
    return path if "." not in path or (path.startswith("self.") and path.count(".") == 1) else ""


def is_new(value: ast.expr | None) -> bool:
    """Return whether the value is a new container, which holds nothing yet, or None."""
    if isinstance(value, ast.Call):
        return dotted(value.func).rpartition(".")[2] in (*_MAPPINGS, *_MAKERS) and not value.keywords
    parts = [*getattr(value, "elts", ()), *getattr(value, "keys", ())]
    return value is None or is_none(value) or (isinstance(value, (ast.Dict, ast.List, ast.Set)) and not parts)


class ContainerUses:
    """The uses of a name in a function, or of the attributes of that name in the file, of whatever object."""

    def __init__(
        self, facts: ModuleFacts, owner: Scope, container: str, resource: Resource, outer: ContainerUses | None = None
    ) -> None:
        """`outer` are the uses in the function that passes the container."""
        self._facts = facts
        self._resource = resource
        self._outer = outer
        self._depth: int = outer._depth + 1 if outer is not None else 0
        self._tree = facts.parents
        self._owner = owner
        self._name = container.removeprefix("self.")
        self._kind = ast.Attribute if "." in container else ast.Name
        self._closing: Collection[ast.AST] = ()
        self._asked: set[ast.AST] = set()  # a use that leads back to itself closes nothing
        self._nodes = facts.nodes(facts.tree)
        inside = owner.node if self._kind is ast.Name else facts.tree
        self.found = [one for one in facts.nodes(inside) if self._is_it(one)]

    def _is_it(self, node: ast.AST) -> TypeGuard[ast.Attribute | ast.Name]:
        return (isinstance(node, ast.Attribute) and self._kind is ast.Attribute and node.attr == self._name) or (
            isinstance(node, ast.Name) and self._kind is ast.Name and node.id == self._name
        )

    @property
    def are_of_new_container(self) -> bool:
        """Return whether the class or the function itself makes the container, and nothing else is ever put there."""
        made, own = [one for one in self.found if isinstance(one.ctx, ast.Store)], self._owner.node
        of_all = [value for _, value in self._made_in_body]
        if self._kind is ast.Name and (self._name in self._owner.outer or isinstance(own, ast.Module)):
            return False
        return (
            all(is_new(self._assigned(one)) for one in made)
            and all(map(is_new, of_all))
            and (bool(of_all) or any(own in self._tree.ancestors(one) for one in made))
            and not any(isinstance(one, ast.Constant) and one.value == self._name for one in self._nodes)
        )

    @cached_property
    def _made_in_body(self) -> list[tuple[ast.expr, ast.expr | None]]:
        """The targets and values by which a class makes one container for all its objects."""
        node = self._owner.node
        body = node.body if isinstance(node, ast.ClassDef) else []
        found = (pair for statement in body for pair in stored_values(statement))
        return [pair for pair in found if isinstance(pair[0], ast.Name) and pair[0].id == self._name]

    def _assigned(self, target: ast.expr) -> ast.expr | None:
        """Return what the statement assigns to the target; a target of any other statement stands for itself."""
        found = (one.value for one in assignments(self._tree.statement(target)) if target in one.targets)
        return next(found, target)

    @cached_property
    def _is_mapping(self) -> bool:
        """Whether a loop over the container gives keys."""
        if self._outer is not None:
            return self._outer._is_mapping
        values = [self._assigned(one) for one in self.found if isinstance(one.ctx, ast.Store)]
        values += [value for _, value in self._made_in_body]
        called = [dotted(one.func).rpartition(".")[2] for one in values if isinstance(one, ast.Call)]
        return any(isinstance(one, ast.Dict) for one in values) or not _MAPPINGS.isdisjoint(called)

    @property
    def are_harmless(self) -> bool:
        """Whether none of the uses may release an item, or give one to code that may."""
        return all(map(self._of_container, self.found))

    def are_harmless_outside_of(self, closing: ast.AST) -> bool:
        """Return whether no use may release an item but for those in the loop or comprehension that is `closing`."""
        self._closing = set(walk(closing))
        return self.are_harmless

    def _of_container(self, node: ast.expr) -> bool:
        if self._kind is ast.Name and self._tree.function(node) is not self._owner.node:
            return False  # a nested function may outlive the function
        parent = self._tree.parents[node]
        if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)) or is_only_inspected(self._tree, node):
            return True
        if isinstance(parent, ast.Subscript) and parent.value is node:
            return self._of_subscript(parent)
        if isinstance(parent, ast.Attribute):
            return self._of_method(parent)
        return self._of_iterated(node)

    def _of_subscript(self, node: ast.Subscript) -> bool:
        """Return whether nothing closes what is at a key, or gets another name along with it."""
        if isinstance(node.ctx, ast.Load):
            return self._of_iterated(node) if isinstance(node.slice, ast.Slice) else self._of_item(node)
        parent = self._tree.parents[node]
        names = [one for one in getattr(parent, "targets", ()) if isinstance(one, ast.Name)]
        return isinstance(node.ctx, ast.Del) or all(map(self._of_name, names))

    def _of_method(self, method: ast.Attribute) -> bool:
        call = self._tree.parents[method]
        if not isinstance(call, ast.Call) or call.func is not method:
            return False
        if method.attr in _TAKING:
            return self._of_item(call)
        return method.attr in _LEAVING or (method.attr in _ITERATED and self._of_iterated(call))

    def _of_iterated(self, node: ast.expr) -> bool:
        """Return whether a loop over the container, or over a copy of it, closes none of the items."""
        parent = self._tree.parents[node]
        if is_only_inspected(self._tree, node):
            return True
        if isinstance(parent, ast.Call) and parent.args[:1] == [node]:
            calls, called = self._facts.catalogue.calls, _called(self._facts, parent)
            if called in _COPIES or called in calls.sampling:
                return self._of_iterated(parent)
            if called in calls.choosing:
                return self._of_item(parent)
        if isinstance(parent, ast.Subscript) and parent.value is node and not self._is_it(node):  # of a copy
            return isinstance(parent.ctx, ast.Load) and self._of_item(parent)
        call = self._tree.user(node)
        if isinstance(call, ast.Call) and self._is_it(node):
            return self._of_argument(node, call)
        if not isinstance(parent, _LOOPS) or parent.iter is not node:
            return False
        target: ast.expr = parent.target
        if isinstance(node, ast.Call) and isinstance(target, ast.Tuple):  # of `items()` or `enumerate()`
            target = target.elts[-1]
        names = [one for one in ast.walk(target) if isinstance(one, ast.Name)]
        return (self._is_mapping and self._is_it(node)) or all(map(self._of_name, names))

    def _of_argument(self, node: ast.expr, call: ast.Call) -> bool:
        """Return whether what gets the container only uses it: `post(url, files=files)`, or a function of the file."""
        scope = self._facts.scopes.get(self._tree.function(call))
        callee = callee_of(call.func, scope, self._facts.scopes) if scope is not None else None
        keys = [key for key, value in keyed_arguments(call) if value is node]
        method = method_called(call.func)
        if keys and all(self._facts.catalogue.lends_argument(_called(self._facts, call), method, key) for key in keys):
            return True
        if callee is None or len(keys) != 1 or self._depth >= _MAX_DEPTH or callee.function.decorator_list:
            return False
        parameter, owner = parameter_of(callee, call, keys[0]), self._facts.scopes[callee.function]
        if parameter is None or is_generator(callee.function):
            return False
        inner = ContainerUses(self._facts, owner, parameter, self._resource, self)
        return inner.are_only_read and inner.are_harmless

    @property
    def are_only_read(self) -> bool:
        """Return whether the name of the container is given no other value."""
        return all(isinstance(one.ctx, ast.Load) for one in self.found) and self._name not in self._owner.outer

    def _of_item(self, node: ast.expr) -> bool:
        """Return whether nothing closes the item that the expression is, or gives it to code that may."""
        parent = self._tree.parents[node]
        if node in self._asked or isinstance(parent, ast.Expr) or is_only_inspected(self._tree, node):
            return True
        self._asked.add(node)
        if isinstance(parent, ast.Attribute):
            return not looks_up(self._tree, parent, self._resource.last_methods)
        if isinstance(parent, ast.Return):
            return self._of_getter(parent)
        if isinstance(parent, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            return all(self._of_name(one) if isinstance(one, ast.Name) else self._is_inside(one) for one in targets)
        if isinstance(parent, (ast.For, ast.comprehension)) and parent.iter is node:
            return "__iter__" not in self._resource.final_loops
        return isinstance(parent, ast.Call) and (self._is_inside(parent.func) or self._is_lent(node, parent))

    def _is_lent(self, node: ast.expr, call: ast.Call) -> bool:
        """Return whether the call only uses the item that is its argument."""
        facts = self._facts
        names, method = Names(facts.scope_around(call), facts.catalogue.known), method_called(call.func)
        called, keys = names.of(call.func), [key for key, value in keyed_arguments(call) if value is node]
        return bool(keys) and all(
            (facts.catalogue.borrows(called, method, key) and called != "getattr")
            or facts.callees.effect(call, key, names, self._resource) is Effect.BORROWS
            for key in keys
        )

    def _is_inside(self, node: ast.expr) -> bool:
        """Return whether the expression is an item or a method of the container."""
        return isinstance(node, (ast.Subscript, ast.Attribute)) and self._is_it(node.value)

    def _of_name(self, name: ast.Name) -> bool:
        """Return whether nothing closes what the function calls by the name."""
        loads = (one for one in names_in(self._tree.function(name), name.id) if isinstance(one.ctx, ast.Load))
        return all(self._of_item(one) for one in loads if one not in self._closing)

    def _of_getter(self, node: ast.Return) -> bool:
        """Return whether nothing in the file closes what the method returns; of a function's own, any caller may."""
        function = self._tree.function(node)
        if self._kind is ast.Name or not isinstance(function, FUNCTIONS) or function.decorator_list:
            return False
        named = (one for one in self._nodes if isinstance(one, ast.Attribute) and one.attr == function.name)
        return all(self._of_answer(one) for one in named if not self._is_inside(one))

    def _of_answer(self, method: ast.Attribute) -> bool:
        call = self._tree.parents[method]
        if not isinstance(call, ast.Call) or call.func is not method:
            return False
        return self._of_item(self._tree.answer(call))


def _called(facts: ModuleFacts, call: ast.Call) -> str:
    """Return the canonical name of the function called, empty for a function of the file."""
    scope = facts.scopes.get(facts.parents.function(call))
    return "" if scope is None else Names(scope, facts.catalogue.known).of(call.func) or ""
