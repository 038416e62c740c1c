"""Which names a module still uses: what an import must not lose, and which locals a linter would report as unused."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from flake8_naq.syntax.reflection import evaluated
from flake8_naq.syntax.walk import walk_scope

_WORD = re.compile(r"\w+")


def used_names(module: ast.Module) -> set[str]:
    """Return every name that the module reads anywhere, also in string annotations, casts, `__all__` and `eval`."""
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            found.add(node.id)
        for part in (*_parts_with_names(node), *evaluated(node)):
            for inner in ast.walk(part):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    found.update(_WORD.findall(inner.value))
    return found


def _parts_with_names(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node in which a string is read as a name."""
    match node:
        case ast.FunctionDef(returns=ast.expr() as part) | ast.AsyncFunctionDef(returns=ast.expr() as part):
            yield part
        case ast.arg(annotation=ast.expr() as part) | ast.AnnAssign(annotation=part):
            yield part
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)) if called in (
            "cast",
            "TypeVar",
            "NewType",
        ):
            yield from node.args
        case ast.Assign(value=part) | ast.AugAssign(value=part) | ast.AnnAssign(value=ast.expr() as part):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(one, ast.Name) and one.id == "__all__" for one in targets):
                yield part


def unused_locals(module: ast.Module) -> set[str]:
    """Return `function.name` for each plain local that a function binds and nothing in it reads."""
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.update(f"{node.name}.{name}" for name in _unused(node))
    return found


def _unused(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    unused = set(_bound(function))
    for node in ast.walk(function) if unused else ():
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            unused.discard(node.id)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            unused.difference_update(node.names)
    return unused


def _bound(function: ast.AST) -> Iterator[str]:
    """Yield names bound alone, or with a value written for each; linters accept unused parts of an unpacked result."""
    for node in walk_scope(function):
        targets: list[ast.expr | None] = []
        if isinstance(node, ast.Assign):
            targets = list(node.targets)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            targets = [node.target]
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            targets = [item.optional_vars for item in node.items]
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        yield from _plain_names(targets, getattr(node, "value", None))


def _plain_names(targets: list[ast.expr | None], value: ast.expr | None) -> Iterator[str]:
    for target in targets:
        parts = target.elts if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) else [target]
        yield from (one.id for one in parts if isinstance(one, ast.Name))
