"""A last use that ends a resource, and needs a block for its arguments: `process.communicate(input=text.encode())`.

Where the arguments fail, nothing has ended the resource. The end of a block waits for it, as the last use does.
"""

from __future__ import annotations

import ast

from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.fixer.acquisition import acquisition_of
from flake8_naq.fixer.block import Block
from flake8_naq.fixer.block_edits import block_plan
from flake8_naq.fixer.model import Plan
from flake8_naq.fixer.own_manager import enter_own_manager
from flake8_naq.syntax.tree import last_line


def final_use_plan(snapshot: Snapshot, function: FunctionFacts, verdict: Verdict) -> Plan | None:
    """Return the plan for a resource that the next statement ends unless its arguments fail; None for any other.

    That use has a keyword and no time limit: it waits as long as a block does, also for what gets no input.
    """
    summary, resource = verdict.summary, verdict.summary.origin.resource
    ends_alone = verdict.outcome is Outcome.LEAKS and not summary.released
    if not ends_alone or not resource.final_uses or not resource.context_manager:
        return None
    found = acquisition_of(snapshot, function, verdict, replaced=False)
    place = snapshot.tree.place(found.statement)
    block = Block(snapshot, place, place.index + 1, found.name)
    uses = [node for one in block.body for node in ast.walk(one) if _is_final_use(node, block, resource.final_uses)]
    if len(uses) != 1 or not isinstance(block.end, (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)):
        return None
    first, last = found.statement.lineno, last_line(block.end)
    if not all(leak.exceptional and first <= leak.line <= last for leak in summary.leaks):
        return None
    enter_own_manager(block, function, verdict)
    return block_plan(block)


def _is_final_use(node: ast.AST, block: Block, final_uses: frozenset[str]) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method), args=[], keywords=[keyword]):
            return name == block.name and method in final_uses and keyword.arg not in (None, "timeout")
    return False
