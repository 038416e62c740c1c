"""Local variables that are bound and never read: what a formatter leaves and a linter reports."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.syntax.walk import walk_scope


def unused_locals(module: ast.Module) -> set[str]:
    """`function.name` of each plain local that a function binds and nothing in it reads."""
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.update(f"{node.name}.{name}" for name in _unused(node))
    return found


def _unused(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    bound = set(_bound(function))
    if not bound:
        return set()
    read = {
        node.id for node in ast.walk(function) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store)
    }
    outer = {name for node in ast.walk(function) if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names}
    return bound - read - outer


def _bound(function: ast.AST) -> Iterator[str]:
    """Names bound alone, or with a value written for each: those of an unpacked result are nobody's mistake."""
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
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id
            elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                yield from (one.id for one in target.elts if isinstance(one, ast.Name))
