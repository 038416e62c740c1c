"""Constructors that open what they are not given: `self.session = session or ClientSession()`.

An object that is made without the argument owns the resource.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from flake8_naq.prescan.owner_classes import CONSTRUCTOR
from flake8_naq.syntax.bindings import bound_names, plain_assignment
from flake8_naq.syntax.names import FunctionNode, Scope
from flake8_naq.syntax.nodes import is_none, parameters
from flake8_naq.syntax.own_object import own_attribute
from flake8_naq.syntax.tree import is_log_call
from flake8_naq.syntax.walk import walk, walk_scope


class GivenOrMade(NamedTuple):
    """The parameter that may bring the resource, as calls give it: by its name, and by its position if it has one.

    `statements` are those that set the attribute.
    """

    arguments: tuple[str, ...]
    statements: frozenset[ast.AST]


def given_or_made(owner: Scope, attribute: str, made: ast.Call) -> GivenOrMade | None:
    """Return how the constructor sets the attribute, if that is to a parameter or else to what the call makes."""
    init = owner.functions.get(CONSTRUCTOR)
    if init is None:
        return None
    given = {one.arg for one in parameters(init.args)} - {"self"}
    for node in walk_scope(init):
        for parameter, statements in _choices(node, init, attribute, made):
            if parameter in given and _is_bound_by_choice(init, parameter, node):
                return GivenOrMade(_arguments(init, parameter), frozenset(statements))
    return None


def _choices(
    node: ast.AST, init: FunctionNode, attribute: str, made: ast.Call
) -> Iterator[tuple[str, list[ast.AST]]]:
    """Yield the name that has the resource if it is given, and the statements that set the attribute."""
    match node:
        case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
            name = _other_arm(value, made) if own_attribute(target) == attribute else ""
            yield name, [node]
        case ast.If(test=test, body=body, orelse=orelse):
            yield from _chosen_by(_asked(test), _without_logs(body), _without_logs(orelse), init, attribute, made)


def _chosen_by(
    name: str, body: list[ast.stmt], orelse: list[ast.stmt], init: FunctionNode, attribute: str, made: ast.Call
) -> Iterator[tuple[str, list[ast.AST]]]:
    """Yield the same for the two blocks of a statement that asks for the name."""
    match body, orelse:
        case [first], [] if _set(first, made):
            if name and _named(_set(first, made)) == name:
                yield name, [one for one in walk_scope(init) if _is_set_to(one, attribute, name)]
        case [first], [second]:
            for one, other in ((first, second), (second, first)):
                opened = _set(one, made)
                if opened is not None and own_attribute(opened) == attribute and _is_set_to(other, attribute, name):
                    yield name, [one, other]


def _without_logs(block: list[ast.stmt]) -> list[ast.stmt]:
    return [one for one in block if not is_log_call(one)]


def _other_arm(value: ast.expr, made: ast.Call) -> str:
    """Return `session` for `session or ClientSession()`, and for the same with `if` and `else`."""
    match value:
        case ast.BoolOp(op=ast.Or(), values=[ast.Name(id=name), last]) if last is made:
            return name
        case ast.IfExp(test=test, body=body, orelse=orelse):
            other = orelse if body is made else body if orelse is made else None
            return other.id if isinstance(other, ast.Name) and _asked(test) == other.id else ""
    return ""


def _asked(test: ast.expr) -> str:
    """Return the name of which a test asks whether it is there."""
    match test:
        case ast.Name(id=name) | ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)):
            return name
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot()], comparators=[other]) if is_none(other):
            return name
    return ""


def _set(statement: ast.AST, made: ast.Call) -> ast.expr | None:
    """Return what the statement sets to the new resource."""
    found = plain_assignment(statement)
    return found.targets[0] if found is not None and len(found.targets) == 1 and found.value is made else None


def _named(target: ast.expr | None) -> str:
    return target.id if isinstance(target, ast.Name) else ""


def _is_set_to(statement: ast.AST, attribute: str, name: str) -> bool:
    match plain_assignment(statement):
        case ([target], ast.Name(id=found)):
            return found == name and own_attribute(target) == attribute
    return False


def _is_bound_by_choice(init: FunctionNode, parameter: str, choice: ast.AST) -> bool:
    """Return whether nothing but the choice gives the parameter another value."""
    inside = set(walk(choice))
    return sum(parameter in bound_names(node) for node in walk(init) if node not in inside) == 1


def _arguments(init: FunctionNode, parameter: str) -> tuple[str, ...]:
    positional = [one.arg for one in (*init.args.posonlyargs, *init.args.args)][1:]
    return (parameter, str(positional.index(parameter))) if parameter in positional else (parameter,)
