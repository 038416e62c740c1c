"""NAQ304: a keyword that the method does not take is renamed or removed, text becomes bytes."""

from __future__ import annotations

import ast
from typing import Final

from flake8_naq.edits.checks import check_not_silenced
from flake8_naq.edits.model import CannotFix, Edit
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer.model import Plan
from flake8_naq.rules.naq304 import NoKeyword, NoMethod, NoOption, NoText, Surplus
from flake8_naq.syntax.concrete import span_of
from flake8_naq.syntax.tree import is_path

_ATOMS: Final = ("string", "call", "identifier")  # to which a call of a method can be added without parentheses


def called_right(snapshot: Snapshot, problem: NoMethod | NoKeyword | NoText | NoOption | Surplus) -> Plan:
    """Return the plan for the keyword that was meant, or for bytes; CannotFix where there is more than one answer."""
    if isinstance(problem, NoMethod):
        raise CannotFix("no known replacement for this method")
    if isinstance(problem, Surplus):
        raise CannotFix("which argument is meant is not known")
    if isinstance(problem, NoOption):
        raise CannotFix("the keyword is a key of a dictionary, which may be read elsewhere")
    check_not_silenced(snapshot.text, problem.argument.value if isinstance(problem, NoKeyword) else problem.value)
    edits = _keyword(snapshot, problem) if isinstance(problem, NoKeyword) else _bytes(snapshot, problem.value)
    return Plan(edits)


def _keyword(snapshot: Snapshot, problem: NoKeyword) -> tuple[Edit, ...]:
    real = problem.instead
    if problem.gone:
        return _without(snapshot, problem.argument)
    if not real.isidentifier():
        raise CannotFix("the intended keyword is not known")
    if any(one.arg in (real, None) for one in problem.call.keywords):
        raise CannotFix(f"'{real}' may already be passed")
    if not _fits(problem.keyword, real, problem.argument.value):
        raise CannotFix(f"'{real}' may take another kind of value")
    start = snapshot.text.span(problem.argument).start
    return (Edit(start, start + len(problem.keyword), real),)


def _fits(written: str, real: str, value: ast.expr) -> bool:
    """Return whether the value fits the right keyword: `subject` takes one text, and `subjects` several."""
    if written == f"{real}s":
        return isinstance(value, (ast.Constant, ast.JoinedStr))
    return real != f"{written}s" or isinstance(value, (ast.List, ast.ListComp))


def _without(snapshot: Snapshot, keyword: ast.keyword) -> tuple[Edit, ...]:
    """Remove an argument that nothing replaces, with the comma that separates it from its neighbour."""
    if not isinstance(keyword.value, (ast.Name, ast.Constant)) and not is_path(keyword.value):
        raise CannotFix(f"the value of '{keyword.arg}' is computed there")
    argument = snapshot.concrete.node(keyword)
    before = next(one for one in argument.prev_all() if one.kind() not in (",", "comment"))
    after = next(one for one in argument.next_all() if one.kind() not in (",", "comment"))
    if after.kind() != ")":
        start, end = span_of(argument).start, span_of(after).start
    elif before.kind() != "(":
        start, end = span_of(before).end, span_of(argument).end
    else:
        start, end = span_of(before).end, span_of(after).start
    if "#" in snapshot.source[start:end]:
        raise CannotFix(f"there is a comment beside '{keyword.arg}'")
    return (Edit(start, end, ""),)


def _bytes(snapshot: Snapshot, node: ast.expr) -> tuple[Edit, ...]:
    """Write a `b` before a plain literal, and `.encode()` after every other text."""
    start, end = snapshot.text.span(node)
    written = snapshot.text.of(node)
    if snapshot.concrete.node(node).kind() not in _ATOMS:  # several literals side by side, or an operation
        return (Edit(start, start, "("), Edit(end, end, ").encode()"))
    if isinstance(node, ast.Constant) and written[0] in "'\"" and "\\" not in written and written.isascii():
        return (Edit(start, start, "b"),)
    return (Edit(end, end, ".encode()"),)
