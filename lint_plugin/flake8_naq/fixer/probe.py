"""What is opened and closed at once, as an attempt or to make an empty file: `open(path, "w").close()`.

A block around nothing says no more than the two lines do, and one expression leaves no name behind. Two `await` in it
are hard to read, so what is awaited gets that block: `async with await nats.connect(url): pass`.
"""

from __future__ import annotations

import ast

from flake8_naq.dataflow.verdict import Verdict
from flake8_naq.edits.aligned import aligned
from flake8_naq.edits.model import CannotFix, Edit
from flake8_naq.edits.shared_lines import check_alone
from flake8_naq.fixer.block import Block
from flake8_naq.fixer.model import Plan
from flake8_naq.fixer.releases import Release
from flake8_naq.syntax.nodes import FUNCTIONS, without_await
from flake8_naq.syntax.tree import last_line


def chained_plan(block: Block, verdict: Verdict, releases: list[Release]) -> Plan:
    """Return the plan that closes what the acquiring call gives, in the same expression; CannotFix where it cannot.

    Two `await` in one expression are hard to read, and a name that is read behind the close has to stay.
    """
    text, call, statement = block.snapshot.text, verdict.call, block.statement
    if len(releases) != 1 or not _is_all(block, verdict, releases[0]):
        raise CannotFix("nothing happens between its acquisition and its close")
    for one in (statement, releases[0].unit):
        check_alone(text, one)
    whole, value = text.span(statement), text.span(call)
    behind = text.whole_lines(last_line(statement) + 1, last_line(releases[0].unit))
    if _awaits(statement):
        indent = text.indent(statement.lineno) + block.snapshot.unit_of(block.function)
        empty = Edit(behind.start, text.span(releases[0].unit).end, f"{indent}pass")
        return Plan((*block.edits, empty), frozenset(block.needs), tuple(block.caveats))
    closed = text.of(releases[0].call).removeprefix(block.name)
    moved = aligned(block.snapshot, call, statement.lineno, whole.start - value.start)
    return Plan((Edit(whole.start, value.start, ""), Edit(value.end, whole.end, closed), *moved, Edit(*behind, "")))


def _is_all(block: Block, verdict: Verdict, release: Release) -> bool:
    """Whether two statements of a function are all there is of the resource, and no comment is beside them."""
    text, statement, unit = block.snapshot.text, block.statement, release.unit
    place, waits = block.place, _awaits(statement)
    if not isinstance(block.function, FUNCTIONS) or _awaits(unit) != waits or not block.edits:
        return False
    if unit not in place.block[place.index + 1 : place.index + 2] or not isinstance(unit, ast.Expr):
        return False
    if without_await(unit.value) is not release.call:
        return False
    if any(line in block.snapshot.concrete.comments for line in range(last_line(statement), last_line(unit) + 1)):
        return False
    bound = text.source[text.span(statement).start : text.span(verdict.call).start].split()
    return (waits or bound == [block.name, "="]) and release.is_method_call and block.use_after() is None


def _awaits(statement: ast.stmt) -> bool:
    return isinstance(getattr(statement, "value", None), ast.Await)
