"""What a name holds wherever it is read, because one statement alone binds it: the value's source, and its kind.

For names that a nested function takes from the function around it, which the flow through one function does not see,
and for attributes of `self`. A name with two bindings, one that is declared `global` or `nonlocal` elsewhere, and a
parameter are not known; the annotation of a parameter says its kind.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.prescan.types import annotation_parts
from flake8_naq.syntax.bindings import (
    BINDS_NOTHING,
    Assignment,
    assignments,
    bound_names,
    declared_names,
    stored_values,
    target_names,
)
from flake8_naq.syntax.callees import argument_of
from flake8_naq.syntax.names import Names, Scope, complete_scope
from flake8_naq.syntax.nodes import FUNCTIONS, WITHS, annotation_of, dotted, is_none, parameters
from flake8_naq.syntax.walk import scope_nodes, walk, walk_scope, walk_statements

_ASSIGNING = (ast.Assign, ast.AnnAssign, ast.NamedExpr, *WITHS)
_MAX_STEPS = 12  # names and calls that are followed for one kind


class Known(NamedTuple):
    """The expression that a name is bound to, and the scope of the binding.

    `position`: the name gets this part of the value. `entered`: the name gets what a `with` gets by entering the value.
    """

    value: ast.expr
    scope: Scope
    position: int | None = None
    entered: bool = False


class Key(NamedTuple):
    """A key of a dictionary, and where it is written."""

    name: str
    node: ast.expr


class KnownValues:
    """Answers for the names of one module."""

    def __init__(self, scopes: Mapping[ast.AST, Scope], catalogue: Catalogue, text: str) -> None:
        self._scopes = scopes
        self._catalogue = catalogue
        self._text = text
        self._declared = {name for scope in scopes.values() for name in scope.outer}
        self._found: dict[tuple[Scope, str], Known | None] = {}
        self._binding: dict[Scope, dict[str, list[ast.AST]]] = {}
        self._names: dict[Scope, Names] = {}
        self._kinds: dict[tuple[Scope, str], str] = {}

    @cached_property
    def may_have_kinds(self) -> bool:
        """Whether any expression of the module can have a kind: it imports or calls something that makes an object."""
        makers = set(_makers_of_kinds(self._catalogue))
        roots = {name.partition(".")[0] for name in makers}
        imported = (one for scope in self._scopes.values() for one in (*scope.imports.values(), *scope.stars))
        # A name that nothing binds may be one that the catalogue knows without a module.
        return any(one.partition(".")[0] in roots for one in imported) or any(
            name in self._text for name in makers if "." not in name
        )

    def of_name(self, name: str, scope: Scope) -> Known | None:
        """Return what the name holds as seen from `scope`, None where that is not known."""
        owner = owner_of(name, scope)
        if owner is None or name in self._declared:
            return None
        key = (owner, name)
        if key not in self._found:
            self._found[key] = _only_binding(name, owner, self._bound(owner, name))
        return self._found[key]

    def _bound(self, owner: Scope, name: str) -> Sequence[ast.AST]:
        """Return the nodes of a scope that bind the name."""
        if owner not in self._binding:
            self._binding[owner] = _binding_nodes(owner)
        return self._binding[owner].get(name, ())

    def kind_of(self, node: ast.expr, scope: Scope, steps: int = _MAX_STEPS, awaited: bool = False) -> str:
        """Return the kind of the catalogue that the expression has, empty where that is not known.

        `awaited`: what an `await` of the expression gives.
        """
        if steps == 0:
            return ""
        if isinstance(node, ast.Await):
            return self.kind_of(node.value, scope, steps - 1, awaited=True)
        if isinstance(node, ast.Name):
            known = self.of_name(node.id, scope)
            if known is not None:
                return self._kind_of_known(known, steps - 1, awaited)
            return "" if awaited else self._kind_of_parameter(node.id, scope)
        if isinstance(node, ast.Attribute):
            own = scope.enclosing_class if dotted(node.value) == "self" and not awaited else None
            return "" if own is None else self._kind_of_attribute(node.attr, own, steps - 1)
        return self._kind_of_call(node, scope, steps - 1, awaited) if isinstance(node, ast.Call) else ""

    def _kind_of_parameter(self, name: str, scope: Scope) -> str:
        """Return the kind that the annotation of a parameter names, if nothing else binds the name."""
        owner = owner_of(name, scope)
        if owner is None or name in self._declared or not isinstance(owner.node, FUNCTIONS):
            return ""
        annotation = annotation_of(owner.node.args, name)
        if annotation is None:
            return ""
        parts = [self._names_of(owner).of(one) or "" for one in annotation_parts(annotation)]
        made = [self._catalogue.construct.get(one) for one in parts]
        kinds = {one.kind if one is not None else "" for one in made}
        if len(kinds) != 1 or not any(kinds):  # of most: what binds the name takes longer to find out
            return ""
        return "" if any(type(one) is not ast.arg for one in self._bound(owner, name)) else kinds.pop()

    def has_kind_of_parameter(self, scope: Scope) -> bool:
        """Return whether the annotation of a parameter of the function says its kind."""
        given = parameters(scope.node.args) if isinstance(scope.node, FUNCTIONS) else ()
        return any(one.annotation is not None and self._kind_of_parameter(one.arg, scope) for one in given)

    @cached_property
    def has_kinds_of_attributes(self) -> bool:
        """Whether an attribute of `self` can have a kind: some attribute is set to a value that has one by itself."""
        set_to = (
            (value, scope)
            for scope in self._scopes.values()
            for node in walk_statements(scope.node)
            for target, value in (stored_values(node) if _sets_more_than_names(node) else ())
            if isinstance(target, ast.Attribute) and value is not None
        )
        return any(not _is_of_self(value) and self.kind_of(value, scope) for value, scope in set_to)

    def _kind_of_attribute(self, attribute: str, owner: Scope, steps: int) -> str:
        """Return the kind of all that the module assigns to attributes of that name; None does not count.

        The class itself assigns to it, and has no property of that name.
        """
        assigned = [one for one in self._attributes.get(attribute, ()) if not is_none(one[0])]
        own = any(scope.enclosing_class is owner for _, scope in assigned) and attribute not in owner.functions
        kinds = {self.kind_of(value, scope, steps) if value else "" for value, scope in assigned} if own else set()
        return kinds.pop() if len(kinds) == 1 else ""

    @cached_property
    def _attributes(self) -> Mapping[str, list[tuple[ast.expr | None, Scope]]]:
        """What the module assigns to each attribute of any object, None where no plain assignment sets it."""
        found: dict[str, list[tuple[ast.expr | None, Scope]]] = {}
        for scope in self._scopes.values():
            plain: set[ast.AST] = set()
            for node in scope_nodes(scope.node, ast.Assign, ast.AnnAssign):
                for target, value in stored_values(node):
                    if isinstance(target, ast.Attribute) and value is not None:
                        plain.add(target)
                        found.setdefault(target.attr, []).append((value, scope))
            for target in scope_nodes(scope.node, ast.Attribute):
                if not isinstance(target.ctx, ast.Load) and target not in plain:
                    found.setdefault(target.attr, []).append((None, scope))
        return found

    def kind_of_receiver(self, call: ast.Call, scope: Scope) -> str:
        """Return the kind of the object whose method is called, empty where that is not known or there is none."""
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        if receiver is None:
            return ""
        if not isinstance(receiver, ast.Name):
            may_have_kind = not _is_of_self(receiver) or self.has_kinds_of_attributes
            return self.kind_of(receiver, scope) if may_have_kind else ""
        key = (scope, receiver.id)
        if key not in self._kinds:
            self._kinds[key] = self.kind_of(receiver, scope)
        return self._kinds[key]

    def source(self, node: ast.expr, scope: Scope, steps: int = _MAX_STEPS) -> ast.expr | None:
        """Return the expression of the `with` that gives the object from which the value is made."""
        while steps > 0:
            steps -= 1
            if isinstance(node, ast.Attribute) and (set_to := self._only_value_of(node, scope)) is not None:
                node, scope = set_to
            elif isinstance(node, (ast.Await, ast.Attribute)):
                node = node.value
            elif isinstance(node, ast.Call):
                called = self._called(node, scope) or ""
                view = self._catalogue.views.get(called)
                given = argument_of(node, 0, view.parameter) if view is not None else None
                node = given or node.func
            elif isinstance(node, ast.Name) and (known := self.of_name(node.id, scope)) is not None:
                if known.entered:
                    return known.value
                node, scope = known.value, known.scope
            else:
                return None
        return None

    def _only_value_of(self, node: ast.Attribute, scope: Scope) -> tuple[ast.expr, Scope] | None:
        """Return what the function assigns to an attribute of `self` in its one assignment to it, None apart."""
        set_to = self._attributes.get(node.attr, ()) if dotted(node.value) == "self" else ()
        own = [value for value, where in set_to if where is scope and not is_none(value)]
        return (own[0], scope) if len(own) == 1 and own[0] is not None else None

    def _kind_of_known(self, known: Known, steps: int, awaited: bool) -> str:
        value = known.value
        called = self._called(value, known.scope)
        manager = self._catalogue.managers.get(called) if known.entered and called is not None else None
        if manager is not None:
            at = known.position or 0
            whole = known.position is None and len(manager.yields) > 1
            return "" if whole or at >= len(manager.yields) else manager.yields[at]
        return "" if known.position is not None else self.kind_of(value, known.scope, steps, awaited)

    def _kind_of_call(self, call: ast.Call, scope: Scope, steps: int, awaited: bool) -> str:
        catalogue = self._catalogue
        known = self._kind_of_function(call, scope, awaited)
        if known is not None:
            return known
        called = self._called(call, scope) or ""
        given = argument_of(call, 0, catalogue.calls.parameters.get(called, ""))
        if called in catalogue.calls.pass_through and given is not None:
            return self.kind_of(given, scope, steps, awaited=True) if awaited else ""
        if not isinstance(call.func, ast.Attribute):
            return ""
        kind = catalogue.kinds.get(self.kind_of(call.func.value, scope, steps))
        method = kind.methods.get(call.func.attr) if kind is not None else None
        if method is None or method.asynchronous != awaited or method.returns not in catalogue.kinds:
            return ""
        return method.returns

    def _kind_of_function(self, call: ast.Call, scope: Scope, awaited: bool) -> str | None:
        """Return the kind of what a function of the catalogue gives, None for a call of any other."""
        called, catalogue = self._called(call, scope) or "", self._catalogue
        if called in catalogue.construct:
            return "" if awaited else catalogue.construct[called].kind
        resource, view = catalogue.acquire.get(called), catalogue.views.get(called)
        if resource is not None:
            return resource.kind if resource.asynchronous == awaited else ""
        if view is not None:
            return view.returns if view.asynchronous == awaited else ""
        return None

    def _called(self, node: ast.expr, scope: Scope) -> str | None:
        if not isinstance(node, ast.Call):
            return None
        return self._names_of(scope).of(node.func)

    def _names_of(self, scope: Scope) -> Names:
        if scope not in self._names:
            self._names[scope] = Names(scope, self._catalogue.known)
        return self._names[scope]

    def keys_of(self, node: ast.expr, scope: Scope) -> Iterator[Key]:
        """Yield the keys that a dictionary may have where it is unpacked: constants, or keywords of `dict(...)`.

        The dictionary is written there, or is what a name holds that is only unpacked and added to.
        """
        if isinstance(node, ast.Name):
            known = self.of_name(node.id, scope)
            if known is None or known.position is not None or known.entered:
                return
            parents = {child: outer for outer in walk(known.scope.node) for child in ast.iter_child_nodes(outer)}
            uses = [one for one in parents if isinstance(one, ast.Name) and one.id == node.id]
            if any(isinstance(one.ctx, ast.Load) and not _extends(parents[one]) for one in uses):
                return
            yield from (key for one in uses for key in _set_key(parents[one]))
            node, scope = known.value, known.scope
        if isinstance(node, ast.Dict):
            yield from (key for one in node.keys if one is not None for key in _constant_key(one))
        elif isinstance(node, ast.Call) and self._called(node, scope) == "dict":
            yield from (Key(one.arg, one.value) for one in node.keywords if one.arg is not None)


def _sets_more_than_names(node: ast.AST) -> bool:
    """Return whether an assignment has another target than names, which most have alone."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else ()
    return any(type(one) is not ast.Name for one in targets)


