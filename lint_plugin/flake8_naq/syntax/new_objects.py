"""Class methods that return a new object of their class: `Bus.create(url)`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial

from flake8_naq.syntax.bindings import bound_names, stored_values
from flake8_naq.syntax.names import FunctionNode, Scope
from flake8_naq.syntax.nodes import FUNCTIONS, dotted
from flake8_naq.syntax.walk import is_generator, walk, walk_scope


def new_objects(owner: Scope, makers: Collection[str] = ()) -> Mapping[str, list[ast.expr]]:
    """Return by the names of its class methods what those return that make a new object on each normal end.

    That is a call, or the only name of the object. What the `makers` return counts as new.
    """
    found: dict[str, list[ast.expr]] = {}
    for name, function in owner.functions.items():
        of_cls = is_class_method(function) and sum("cls" in bound_names(node) for node in walk_scope(function)) <= 1
        makes = partial(makes_object, owner=owner, makers=makers)
        objects = list(returned_objects(function, makes)) if of_cls else []
        if objects and all(call is not None for _, call in objects):
            found[name] = [value for value, _ in objects]
    return found


def makers_of(owner: Scope) -> Collection[str]:
    """Return the names of the class methods that return a new object, also one that another of them makes."""
    found: Collection[str] = ()
    while len(more := new_objects(owner, found).keys()) > len(found):
        found = more
    return found


def is_class_method(function: ast.AST) -> bool:
    """Return whether the function is a class method, and nothing else by a decorator or a `yield`."""
    decorators = [dotted(one) for one in function.decorator_list] if isinstance(function, FUNCTIONS) else []
    return decorators == ["classmethod"] and not is_generator(function)


def makes_object(node: ast.expr | None, owner: Scope, makers: Collection[str] = ()) -> bool:
    """Return whether the expression makes an object: `cls(...)`, or a call of the class by its name."""
    names = ("cls", owner.node.name if isinstance(owner.node, ast.ClassDef) else "")
    calls = (*names, *(f"{name}.{maker}" for name in names for maker in makers))
    return isinstance(node, ast.Call) and dotted(node.func) in calls


def returned_objects(
    function: FunctionNode, makes: Callable[[ast.expr | None], bool]
) -> Iterator[tuple[ast.expr, ast.Call | None]]:
    """Yield what the function returns, with the call that has made it: the object itself, or its only name.

    `makes` says which expressions make an object; the call is None where something else is returned.
    """
    nodes = list(walk_scope(function))
    values = [node.value for node in nodes if isinstance(node, ast.Return)]
    ends = isinstance(function.body[-1], (ast.Return, ast.Raise, ast.Try, ast.With, ast.AsyncWith))
    for value in values if ends else ():
        made = value
        if isinstance(value, ast.Name):
            stored = [one for node in nodes for target, one in stored_values(node) if dotted(target) == value.id]
            once = sum(value.id in bound_names(node) for node in walk(function)) == 1
            made = stored[0] if once and len(stored) == 1 and _is_only_returned(function, value.id) else None
        yield value or ast.Constant(None), made if isinstance(made, ast.Call) and makes(made) else None


def _is_only_returned(function: FunctionNode, name: str) -> bool:
    """Return whether no code but the caller gets what the name holds: other uses look something up in it."""
    used = {id(node.value) for node in walk(function) if isinstance(node, (ast.Attribute, ast.Return))}
    loads = (node for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return all(id(node) in used for node in loads if node.id == name)
