"""Resources that a nested function uses which belongs to what the function returns: `{"ask": ask}`, a web application.

The caller has the returned object, and uses the resource through it for as long as it likes. A nested function that is
returned by itself is followed by the flow.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.dataflow.verdict import Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.syntax.callees import PARTIAL, arguments_of
from flake8_naq.syntax.nodes import DEFINITIONS, FUNCTIONS, dotted
from flake8_naq.syntax.walk import scope_nodes, walk


def is_kept_by_answer(function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether the function returns an object with a nested function, or a bound method, that uses the resource."""
    name = verdict.summary.origin.name
    root = function.scope.node
    if name is None or not isinstance(root, FUNCTIONS):
        return False
    using = [node for node in scope_nodes(root, *DEFINITIONS) if _mentions(node, name)]
    answers = [node.value for node in scope_nodes(root, ast.Return) if node.value is not None]
    return any(_keeps(answer, name, using, function) for answer in answers)


def _mentions(nested: ast.AST, name: str) -> bool:
    return any(type(node) is ast.Name and node.id == name for node in walk(nested))


def _keeps(answer: ast.expr, name: str, using: list[ast.AST], function: FunctionFacts) -> bool:
    if isinstance(answer, ast.Name):
        return any(answer.id in _registered_with(nested, function.scope.node) for nested in using)
    named = {one.name for one in using if isinstance(one, (*FUNCTIONS, ast.ClassDef))}
    for item in _items(answer, function):
        if (isinstance(item, ast.Name) and item.id in named) or item in using:
            return True
        if isinstance(item, ast.Attribute) and dotted(item.value) == name and _is_partial(answer, function):
            return True
    return False


def _items(answer: ast.expr, function: FunctionFacts) -> Iterator[ast.expr]:
    """Yield what a display or a call of `partial` keeps, at any depth."""
    inner: list[ast.expr] = []
    if isinstance(answer, ast.Dict):
        inner = answer.values
    elif isinstance(answer, (ast.Tuple, ast.List, ast.Set)):
        inner = answer.elts
    elif _is_partial(answer, function) and isinstance(answer, ast.Call):
        inner = arguments_of(answer)
    for one in inner:
        yield one
        yield from _items(one, function)


def _is_partial(answer: ast.expr, function: FunctionFacts) -> bool:
    return isinstance(answer, ast.Call) and function.names.of(answer.func) == PARTIAL


def _registered_with(nested: ast.AST, root: ast.AST) -> Iterator[str]:
    """Yield the names of the objects that get the nested function: `@app.get("/")`, `app.add_route("/", index)`."""
    if not isinstance(nested, FUNCTIONS):
        return
    for decorator in nested.decorator_list:
        yield _owner(decorator)
    for call in scope_nodes(root, ast.Call):
        if any(isinstance(one, ast.Name) and one.id == nested.name for one in arguments_of(call)):
            yield _owner(call)


def _owner(node: ast.expr) -> str:
    """Return `app` for `app.router.get("/")`."""
    called = dotted(node.func if isinstance(node, ast.Call) else node)
    return called.partition(".")[0] if "." in called else ""