def _is_of_self(node: ast.expr) -> bool:
    """Return whether the expression is `self`, or begins with it: `self.nc.jetstream()`."""
    while isinstance(node, (ast.Attribute, ast.Call, ast.Await)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id == "self"


def _makers_of_kinds(catalogue: Catalogue) -> Iterator[str]:
    """Yield the canonical names of the functions that give an object of a kind."""
    for made in (catalogue.acquire, catalogue.construct):
        yield from (name for name, resource in made.items() if resource.kind in catalogue.kinds)
    yield from (name for name, view in catalogue.views.items() if view.returns in catalogue.kinds)
    managers = catalogue.managers.items()
    yield from (name for name, one in managers if not catalogue.kinds.keys().isdisjoint(one.yields))


def nested_calls(scope: Scope) -> Iterator[ast.Call]:
    """Yield the method calls in a function, its lambdas included, whose receiver no lambda or comprehension binds."""
    yield from _calls(scope.node, frozenset())


def _calls(root: ast.AST, hidden: frozenset[str]) -> Iterator[ast.Call]:
    targets = [node.target for node in scope_nodes(root, ast.comprehension)]
    hidden = hidden.union(name.id for name in target_names(targets)) if targets else hidden
    for node in scope_nodes(root, ast.Call, ast.Lambda):
        if isinstance(node, ast.Lambda):
            yield from _calls(node, hidden.union(one.arg for one in parameters(node.args)))
        elif isinstance(node.func, ast.Attribute):
            if not hidden or not any(isinstance(one, ast.Name) and one.id in hidden for one in walk(node.func.value)):
                yield node


def owner_of(name: str, scope: Scope | None) -> Scope | None:
    """Return the scope that binds a name as seen from `scope`; a method does not see the names of its class."""
    first = scope
    while scope is not None:
        if scope is first or not isinstance(scope.node, ast.ClassDef):
            complete_scope(scope)
            if name in scope.bound or name in scope.imports:
                return scope
        scope = scope.parent
    return None


def _binding_nodes(owner: Scope) -> dict[str, list[ast.AST]]:
    """Return the nodes of a scope that bind each name: those of `bound_names`, and the assignments around them."""
    found: dict[str, list[ast.AST]] = {}
    for node in walk_scope(owner.node):
        if type(node) in BINDS_NOTHING:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            continue
        names = {*bound_names(node), *declared_names(node)}
        if isinstance(node, _ASSIGNING):
            names = {name.id for targets, _ in assignments(node) for name in target_names(targets)}
        for name in names:
            found.setdefault(name, []).append(node)
    return found


def _only_binding(name: str, owner: Scope, binding: Iterable[ast.AST]) -> Known | None:
    """Return what the one statement of a scope that binds the name assigns; a `None` before it does not count."""
    if isinstance(owner.node, FUNCTIONS) and any(one.arg == name for one in parameters(owner.node.args)):
        return None
    found: list[Known] = []
    bound = 0
    for node in binding:
        if isinstance(node, _ASSIGNING):
            found += _assigned(name, assignments(node), owner, entered=isinstance(node, WITHS))
        else:
            bound += 1
    if bound != len(found):  # something else binds it, such as a loop, an import or a `del`
        return None
    values = [known for known in found if known.position is not None or not is_none(known.value)]
    return values[0] if len(values) == 1 else None


def _assigned(name: str, assigned: Iterable[Assignment], owner: Scope, entered: bool) -> Iterator[Known]:
    for targets, value in assigned:
        for target in targets:
            if isinstance(target, ast.Name) and target.id == name:
                yield Known(value, owner, None, entered)
            elif isinstance(target, (ast.Tuple, ast.List)):
                for index, part in enumerate(target.elts):
                    if isinstance(part, ast.Name) and part.id == name:
                        yield Known(value, owner, index, entered)


def _extends(parent: ast.AST) -> bool:
    """Return whether a use of a dictionary unpacks it or sets an item of it."""
    if isinstance(parent, ast.keyword):
        return parent.arg is None
    return isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Store)


def _set_key(parent: ast.AST) -> list[Key]:
    return _constant_key(parent.slice) if isinstance(parent, ast.Subscript) else []


def _constant_key(node: ast.expr) -> list[Key]:
    return [Key(node.value, node)] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
