"""What goes on using a resource behind the end of its block: a view that other code keeps, a callback that waits."""

from __future__ import annotations

from flake8_naq.dataflow.verdict import Verdict
from flake8_naq.edits.model import CannotFix
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.later_use import Code, LaterUse
from flake8_naq.fixer.block import Block


def check_ends_with_block(block: Block, function: FunctionFacts, verdict: Verdict) -> None:
    """Raise CannotFix where something uses what the block closes after its end, of a resource that stayed open."""
    use = _use_in(block, function, verdict)
    for node in use.kept():
        raise CannotFix(f"line {node.lineno} keeps or hands out what the end of the block would close")
    for value in use.shared():
        raise CannotFix(f"the end of the block would close what other code has, too, on line {value.lineno}")
    for call in use.callbacks():
        raise CannotFix(f"the callback of line {call.lineno} would get nothing after the end of the block")


def held_names(block: Block, function: FunctionFacts, verdict: Verdict) -> frozenset[str]:
    """Return the names that the resource and its views have in the block."""
    return frozenset(_use_in(block, function, verdict).held)


def _use_in(block: Block, function: FunctionFacts, verdict: Verdict) -> LaterUse:
    code = Code(function.scope, block.body, frozenset({block.name}))
    return LaterUse(block.snapshot.facts, function, verdict, code)
