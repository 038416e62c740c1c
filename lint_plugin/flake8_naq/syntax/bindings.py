"""Which names and attributes a piece of syntax binds.

The only place that knows it: for a node, an assignment's targets, a pattern, an import, or a whole scope. Knows
nothing of the values, except which expression an assignment pairs with a target.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from flake8_naq.syntax.nodes import CALLABLES, COMPREHENSIONS, DEFINITIONS, FUNCTIONS, parameters
from flake8_naq.syntax.walk import walk_scope

_Value = TypeVar("_Value")
_NAMED = (*FUNCTIONS, ast.ClassDef)
_SCOPES = (*DEFINITIONS, *COMPREHENSIONS)
PLAIN_ASSIGNMENTS = (ast.Assign, ast.AnnAssign)
_DECLARING = (ast.Global, ast.Nonlocal)
# Most nodes are of these types, which bind no name, delete none, and assign nothing.
BINDS_NOTHING = frozenset({ast.Call, ast.Attribute, ast.Constant, ast.Expr, ast.Await, ast.keyword})


class Assignment(NamedTuple):
    """The targets that get `value`, or an element of it, or what a `with` gets by entering it."""

    targets: list[ast.expr]
    value: ast.expr


def bound_names(node: ast.AST) -> Iterable[str]:
    """Return the names that this one node binds or deletes, without those of its child nodes.

    Each binding of a tree belongs to one of the nodes that `walk` yields: a name that is stored or deleted, a
    parameter, an import, a definition, a handler or a pattern. The `*` of an import is given as it is written.
    """
    found = _BOUND.get(type(node))  # quicker than a chain of questions: most nodes bind nothing
    return found(node) if found is not None else ()


def _optional_name(node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar) -> tuple[str, ...]:
    return (node.name,) if node.name else ()


def _own_name(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> tuple[str]:
    return (node.name,)


def binds_once(name: str, nodes: Iterable[ast.AST]) -> bool:
    """Return whether one of the nodes binds the name, and no other does."""
    return sum(name in bound_names(node) for node in nodes) == 1


def declared_names(node: ast.AST) -> list[str]:
    """Return the names that a `global` or `nonlocal` statement takes from another scope."""
    return node.names if isinstance(node, _DECLARING) else []


def spelled_names(node: ast.AST) -> Iterator[str]:
    """Yield the names that this one node reads, binds, deletes or declares."""
    if isinstance(node, ast.Name):
        yield node.id
    else:
        yield from bound_names(node)
        yield from declared_names(node)


def assignments(node: ast.AST) -> Iterable[Assignment]:
    """Return what a statement or expression assigns, its child nodes left out; an annotation alone assigns nothing.

    A `for` assigns from its iterable, a `with` from the expression that it enters, a `case` from the subject where
    the pattern names all of it.
    """
    found = _ASSIGNMENTS.get(type(node))  # quicker than a chain of questions: most nodes assign nothing
    return found(node) if found is not None else ()


def plain_assignment(node: ast.AST) -> Assignment | None:
    """Return what `x = value` or `x: T = value` assigns, None for every other node."""
    return next(iter(assignments(node)), None) if isinstance(node, PLAIN_ASSIGNMENTS) else None


def _one_target(node: ast.AnnAssign | ast.AugAssign | ast.NamedExpr) -> list[Assignment]:
    return [Assignment([node.target], node.value)] if node.value is not None else []


def _entered(node: ast.With | ast.AsyncWith) -> list[Assignment]:
    return [Assignment([one.optional_vars], one.context_expr) for one in node.items if one.optional_vars is not None]


def _matched(node: ast.Match) -> list[Assignment]:
    names = (name for case in node.cases for name in whole_names(case.pattern))
    return [Assignment([ast.Name(name, ast.Store())], node.subject) for name in names]


# Any: each function takes the kind of node that is beside it in the table.
_ASSIGNMENTS: Mapping[type[ast.AST], Callable[[Any], list[Assignment]]] = {
    ast.Assign: lambda node: [Assignment(node.targets, node.value)],
    ast.AnnAssign: _one_target,
    ast.AugAssign: _one_target,
    ast.NamedExpr: _one_target,
    ast.With: _entered,
    ast.AsyncWith: _entered,
    ast.For: lambda node: [Assignment([node.target], node.iter)],
    ast.AsyncFor: lambda node: [Assignment([node.target], node.iter)],
    ast.Match: _matched,
}


def leaf_targets(targets: Iterable[ast.expr]) -> Iterator[ast.expr]:
    """Yield the names, attributes and subscripts in `targets`, those in tuples and lists included, in order."""
    stack = [*targets][::-1]
    while stack:
        target = stack.pop()
        if isinstance(target, (ast.Tuple, ast.List)):
            stack.extend(reversed(target.elts))
        elif isinstance(target, ast.Starred):
            stack.append(target.value)
        else:
            yield target


def target_names(targets: Iterable[ast.expr]) -> Iterator[ast.Name]:
    """Yield the plain names that an assignment to `targets` binds, in order."""
    return (target for target in leaf_targets(targets) if isinstance(target, ast.Name))


def not_bound_by(target: ast.expr, values: dict[str, _Value]) -> dict[str, _Value]:
    """Return the values by the names and dotted paths that keep their meaning where `target` is bound, too."""
    names = {one.id for one in target_names([target])}
    return {path: value for path, value in values.items() if path.partition(".")[0] not in names}


def stored_values(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Yield each leaf target of `node` with the expression whose value it holds afterwards.

    That is `x` for the `a` of `a, b = x, y`. None is yielded for an element that is unpacked from a call or a name,
    and for the target of a `for`, a `with` or an augmented assignment: no expression in the source has that value.
    """
    written = isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr))
    for assignment in assignments(node):
        for target in assignment.targets:
            yield from _paired(target, assignment.value if written else None)


