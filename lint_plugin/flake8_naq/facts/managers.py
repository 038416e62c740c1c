"""Functions that are context managers: the code behind the `yield` is where what they open before it ends."""

from __future__ import annotations

import ast
from typing import Final

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.nodes import FUNCTIONS, dotted
from flake8_naq.syntax.walk import walk_scope

_APPLICATIONS: Final = frozenset({"", "api", "app", "application", "server"})  # names of what a lifespan gets


def is_manager(scope: Scope, catalogue: Catalogue) -> bool:
    """Return whether the function is a context manager by its one decorator, such as the lifespan of an application."""
    node = scope.node
    if not isinstance(node, FUNCTIONS) or len(node.decorator_list) != 1:
        return False
    made_by = Names(scope.parent or scope, catalogue.known).of(node.decorator_list[0])
    return made_by in catalogue.calls.manager_makers


def ends(scope: Scope, catalogue: Catalogue, path: str, call: ast.Call) -> bool:
    """Return whether the function is a context manager that is the end of what `call` opens as `path`.

    It yields nothing, so that its block gets no object that lives on. It does not ask for `path` above the call: where
    it asks whether that is open yet, it may leave it open for the next block.
    """
    if not is_manager(scope, catalogue):
        return False
    nodes = list(walk_scope(scope.node))
    if any(isinstance(node, (ast.Yield, ast.YieldFrom)) and node.value is not None for node in nodes):
        return False
    loads = (node for node in nodes if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load))
    return not any(node.lineno < call.lineno and dotted(node) == path for node in loads)


def is_lifespan(node: ast.AST) -> bool:
    """Return whether a generator function gets an application, which raises nothing in its lifespan, and goes on."""
    return isinstance(node, FUNCTIONS) and any(one.arg.strip("_") in _APPLICATIONS for one in node.args.args)
