"""A client that is made above a try, connected in it and closed by its finally: a block around the whole try.

`nc = NATS()`, `try: await nc.connect(url)` with handlers: they run before the close, as they did.
"""

from __future__ import annotations

import ast

from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.fixer.acquisition import opens_by_entering
from flake8_naq.fixer.checks import check_lines_not_silenced
from flake8_naq.fixer.close_comments import says_only_close
from flake8_naq.fixer.model import Edit, Plan
from flake8_naq.fixer.releases import Release
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.syntax.indent import Indents
from flake8_naq.syntax.tree import Tree, first_line, last_line, only_target, rebindings


def made_before_plan(snapshot: Snapshot, function: ast.AST, verdict: Verdict, releases: list[Release]) -> Plan | None:
    """Return the plan for a client that the finally of a try with handlers closes; None for any other acquisition."""
    owner = _try_of(snapshot.tree, verdict, releases)
    final = snapshot.concrete.clause(owner.finalbody) if owner is not None else None
    if owner is None or final is None:
        return None
    text, name = snapshot.text, verdict.summary.origin.name or ""
    first = final.range().start.line + 1
    comments = (one for number, one in snapshot.concrete.comments.items() if first <= number <= last_line(owner))
    if text.line(first).strip() != "finally:" or not all(says_only_close(one, name) for one in comments):
        return None
    check_lines_not_silenced(text, range(owner.lineno, last_line(owner) + 1))
    outer, unit = text.indent(owner.lineno), snapshot.unit_of(function)
    indents = Indents(snapshot.concrete)
    indents.shift(range(owner.lineno, first), outer, outer + unit)
    word = "async with" if verdict.summary.origin.resource.asynchronous else "with"
    at = text.start_of(first_line(owner))
    header = Edit(at, at, f"{outer}{word} {name}:\n")
    gone = Edit(*text.whole_lines(first, last_line(owner)), "")
    return Plan((header, gone, *(Edit(*span, new) for span, new in indents.changes())))


def _try_of(tree: Tree, verdict: Verdict, releases: list[Release]) -> ast.Try | None:
    """Return the try that connects, whose finally closes without a condition and does nothing else."""
    origin, owner = verdict.summary.origin, tree.parents[tree.statement(verdict.call)]
    if not isinstance(owner, ast.Try) or not owner.handlers or verdict.outcome is not Outcome.HAND_CLOSED:
        return None
    if origin.call in (None, verdict.call) or len(releases) != 1:
        return None
    if not origin.resource.context_manager or opens_by_entering(origin.resource):
        return None
    release = releases[0]
    plain = isinstance(release.unit, ast.Expr) and release.closes and not release.caveats
    if not plain or owner.finalbody != [release.unit]:
        return None
    return owner if _is_made_above(tree, origin.call, origin.name, owner) else None


def _is_made_above(tree: Tree, made: ast.Call | None, name: str | None, owner: ast.Try) -> bool:
    """Whether the name holds the client from a statement above the try on, to its end."""
    block, index = tree.place(owner).block, tree.place(owner).index
    statement = tree.statement(made) if made is not None else None
    if name is None or statement not in block[:index] or only_target(statement) != name:
        return False
    return not any(True for _ in rebindings([*block[block.index(statement) + 1 : index], owner], name))
