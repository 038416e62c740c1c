"""A client that is made above a try, connected in it and closed by its finally: a block around the whole try.

`nc = NATS()`, `try: await nc.connect(url)` with handlers: they run before the close, as they did.
"""

from __future__ import annotations

import ast

from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.fixer.acquisition import opens_by_entering
from flake8_naq.fixer.block import Block
from flake8_naq.fixer.block_edits import block_plan
from flake8_naq.fixer.model import Plan
from flake8_naq.fixer.releases import Release
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.syntax.tree import Place, Tree, first_line, only_target, rebindings


def made_before_plan(snapshot: Snapshot, verdict: Verdict, releases: list[Release]) -> Plan | None:
    """Return the plan for a client that the finally of a try with handlers closes; None for any other acquisition."""
    owner = _try_of(snapshot.tree, verdict, releases)
    name = verdict.summary.origin.name
    if owner is None or name is None:
        return None
    around = snapshot.tree.place(owner)
    above = Place(around.owner, around.field, around.block, around.index - 1)
    word = "async with" if verdict.summary.origin.resource.asynchronous else "with"
    removed: set[ast.stmt] = {one.unit for one in releases}
    return block_plan(
        Block(snapshot, above, around.index, name, removed, below=f"{word} {name}:", first=first_line(owner))
    )


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
