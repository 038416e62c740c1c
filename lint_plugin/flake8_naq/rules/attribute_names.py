"""What the code says of an attribute by its name: that it is `self.x`, that a class introduces it, which texts cannot get it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from flake8_naq.syntax.bindings import assignments, leaf_targets, stored_values
from flake8_naq.syntax.names import Scope
from flake8_naq.syntax.nodes import dotted, is_none
from flake8_naq.syntax.walk import walk_scope

OWN: Final = ("self", "cls")
CLASS_OF_SELF: Final = ("type(self)", "self.__class__")


def introduces(owner: Scope, attribute: str) -> bool:
    """Return whether the class itself introduces the attribute, so that a base of another file does not know it.

    The class body or `__init__` sets it to None, `__slots__` names it, a method asks with `hasattr` whether there is one
    yet, or Python gives it a name of the class alone: `self.__nc`.
    """
    if attribute.startswith("__") and not attribute.endswith("__"):
        return True
    body = owner.node.body if isinstance(owner.node, ast.ClassDef) else []
    init = owner.functions.get("__init__")
    for node in (*body, *(walk_scope(init) if init is not None else ())):
        for target, value in stored_values(node):
            name = target.attr if isinstance(target, ast.Attribute) else dotted(target)
            if name == attribute and is_none(value):
                return True
            if name == "__slots__" and value is not None and any(_says(part, attribute) for part in ast.walk(value)):
                return True
    return any(_asks_for(node, attribute) for function in owner.functions.values() for node in walk_scope(function))


def _asks_for(node: ast.AST, attribute: str) -> bool:
    """Return whether the node is `hasattr(self, "attribute")`."""
    if not isinstance(node, ast.Call) or dotted(node.func) != "hasattr" or len(node.args) != 2:
        return False
    return dotted(node.args[0]) in OWN and _says(node.args[1], attribute)


def texts_of_other_things(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node that may be the name of an attribute and give no object that has it."""
    match node:
        case ast.Call(func=ast.Name(id="hasattr"), args=[owner, asked]) if dotted(owner) in OWN:
            yield asked
        case ast.Compare(left=ast.Constant() as asked, ops=[ast.In() | ast.NotIn()]):
            yield asked
        case ast.Call(func=ast.Attribute(value=value, attr="get" | "pop" | "setdefault"), args=[key, *_]):
            if not _is_namespace(value):
                yield key
        case ast.Subscript(value=value, slice=key):
            if not _is_namespace(value):
                yield key
        case ast.Assign(targets=[ast.Name(id="__slots__")], value=value):
            yield from ast.walk(value)


def _is_namespace(node: ast.expr) -> bool:
    """Return whether the keys of a mapping are the names of attributes: `vars(self)`, `self.__dict__`."""
    named = node.func if isinstance(node, ast.Call) else node
    return dotted(named).rpartition(".")[2] in ("vars", "__dict__", "locals", "globals")


def _says(node: ast.AST, attribute: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == attribute


def is_own(node: ast.expr, attribute: str, owner: Scope) -> bool:
    """Return whether the node is the attribute of `self`, or of the class."""
    if not isinstance(node, ast.Attribute) or node.attr != attribute:
        return False
    name = owner.node.name if isinstance(owner.node, ast.ClassDef) else ""
    return dotted(node.value) in (*OWN, name) or ast.unparse(node.value) in CLASS_OF_SELF


def assigned_targets(node: ast.AST, items: tuple[int, ...] = ()) -> Iterator[ast.expr]:
    """Yield the leaf targets of an assignment or `:=`; of a tuple of targets, those at the positions `items`."""
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
        for assignment in assignments(node):
            for target in assignment.targets:
                parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else []
                starred = any(isinstance(part, ast.Starred) for part in parts)
                known = bool(items) and max(items) < len(parts) and not starred
                yield from leaf_targets([parts[item] for item in items] if known else [target])
