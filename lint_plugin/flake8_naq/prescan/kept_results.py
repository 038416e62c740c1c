"""Names that keep what a resource has answered when it was asked for its end: `code = process.poll()`."""

from __future__ import annotations

import ast
from collections.abc import Collection

from flake8_naq.catalogue.model import MethodNames
from flake8_naq.syntax.bindings import Assignment, target_names
from flake8_naq.syntax.nodes import dotted, is_none, without_await, without_call


def kept_results(
    assignments: Collection[Assignment], tracked: Collection[str], methods: MethodNames
) -> dict[str, ast.expr]:
    """Return the names that keep nothing but the results of one resource, each with the question for them.

    What ends the resource gives a result as well: `code = process.wait()`.
    """
    found = {
        name.id: value
        for targets, value in assignments
        if (asked := _method(value)) is not None and asked.attr in methods.none_while_open
        for name in target_names(targets)
        if dotted(asked.value) in tracked
    }
    for targets, value in assignments if found else ():
        for name in target_names(targets):
            if name.id in found and not (is_none(value) or _gives_result(value, found[name.id], methods)):
                del found[name.id]
    return found


def _gives_result(value: ast.expr, question: ast.expr, methods: MethodNames) -> bool:
    """Return whether the value is a result of the resource to which the question is put."""
    given, asked = _method(value), _method(question)
    if given is None or asked is None or dotted(given.value) != dotted(asked.value):
        return False
    return given.attr in methods.none_while_open or given.attr in methods.ending


def _method(value: ast.expr) -> ast.Attribute | None:
    method = without_call(without_await(value))
    return method if isinstance(method, ast.Attribute) else None
