"""Parameters that are constants in a call, and a function in which they are: `done(nc, close=False)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from flake8_naq.syntax.bindings import bound_names
from flake8_naq.syntax.callees import Callee, arguments_of, keyed_arguments, parameter_of
from flake8_naq.syntax.names import FunctionNode
from flake8_naq.syntax.rewritten import rewritten
from flake8_naq.syntax.walk import walk, walk_scope

Settled = tuple[tuple[str, str], ...]  # parameters with their values as Python writes them
_MAX_LINES: Final = 100
_LITERAL: Final = (bool, int, str, type(None))


@lru_cache(maxsize=64)
def settled_by(callee: Callee, call: ast.Call, parameter: str, endings: frozenset[str]) -> Settled:
    """Return the parameters to which the call gives a constant, itself or by leaving out what has a default.

    Only those count on which it may depend whether one of the methods `endings` of the `parameter` is called. There are
    none of a function that is too long to be looked at for each call.
    """
    if (callee.function.end_lineno or 0) - callee.function.lineno > _MAX_LINES:
        return ()
    literals = _literals(callee, call)
    decisive = frozenset(_decisive(callee.function, parameter, endings)) if literals else frozenset()
    return tuple(item for item in literals.items() if item[0] in decisive and _is_only_read(item[0], callee.function))


def none_in(callee: Callee, call: ast.Call) -> frozenset[str]:
    """Return the parameters that are None in the whole function, because the call gives None or leaves them out."""
    literals = _literals(callee, call).items()
    return frozenset(one for one, value in literals if value == "None" and _is_only_read(one, callee.function))


def _literals(callee: Callee, call: ast.Call) -> dict[str, str]:
    """Return the parameters that get a constant, each with that as Python writes it; none if the call unpacks."""
    arguments = keyed_arguments(call)
    if any(isinstance(value, ast.Starred) or key == "**" for key, value in arguments):
        return {}
    given = {parameter_of(callee, call, key): value for key, value in arguments}
    values = dict(_defaults(callee.function)) | {name: value for name, value in given.items() if name is not None}
    return {
        name: repr(value.value)
        for name, value in sorted(values.items())
        if isinstance(value, ast.Constant) and isinstance(value.value, _LITERAL)
    }


def _decisive(function: FunctionNode, parameter: str, endings: frozenset[str]) -> Iterator[str]:
    """Yield the names in tests around what may end the parameter, or of guards, and in calls that get it, too."""
    for node in walk_scope(function):
        if isinstance(node, (ast.If, ast.IfExp, ast.While)):
            if _leaves(node) or any(_may_end(one, parameter, endings) for one in walk(node)):
                yield from (one.id for one in walk(node.test) if isinstance(one, ast.Name))
        elif isinstance(node, ast.Call) and _may_end(node, parameter, endings):
            yield from (one.id for one in arguments_of(node) if isinstance(one, ast.Name))


def _leaves(node: ast.If | ast.IfExp | ast.While) -> bool:
    """Return whether the statement is a guard, `if not close: return`."""
    return isinstance(node, ast.If) and len(node.body) == 1 and isinstance(node.body[0], (ast.Return, ast.Raise))


def _may_end(node: ast.AST, parameter: str, endings: frozenset[str]) -> bool:
    """Return whether the node looks up a method that ends the parameter, or gives the parameter to a call."""
    if isinstance(node, ast.Attribute):
        return node.attr in endings and isinstance(node.value, ast.Name) and node.value.id == parameter
    given = arguments_of(node) if isinstance(node, ast.Call) else []
    return any(isinstance(one, ast.Name) and one.id == parameter for one in given)


def _defaults(function: FunctionNode) -> Iterator[tuple[str, ast.expr]]:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    last = positional[len(positional) - len(arguments.defaults) :]
    parameters = [*last, *arguments.kwonlyargs]
    for one, value in zip(parameters, [*arguments.defaults, *arguments.kw_defaults], strict=True):
        if value is not None:
            yield one.arg, value


def _is_only_read(name: str, function: FunctionNode) -> bool:
    """Return whether the function itself reads the parameter, and nothing binds it again or is nested and uses it."""
    if sum(name in bound_names(node) for node in walk(function)) != 1:
        return False
    own = sum(isinstance(node, ast.Name) and node.id == name for node in walk_scope(function))
    return own == sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(function)) > 0


def with_settled(function: FunctionNode, settled: Settled) -> FunctionNode:
    """Return the function with the constants in place of the parameters, and with the comparisons that they answer."""
    values: dict[str, ast.expr] = {name: ast.parse(text, mode="eval").body for name, text in settled}

    def settle(node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Compare):
            return _answer(node, values) or node
        if isinstance(node, ast.Name) and node.id in values and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Constant(getattr(values[node.id], "value", None)), node)
        return node

    found = rewritten(function, settle)
    assert isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef))
    return found


def _answer(test: ast.Compare, values: dict[str, ast.expr]) -> ast.Constant | None:
    """Return the answer of `close is None` or `mode == "all"`, None where it is not known."""
    left = values.get(test.left.id) if isinstance(test.left, ast.Name) else None
    right = test.comparators[0]
    if not isinstance(left, ast.Constant) or not isinstance(right, ast.Constant) or len(test.ops) != 1:
        return None
    same = type(left.value) is type(right.value) and left.value == right.value
    if isinstance(test.ops[0], (ast.Is, ast.Eq)):
        return ast.copy_location(ast.Constant(same), test)
    return ast.copy_location(ast.Constant(not same), test) if isinstance(test.ops[0], (ast.IsNot, ast.NotEq)) else None
