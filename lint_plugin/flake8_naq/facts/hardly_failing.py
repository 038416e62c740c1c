"""Leaks that need something to fail that hardly ever does.

Where the catalogue says that closing raises nothing, that is true of what was taken from the connection, too, as in
`cursor.close()` in front of `connection.close()`. What a loop asks for the end, such as `process.poll()`, just answers.
In a `finally` that closes several things, an error of one close is taken for as rare as that of the last, unless
the `try` opens what is closed: then it may not be there. So is a cancellation of what a block around it lets fail, as
in `with suppress(Exception): await sub.unsubscribe()`. An application raises nothing in its lifespan, and goes on:
that counts for what an attribute such as `app.state.nc` keeps, which no block can enter.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from flake8_naq.dataflow.observations import AcquisitionSummary, Departure, Leak
from flake8_naq.facts.managers import is_lifespan
from flake8_naq.prescan.owner_classes import CLOSING_NAMES
from flake8_naq.syntax.bindings import stored_values
from flake8_naq.syntax.nodes import WITHS, dotted, lines_of
from flake8_naq.syntax.walk import scope_nodes, walk

_ERRORS: Final = (Departure.RAISES, Departure.CANCELLED, Departure.YIELDS)
_CLOSING: Final = (*CLOSING_NAMES, "server_close")
_Guard = ast.Try | ast.TryStar | ast.With | ast.AsyncWith
_GUARDS: Final = (ast.Try, ast.TryStar, *WITHS)


def without_hardly_failing(summary: AcquisitionSummary, function: ast.AST) -> AcquisitionSummary:
    """Return the summary without the leaks at lines of the function that only close, or only ask for the end."""
    if not any(one.departure in _ERRORS for one in summary.leaks):
        return summary
    quiet = set(_quiet_lines(summary))
    before = list(_before_release(summary, function))
    closing = {line for one in before if isinstance(one, ast.Expr) for line in lines_of([one])}
    guarded = {line for one in before if not isinstance(one, ast.Expr) for line in lines_of(one.body)}
    kept = "." in (summary.origin.name or "")

    def hardly_fails(leak: Leak) -> bool:
        if leak.departure is Departure.YIELDS:
            return kept and is_lifespan(function)
        if leak.departure is Departure.RAISES:
            return leak.line in quiet or leak.line in closing
        return leak.departure is Departure.CANCELLED and leak.line in guarded

    left = tuple(one for one in summary.leaks if not hardly_fails(one))
    return summary._replace(leaks=left) if len(left) < len(summary.leaks) else summary


def _quiet_lines(summary: AcquisitionSummary) -> Iterator[int]:
    resource = summary.origin.resource
    if resource.close_fails and not resource.final_loops:
        return
    for kind, nodes in summary.uses.items():
        methods = resource.final_loops if not kind else () if resource.close_fails else ("close",)
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods:
                yield node.lineno


def _before_release(summary: AcquisitionSummary, function: ast.AST) -> Iterator[ast.Expr | _Guard]:
    """Yield what comes before the last release in each `finally`: statements that close something else, and blocks."""
    used = frozenset[ast.AST]().union(*summary.uses.values())
    for block in scope_nodes(function, ast.Try, ast.TryStar):
        parts = [part for statement in block.finalbody for part in walk(statement)]
        last = max((getattr(one, "lineno", 0) for one in parts if one in summary.released), default=0)
        if not last:
            continue
        body = (part for statement in block.body for part in walk(statement))
        bound = frozenset(dotted(target) for one in body for target, _ in stored_values(one))
        for one in parts:
            if isinstance(one, (ast.Expr, *_GUARDS)) and (one.end_lineno or 0) < last:
                unsure = bound if one in block.finalbody else frozenset[str]()
                if not isinstance(one, ast.Expr) or _closes_another(one, f"{summary.origin.name}.", used, unsure):
                    yield one


def _closes_another(statement: ast.Expr, own: str, used: frozenset[ast.AST], unsure: frozenset[str]) -> bool:
    """Return whether the statement closes what surely is there, and is not a part of the resource.

    Paths of its parts begin with `own`. A pipe of a process breaks where the process has ended before.
    """
    calls = (one for one in walk(statement) if isinstance(one, ast.Call) and one not in used)
    closed = (one.func for one in calls if isinstance(one.func, ast.Attribute) and one.func.attr in _CLOSING)
    paths = map(dotted, (one.value for one in closed))
    return any(path not in unsure and not path.startswith(own) for path in paths)
