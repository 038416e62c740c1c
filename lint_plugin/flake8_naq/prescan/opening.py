"""Whether the arguments of a call say that it opens a resource."""

from __future__ import annotations

import ast
from enum import Enum

from flake8_naq.catalogue.model import ArgumentTest, Resource
from flake8_naq.syntax.callees import argument_of
from flake8_naq.syntax.nodes import dotted


class _Given(Enum):
    """What is known of an argument."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def opens(resource: Resource, call: ast.Call) -> bool:
    """Return whether the call opens the resource; an argument that cannot be read says that it does not."""
    if any(_given(call, test) in _not_opening(resource, call) for test in resource.opens_unless):
        return False
    return not resource.opens_if or any(_given(call, test) is _Given.YES for test in resource.opens_if)


def _not_opening(resource: Resource, call: ast.Call) -> tuple[_Given, ...]:
    """Return what an argument may be that says that the call opens nothing."""
    has_options = any(keyword.arg is None for keyword in call.keywords)
    return (_Given.YES,) if resource.opens_with_options and has_options else (_Given.YES, _Given.UNKNOWN)


def outlives(resource: Resource, call: ast.Call) -> bool:
    """Return whether the call says that what it opens may stay open for good."""
    return any(_given(call, test) is _Given.YES for test in resource.outlives_if)


def _given(call: ast.Call, test: ArgumentTest) -> _Given:
    """Return whether the call has the argument, with the value that the test names, if it names one."""
    by_position = test.argument.isdigit()
    value = argument_of(call, int(test.argument) if by_position else len(call.args), test.argument)
    if value is None:
        spread = by_position and any(isinstance(one, ast.Starred) for one in call.args)
        spread = spread or any(keyword.arg is None for keyword in call.keywords)
        return _Given.UNKNOWN if spread and test.value is None else _Given.NO  # one value among all is not likely
    if test.value is not None:
        return _is_value(value, test.value)
    if isinstance(value, ast.Constant) and not value.value:
        return _Given.NO
    return _Given.NO if test.unless_named and _named(value).endswith(test.unless_named) else _Given.YES


def _is_value(value: ast.expr, wanted: str) -> _Given:
    """Return whether the argument is the literal of a test, or has its name: `pool.NullPool`, `DETACHED | HIDDEN`."""
    if wanted.startswith("."):
        flags = [value]
        for one in flags:
            flags += [one.left, one.right] if isinstance(one, ast.BinOp) else ()
        names = [dotted(one).rpartition(".")[2] for one in flags if not isinstance(one, ast.BinOp)]
        if wanted.removeprefix(".") in names:
            return _Given.YES
        return _Given.NO if all(name[:1].isupper() for name in names) else _Given.UNKNOWN  # the others are variables
    if not isinstance(value, ast.Constant):
        return _Given.UNKNOWN
    return _Given.YES if value.value == ast.literal_eval(wanted) else _Given.NO


def _named(value: ast.expr) -> str:
    """Return the last name of a path, or of what is called for the value, in small letters."""
    while isinstance(value, (ast.Call, ast.Await)):
        value = value.func if isinstance(value, ast.Call) else value.value
    return dotted(value).rpartition(".")[2].lower()
