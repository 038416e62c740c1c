"""What a name holds wherever it is read, because one statement alone binds it.

For names that a nested function takes from the function around it, which the flow through one function does not see.
A name with two bindings, one that is declared `global` or `nonlocal` elsewhere, and a parameter are not known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.syntax.bindings import (
    BINDS_NOTHING,
    Assignment,
    assignments,
    bound_names,
    declared_names,
    target_names,
)
from flake8_naq.syntax.names import Names, Scope, owner_of
from flake8_naq.syntax.nodes import FUNCTIONS, WITHS, is_none, parameters
from flake8_naq.syntax.walk import walk, walk_scope

_ASSIGNING = (ast.Assign, ast.AnnAssign, ast.NamedExpr, *WITHS)


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

    def __init__(self, scopes: Mapping[ast.AST, Scope], catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._declared = {name for scope in scopes.values() for name in scope.outer}
        self._found: dict[tuple[Scope, str], Known | None] = {}
        self._binding: dict[Scope, dict[str, list[ast.AST]]] = {}
        self._names: dict[Scope, Names] = {}

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

    def is_only_parameter(self, name: str, owner: Scope) -> bool:
        """Return whether nothing but a parameter of the function binds the name."""
        return name not in self._declared and all(type(one) is ast.arg for one in self._bound(owner, name))

    def called(self, node: ast.expr, scope: Scope) -> str | None:
        """Return the canonical name of the function that the expression calls, None for other expressions."""
        return self.names_of(scope).of(node.func) if isinstance(node, ast.Call) else None

    def names_of(self, scope: Scope) -> Names:
        """Return what finds canonical names as seen from the scope, made once."""
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
        elif isinstance(node, ast.Call) and self.called(node, scope) == "dict":
            yield from (Key(one.arg, one.value) for one in node.keywords if one.arg is not None)


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
