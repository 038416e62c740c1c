"""Code that reads names by their text: `locals()`, `eval(...)`, `f"{nc=}"`. A fix may not rename or drop those."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.fixer.model import CannotFix

_EVALUATING = frozenset({"eval", "exec"})
_LISTING = frozenset({"locals", "vars", "dir"})  # of the names around, where nothing is given


def check_no_reflection(function: ast.AST) -> None:
    """Refuse a function in which some call may read any name."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in _EVALUATING or (node.func.id in _LISTING and not node.args):
                raise CannotFix(f"line {node.lineno} may read variables by name")


def is_shown(function: ast.AST, name: str) -> bool:
    """Whether an f-string shows what a value with that name in it is called, as `f"{nc=}"` does."""
    strings = (node for node in ast.walk(function) if isinstance(node, ast.JoinedStr))
    return any(name in shown for string in strings for shown in _shown(string))


def _shown(string: ast.JoinedStr) -> Iterator[set[str]]:
    """The names in each part that follows an equals sign, which is how the text of `{nc=}` comes out of the parser."""
    before = ""
    for part in string.values:
        if isinstance(part, ast.FormattedValue) and before.rstrip().endswith("="):
            yield {node.id for node in ast.walk(part.value) if isinstance(node, ast.Name)}
        before = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""
