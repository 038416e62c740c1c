"""Which lines of a file seem to call something of the catalogue: a text search, before anything is analysed."""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate, islice

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.catalogue.spelling import Called, Spelling, builtin_calls, by_last_name, calls, every_call, spellings
from flake8_naq.syntax.names import FunctionNode, Scope


def spelling_of(scopes: Iterable[Scope], catalogue: Catalogue, imported: Spelling) -> Spelling:
    """Return how a file with these scopes can spell a call that makes or releases a resource.

    `imported` are the spellings of functions of other modules that make a resource.
    """
    called = Called(catalogue.called, catalogue.methods)
    spelled = builtin_calls(called)
    for scope in scopes:
        for alias, target in scope.imports.items():
            if target.partition(".")[0] in catalogue.roots:
                spelled |= spellings(alias, target, called)
        if scope.stars:
            spelled |= every_call(called)
    spelled |= {(owner, name) for name, owners in imported.items() for owner in owners}
    return by_last_name(spelled)


def lines_with(spelling: Spelling, text: str, lines: list[str]) -> list[int]:
    """Return the lines (from 1) on which a call is spelled like that, in order."""
    found: set[int] = set()
    for name, owners in spelling.items():
        found.update(calls(text, name, owners))
    if not found:
        return []
    starts = [0, *accumulate(map(len, lines))]
    return [bisect_right(starts, at) for at in sorted(found)]


def is_called(function: FunctionNode, text: str) -> bool:
    """Return whether the text seems to call the function: its name and a parenthesis occur besides its definition."""
    return len(list(islice(calls(text, function.name, {""}), 2))) == 2


def has_line(node: FunctionNode | ast.ClassDef | ast.expr, lines: list[int]) -> bool:
    """Return whether one of the lines is in the node, and not in its documentation."""
    first, last = node.lineno, node.end_lineno or node.lineno
    index = bisect_left(lines, first)
    if index == len(lines) or lines[index] > last:
        return False
    skipped = _documentation(node)
    if lines[index] in skipped:
        index = bisect_left(lines, skipped.stop)
    return index < len(lines) and lines[index] <= last


def has_own_line(root: Scope, scopes: Iterable[Scope], lines: list[int]) -> bool:
    """Return whether one of the lines is in the module's own statements, outside of functions and classes."""
    inner = [
        (scope.node.lineno, scope.node.end_lineno or scope.node.lineno)
        for scope in scopes
        if scope.parent is root and not isinstance(scope.node, ast.Module)
    ]
    firsts = [first for first, _ in inner]
    for line in lines:
        at = bisect_right(firsts, line) - 1
        if at < 0 or line > inner[at][1]:
            return True
    return False


def _documentation(node: FunctionNode | ast.ClassDef | ast.expr) -> range:
    """Return the lines that hold only the documentation of the node: examples in it call nothing."""
    body = [] if isinstance(node, ast.expr) else node.body
    first = body[0] if body else None
    value = first.value if isinstance(first, ast.Expr) else None
    if first is None or not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return range(0)
    last = first.end_lineno or first.lineno
    shared = len(body) > 1 and body[1].lineno == last
    return range(first.lineno, last + 1 - shared)
