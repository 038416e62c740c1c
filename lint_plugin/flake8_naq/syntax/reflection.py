"""Code that reads names by their text: `locals()`, `eval(...)`, `f"{nc=}"`. A rewrite may not rename or drop those."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_EVALUATING = frozenset({"eval", "exec"})
_LISTING = frozenset({"locals", "vars", "dir"})  # of the names around, where nothing is given


def calls_reading_names(function: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that may read any name of the function."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in _EVALUATING or (node.func.id in _LISTING and not node.args):
                yield node


def evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node in which a string may name something of the module: `eval("nc")`, `globals()["nc"]`."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in _EVALUATING:
            yield from node.args
        case ast.Subscript(value=ast.Call(func=ast.Name(id="globals"))):
            yield node.slice


def is_shown(function: ast.AST, name: str) -> bool:
    """Whether an f-string shows the text of an expression with that name in it, as `f"{nc=}"` does."""
    strings = (node for node in ast.walk(function) if isinstance(node, ast.JoinedStr))
    return any(name in shown for string in strings for shown in _shown(string))


def _shown(string: ast.JoinedStr) -> Iterator[set[str]]:
    """Yield the names in each part that follows an equals sign: so the parser gives the text of `{nc=}`."""
    before = ""
    for part in string.values:
        if isinstance(part, ast.FormattedValue) and before.rstrip().endswith("="):
            yield {node.id for node in ast.walk(part.value) if isinstance(node, ast.Name)}
        before = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""
