"""A tree in which some nodes are other ones; all that does not change is shared with the first tree."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable


def rewritten(node: ast.AST, change: Callable[[ast.AST], ast.AST]) -> ast.AST:
    """Return the node with what `change` returns for each node in it; that is not looked into."""
    found = change(node)
    if found is not node:
        return found
    changed: dict[str, object] = {}
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            inner: object = rewritten(value, change)
            differs = inner is not value
        elif isinstance(value, list):
            items = [rewritten(one, change) if isinstance(one, ast.AST) else one for one in value]
            inner, differs = items, any(one is not other for one, other in zip(items, value, strict=True))
        else:
            continue
        if differs:
            changed[name] = inner
    if not changed:
        return node
    result = copy.copy(node)
    for name, one in changed.items():
        setattr(result, name, one)
    return result
