"""A resource that a block enters some lines below its acquisition: the block begins at once, and holds these lines.

`server = await start_server(...)`, `print(server.sockets)`, `async with server:` is open without an owner for one line.
"""

from __future__ import annotations

import ast
from itertools import pairwise

from flake8_naq.dataflow.observations import Event
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.facts.module import FunctionFacts
from flake8_naq.fixer.acquisition import given_name
from flake8_naq.fixer.checks import check_lines_not_silenced, check_local
from flake8_naq.fixer.model import CannotFix, Edit, Plan
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.syntax.indent import Indents
from flake8_naq.syntax.nodes import WITHS
from flake8_naq.syntax.tree import last_line, rebindings

_With = ast.With | ast.AsyncWith


def entered_later_plan(snapshot: Snapshot, function: FunctionFacts, verdict: Verdict) -> Plan | None:
    """Return the plan for a resource that a later block of the same level enters; None where there is no such block.

    Raises CannotFix where the lines between cannot go into that block.
    """
    if verdict.outcome is not Outcome.LEAKS or not verdict.summary.saw(Event.MANAGED):
        return None
    statement = snapshot.tree.statement(verdict.call)
    name, place = given_name(statement, verdict), snapshot.tree.place(statement)
    later = place.block[place.index + 1 :]
    block = next((one for one in later if isinstance(one, WITHS) and _enters(one, name)), None)
    if name is None or block is None:
        return None
    between = later[: later.index(block)]
    _check(snapshot, function, verdict, name, [statement, *between], block)
    return Plan(_edits(snapshot, statement, block))


def _enters(block: _With, name: str | None) -> bool:
    """Whether a block enters what the name holds, and nothing else."""
    match block.items:
        case [ast.withitem(context_expr=ast.Name(id=entered), optional_vars=None)]:
            return entered == name
    return False


def _check(
    snapshot: Snapshot,
    function: FunctionFacts,
    verdict: Verdict,
    name: str,
    above: list[ast.stmt],
    block: _With,
) -> None:
    """Raise CannotFix where the acquisition and the statements below it, `above` the block, cannot go into it."""
    text, between = snapshot.text, above[1:]
    check_local(function.scope.node, [name])
    for leak in verdict.summary.leaks:
        if not leak.exceptional:
            raise CannotFix(f"line {leak.line} leaves before line {block.lineno} enters it")
    for node in rebindings(between, name):
        raise CannotFix(f"'{name}' is bound again on line {node.lineno}")
    inside = {node for one in between for node in ast.walk(one)}
    if not inside.isdisjoint(verdict.summary.released):
        raise CannotFix(f"it is released above line {block.lineno}")
    first = block.body[0].lineno
    if first != block.lineno + 1 or any(last_line(one) >= two.lineno for one, two in pairwise([*above, block])):
        raise CannotFix(f"several statements share line {block.lineno}, or its header has several lines")
    check_lines_not_silenced(text, range(above[0].lineno, first))


def _edits(snapshot: Snapshot, statement: ast.stmt, block: _With) -> tuple[Edit, ...]:
    """Return the edits that move the header of the block below the acquisition, and the lines between into it."""
    text, indents = snapshot.text, Indents(snapshot.concrete)
    first = last_line(statement) + 1
    while text.is_blank(first):
        first += 1
    indents.shift(range(first, block.lineno), text.indent(block.lineno), text.indent(block.body[0].lineno))
    header = text.whole_lines(block.lineno, block.lineno)
    at = text.start_of(last_line(statement) + 1)
    moved = Edit(at, text.start_of(first), text.source[slice(*header)])
    return (moved, Edit(*header, ""), *(Edit(*span, new) for span, new in indents.changes()))
