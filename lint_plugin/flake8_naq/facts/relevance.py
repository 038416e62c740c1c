"""Which lines of a file seem to call something of the catalogue: a text search, before anything is analysed."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import accumulate, islice
from typing import Final

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.syntax.names import FunctionNode, Scope

_OPENS: Final = re.compile(r"\s*\(")
_NEAR: Final = 200  # characters in which the owner of an attribute is looked for, white space included
Spelling = Mapping[str, set[str]]  # the last name of a call, and the names that it may follow; "": any or none


def spelling_of(scopes: Iterable[Scope], catalogue: Catalogue, imported: Spelling) -> Spelling:
    """Return how a file with these scopes can spell a call that makes or releases a resource.

    `imported` are the spellings of functions of other modules that make a resource.
    """
    called = catalogue.called
    spelled: set[tuple[str, str]] = {("", name) for name in called if "." not in name}  # builtins, such as open
    for scope in scopes:
        for alias, target in scope.imports.items():
            if target.partition(".")[0] in catalogue.roots:
                spelled |= _spellings(alias, target, called, catalogue.methods)
        if scope.stars:
            spelled.update(("", name.rpartition(".")[2]) for name in called)
    owners = {name: set(before) for name, before in imported.items()}
    for owner, name in spelled:
        owners.setdefault(name, set()).add(owner)
    return owners


@cache
def _spellings(
    alias: str, target: str, called: frozenset[str], methods: frozenset[str]
) -> frozenset[tuple[str, str]]:
    """Return the calls that an import makes possible, as the part before the last dot and the part behind it.

    `n.connect` for `import nats as n`; of `methods` of objects also `open` alone, whatever the object is called.
    """
    inner = [name[len(target) + 1 :] for name in called if name.startswith(f"{target}.")]
    dotted = [f"{alias}.{rest}".split(".") for rest in inner]
    spelled = {(parts[-2], parts[-1]) for parts in dotted}
    spelled |= {("", rest.rpartition(".")[2]) for rest in inner if "." not in rest or f"{target}.{rest}" in methods}
    return frozenset(spelled | {("", alias)} if target in called else spelled)


def lines_with(spelling: Spelling, text: str, lines: list[str]) -> list[int]:
    """Return the lines (from 1) on which a call is spelled like that, in order."""
    found: set[int] = set()
    for name, owners in spelling.items():
        found.update(_calls(text, name, owners))
    if not found:
        return []
    starts = [0, *accumulate(map(len, lines))]
    return [bisect_right(starts, at) for at in sorted(found)]


def is_called(function: FunctionNode, text: str) -> bool:
    """Return whether the text seems to call the function: its name and a parenthesis occur besides its definition."""
    return len(list(islice(_calls(text, function.name, {""}), 2))) == 2


def _calls(text: str, name: str, owners: set[str]) -> Iterator[int]:
    """Yield where `name` is called, as an attribute of one of `owners`."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if (text.startswith("(", end) or _OPENS.match(text, end)) and not _is_part_of_a_name(text, at):
            before = text[max(0, at - _NEAR) : at].rstrip()
            if "" in owners or (before.endswith(".") and before[:-1].rstrip().endswith(tuple(owners))):
                yield at
        at = text.find(name, end)


def _is_part_of_a_name(text: str, at: int) -> bool:
    return at > 0 and f"_{text[at - 1]}".isidentifier()


def has_line(node: FunctionNode | ast.Lambda | ast.ClassDef, lines: list[int]) -> bool:
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


def _documentation(node: FunctionNode | ast.Lambda | ast.ClassDef) -> range:
    """Return the lines that hold only the documentation of the node: examples in it call nothing."""
    body = node.body if isinstance(node.body, list) else []
    first = body[0] if body else None
    value = first.value if isinstance(first, ast.Expr) else None
    if first is None or not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return range(0)
    last = first.end_lineno or first.lineno
    shared = len(body) > 1 and body[1].lineno == last
    return range(first.lineno, last + 1 - shared)