def _paired(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    if not isinstance(target, (ast.Tuple, ast.List)):
        yield from ((leaf, value if leaf is target else None) for leaf in leaf_targets([target]))
        return
    values: list[ast.expr | None] = [None] * len(target.elts)
    if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(values):
        if not any(isinstance(part, ast.Starred) for part in (*target.elts, *value.elts)):
            values = [*value.elts]
    for part, written in zip(target.elts, values, strict=True):
        yield from _paired(part, written)


def attribute_values(root: ast.AST, attribute: str) -> list[ast.expr | None]:
    """Return what `root` stores in attributes of that name, on whatever object; None as for `stored_values`."""
    return [
        value
        for node in ast.walk(root)
        for target, value in stored_values(node)
        if isinstance(target, ast.Attribute) and target.attr == attribute
    ]


def captured_names(pattern: ast.pattern) -> Iterator[str]:
    """Yield the names that a `case` pattern binds."""
    for node in ast.walk(pattern):
        yield from bound_names(node)


def whole_names(pattern: ast.pattern) -> Iterator[str]:
    """Yield those of them that name all of the subject: `case client`, `case Client() as client`."""
    if isinstance(pattern, ast.MatchAs) and pattern.name:
        yield pattern.name


def imported_names(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Yield the names that an import binds; `*` for those that it does not list."""
    return map(bound_name, node.names)


def is_of_python(node: ast.Import | ast.ImportFrom) -> bool:
    """Return whether an import names modules of the standard library only."""
    modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return all(module.partition(".")[0] in sys.stdlib_module_names for module in modules)


def bound_name(alias: ast.alias) -> str:
    """Return the name that one part of an import binds."""
    return alias.asname or alias.name.partition(".")[0]


# Any: each function takes the kind of node that is beside it in the table.
_BOUND: Mapping[type[ast.AST], Callable[[Any], Iterable[str]]] = {
    ast.Name: lambda node: () if type(node.ctx) is ast.Load else (node.id,),
    ast.arg: lambda node: (node.arg,),
    **dict.fromkeys(_NAMED, _own_name),
    ast.Import: imported_names,
    ast.ImportFrom: imported_names,
    **dict.fromkeys((ast.ExceptHandler, ast.MatchAs, ast.MatchStar), _optional_name),
    ast.MatchMapping: lambda node: (node.rest,) if node.rest else (),
}


def local_names(root: ast.AST) -> Iterator[str]:
    """Yield the names that `root` binds in its scope: nested scopes and the targets of comprehensions are left out."""
    nodes = list(walk_scope(root))
    inner = [node.target for node in nodes if isinstance(node, ast.comprehension)]
    apart = set(target_names(inner))
    for node in nodes:
        if node not in apart:
            yield from bound_names(node)


def bindings(roots: Iterable[ast.AST], name: str) -> Iterator[ast.AST]:
    """Yield the nodes in `roots` that bind or delete `name`, nested scopes included, in the order of `ast.walk`."""
    for root in roots:
        for node in ast.walk(root):
            if name in bound_names(node):
                yield node


def is_mentioned(node: ast.AST, name: str) -> bool:
    """Return whether `name` occurs anywhere in `node`: read, bound, deleted, declared, or as a parameter."""
    return any(name in spelled_names(inner) for inner in ast.walk(node))


def is_shadowed(function: ast.AST, name: str) -> bool:
    """Return whether a scope nested in `function` binds or declares `name`, or has this name."""
    return any(name in _scope_names(node) for node in ast.walk(function) if node is not function)


def _scope_names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, _NAMED):
        yield node.name
    if isinstance(node, CALLABLES):
        yield from (parameter.arg for parameter in parameters(node.args))
    if isinstance(node, _SCOPES):
        for part in node.body if isinstance(node, _NAMED) else [node]:
            for inner in ast.walk(part):
                yield from bound_names(inner)
                yield from declared_names(inner)
