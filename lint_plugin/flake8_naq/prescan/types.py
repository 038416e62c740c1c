"""Which class the value of a name or of an attribute of `self` has, as far as calls and annotations say.

A class is known by the canonical name of what made the value: `pathlib.Path`, or the function that returns one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.prescan.callees import Callees
from flake8_naq.syntax.bindings import Assignment, assignments
from flake8_naq.syntax.names import FunctionNode, Names, Scope
from flake8_naq.syntax.nodes import FUNCTIONS, dotted, parameters
from flake8_naq.syntax.walk import scope_nodes

_SELF = "self"
_UNION = "Union"
_WRAPPING = ("Optional", "Annotated", "ClassVar", "Final", "InitVar", "Mapped", "Required", "NotRequired")


def types_in(
    node: ast.AST, scope: Scope, assigned: Iterable[Assignment], names: Names, catalogue: Catalogue
) -> dict[str, str]:
    """Return the class of names that are set from a call, of annotated parameters, and of `self.attribute`s."""
    found = _called(assigned, names)
    if isinstance(node, FUNCTIONS):
        found |= _annotated(node, names)
    owner = scope.enclosing_class if catalogue.methods else None
    if owner is not None:
        found |= _attributes(owner, catalogue.known)
    classes = catalogue.classes
    return {name: classes.get(called, called) for name, called in found.items()} if classes else found


def _called(assigned: Iterable[Assignment], names: Names) -> dict[str, str]:
    """Return for each name the function whose call, awaited or not, it is set from."""
    found: dict[str, str] = {}
    for targets, value in assigned:
        if len(targets) == 1 and type(targets[0]) is ast.Name:
            called = called_by(value, names)
            if called is not None:
                found[targets[0].id] = called
    return found


def called_by(value: ast.expr, names: Names) -> str | None:
    """Return the canonical name of what the expression calls, None for anything but a call."""
    call = value.value if type(value) is ast.Await else value
    return names.of(call.func) if type(call) is ast.Call else None


def _annotated(function: FunctionNode, names: Names) -> dict[str, str]:
    annotated = ((one.arg, class_of(one.annotation, names)) for one in parameters(function.args))
    return {name: called for name, called in annotated if called is not None}


def class_of(annotation: ast.expr | None, names: Names) -> str | None:
    """Return the canonical name of the class that an annotation means, None where it means none."""
    parts = annotation_parts(annotation) if annotation is not None else ()
    return next((called for part in parts if (called := names.of(part)) is not None), None)


@lru_cache(maxsize=4)
def _attributes(owner: Scope, known: frozenset[str]) -> Mapping[str, str]:
    """Return the class of each attribute of `self` that the methods of a class set, always to the same."""
    names = Names(owner.parent or owner, known)
    found: dict[str, set[str]] = {}
    for name, called in _assigned_attributes(owner, names):
        found.setdefault(f"{_SELF}.{name}", set()).add(called)
    return {name: next(iter(called)) for name, called in found.items() if len(called) == 1}


def _assigned_attributes(owner: Scope, names: Names) -> Iterator[tuple[str, str]]:
    """Yield the name of each attribute that is set or annotated, with the class of the value."""
    if isinstance(owner.node, ast.ClassDef):
        for statement in owner.node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                yield from _paired(statement.target.id, class_of(statement.annotation, names))
    for function in owner.functions.values():
        given = _annotated(function, names)
        for node in scope_nodes(function, ast.Assign, ast.AnnAssign):
            yield from _set_attributes(node, given, names)


def _set_attributes(
    node: ast.Assign | ast.AnnAssign, given: Mapping[str, str], names: Names
) -> Iterator[tuple[str, str]]:
    for targets, value in assignments(node):
        for target in targets:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == _SELF:
                called = given.get(value.id) if isinstance(value, ast.Name) else called_by(value, names)
                if called is None and isinstance(node, ast.AnnAssign):
                    called = class_of(node.annotation, names)
                yield from _paired(target.attr, called)


def _paired(name: str, called: str | None) -> Iterator[tuple[str, str]]:
    if called is not None:
        yield name, called


def annotation_parts(annotation: ast.expr) -> Iterable[ast.expr]:
    """Return the classes that an annotation may mean: `X`, `X | None`, `Optional[X]`, and the same as a string.

    The brackets of any other name have the class of a part: `list[X]`.
    """
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except (SyntaxError, ValueError):
            return []
    if isinstance(annotation, ast.Constant):
        return []
    if isinstance(annotation, ast.BinOp):
        inner = [annotation.left, annotation.right]
    elif isinstance(annotation, ast.Subscript):
        inside = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        named = dotted(annotation.value).rpartition(".")[2]
        inner = inside if named == _UNION else inside[:1] if named in _WRAPPING else []
    else:
        return [annotation]
    return [part for one in inner for part in annotation_parts(one)]


def instance_call(
    function: ast.Attribute, names: Names, types: Mapping[str, str], catalogue: Catalogue, callees: Callees
) -> str | None:
    """Return `pathlib.Path.open` for `Path(p).open`, and for `p.open` where `p` is known to be a `Path`.

    `types` are the classes that the function itself says; the `callees` say more.
    """
    value = function.value
    if function.attr not in catalogue.opening_methods:
        return None
    owner: str | None = None
    if isinstance(value, ast.Name):
        owner = types.get(value.id)
    elif isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and value.value.id == _SELF:
        owner = types.get(f"{_SELF}.{value.attr}")
    else:
        called = called_by(value, names)
        owner = None if called is None else catalogue.classes.get(called, called)
    found = f"{owner}.{function.attr}"
    if found in catalogue.acquire:
        return found
    if function.attr not in catalogue.instance_methods:  # what follows may read other modules
        return None
    owner = callees.instance(function, names)
    return None if owner is None else f"{owner}.{function.attr}"
