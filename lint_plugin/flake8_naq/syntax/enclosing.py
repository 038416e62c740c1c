"""Finds the function or class around a line. Knows nothing of names and imports."""

from __future__ import annotations

import ast
from bisect import bisect_right

MODULE = "<module>"
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def enclosing(tree: ast.Module, line: int) -> str:
    """Return the qualified name (`Queue.enqueue`) of the innermost function or class around `line`, or `<module>`."""
    names: list[str] = []
    node: ast.AST | None = tree
    while node is not None:
        node = _child(node, line)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.append(node.name)
    return ".".join(names) or MODULE


def _child(node: ast.AST, line: int) -> ast.AST | None:
    """Return the statement, handler or case in the blocks of the node that contains the line."""
    for block in _BLOCKS:
        children: list[ast.stmt] = getattr(node, block, [])
        at = bisect_right(children, line, key=_first_line) - 1
        if at >= 0 and line <= _last_line(children[at]):
            return children[at]
    return None


def _first_line(child: ast.stmt | ast.ExceptHandler | ast.match_case) -> int:
    return child.pattern.lineno if isinstance(child, ast.match_case) else child.lineno


def _last_line(child: ast.stmt | ast.ExceptHandler | ast.match_case) -> int:
    last = child.body[-1] if isinstance(child, ast.match_case) else child
    return last.end_lineno or last.lineno
