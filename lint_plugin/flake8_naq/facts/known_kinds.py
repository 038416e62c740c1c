"""Which kind of object an expression gives, such as a client or a JetStream, and the block that it comes from.

What a name holds is asked of `known_values`. An attribute of `self` has the kind of all that a file assigns to it, and
a parameter that of its annotation.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.facts.known_values import Known, KnownValues
from flake8_naq.prescan.types import annotation_parts
from flake8_naq.syntax.bindings import stored_values, target_names
from flake8_naq.syntax.callees import argument_of
from flake8_naq.syntax.names import Scope, owner_of
from flake8_naq.syntax.nodes import FUNCTIONS, annotation_of, dotted, is_none, parameters
from flake8_naq.syntax.walk import scope_nodes, walk, walk_statements

_MAX_STEPS = 12  # names and calls that are followed for one kind


class KnownKinds:
    """Answers for the expressions of one module, of which `text` is the source."""

    def __init__(self, values: KnownValues, scopes: Mapping[ast.AST, Scope], catalogue: Catalogue, text: str) -> None:
        self._values = values
        self._scopes = scopes
        self._catalogue = catalogue
        self._text = text
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

    def kind_of(self, node: ast.expr, scope: Scope, steps: int = _MAX_STEPS, awaited: bool = False) -> str:
        """Return the kind of the catalogue that the expression has, empty where that is not known.

        `awaited`: what an `await` of the expression gives.
        """
        if steps == 0:
            return ""
        if isinstance(node, ast.Await):
            return self.kind_of(node.value, scope, steps - 1, awaited=True)
        if isinstance(node, ast.Name):
            known = self._values.of_name(node.id, scope)
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
        if owner is None or not isinstance(owner.node, FUNCTIONS):
            return ""
        annotation = annotation_of(owner.node.args, name)
        if annotation is None:
            return ""
        parts = [self._values.names_of(owner).of(one) or "" for one in annotation_parts(annotation)]
        made = [self._catalogue.construct.get(one) for one in parts]
        kinds = {one.kind if one is not None else "" for one in made}
        if len(kinds) != 1 or not any(kinds):  # of most: what binds the name takes longer to find out
            return ""
        return kinds.pop() if self._values.is_only_parameter(name, owner) else ""

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
                called = self._values.called(node, scope) or ""
                view = self._catalogue.views.get(called)
                given = argument_of(node, 0, view.parameter) if view is not None else None
                node = given or node.func
            elif isinstance(node, ast.Name) and (known := self._values.of_name(node.id, scope)) is not None:
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
        called = self._values.called(value, known.scope)
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
        called = self._values.called(call, scope) or ""
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
        called, catalogue = self._values.called(call, scope) or "", self._catalogue
        if called in catalogue.construct:
            return "" if awaited else catalogue.construct[called].kind
        resource, view = catalogue.acquire.get(called), catalogue.views.get(called)
        if resource is not None:
            return resource.kind if resource.asynchronous == awaited else ""
        if view is not None:
            return view.returns if view.asynchronous == awaited else ""
        return None


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
