"""The line that enters a resource that is itself a context manager: `async with await nats.connect(url) as nc:`."""

from __future__ import annotations

import ast
import re
from typing import Final

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.verdict import Verdict
from flake8_naq.edits.aligned import aligned
from flake8_naq.edits.model import CannotFix, Edit, Need
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.fixer.block import Block
from flake8_naq.rules.suggestion import Wrapper, spelled_wrapper
from flake8_naq.syntax.names import is_builtin
from flake8_naq.syntax.nodes import without_await
from flake8_naq.syntax.tree import is_path, only_target, sets_none

_CLOSING: Final = "with contextlib.closing({call}) as {name}"
_ENTERS_CALL: Final = re.compile(r"(async )?with (await )?\{call\}")


def enter_own_manager(block: Block, function: FunctionFacts, verdict: Verdict) -> None:
    """Let the block enter a resource that is a context manager, or whose manager takes the same arguments.

    A wrapper makes a manager of the resource: `with contextlib.closing(connect(path)) as db:`. Raises CannotFix where
    this file cannot write the manager.
    """
    call, resource = verdict.call, verdict.summary.origin.resource
    text, statement = block.snapshot.text, block.statement
    wrapper = spelled_wrapper(_CLOSING if block.only_closes else resource.manager, function.scope)
    manager = _manager(block.snapshot, function, call, resource) if wrapper is None else None
    before, after = _around(block, resource, wrapper)
    below = f"{before}{block.name}{after}:"
    if block.final and resource.opens_by_entering:
        raise CannotFix(f"line {block.final[0].lineno} comes after the release")
    if only_target(statement) is None or block.final:  # it is made before, or inside of a compound statement
        if manager is not None:
            raise CannotFix(f"its manager cannot be entered after line {call.lineno}")
        if wrapper is None and isinstance(statement, ast.Expr) and resource.opens_by_entering:
            block.edits.append(Edit(*text.span(statement), below))
        else:
            block.below = below
    elif manager is None and (resource.block_value or _is_bound_before(block) or _says_more(statement, resource)):
        block.below = below  # `as` gives another value, or would lose a type, or make that binding look useless
    else:
        span, ending = text.span(statement), f" as {block.name}:" if block.is_used(block.name) else ":"
        if manager is not None:
            block.edits.append(Edit(span.start, span.end, manager + ending))
            return
        value = statement.value  # type: ignore[attr-defined]  # only_target: an assignment
        entered = text.span(value if wrapper is not None else _entered_expression(value, verdict))
        moved = aligned(block.snapshot, call, statement.lineno, len(before) - (entered.start - span.start))
        block.edits += [Edit(span.start, entered.start, before), Edit(entered.end, span.end, after + ending), *moved]


def enter_below(block: Block, function: FunctionFacts, verdict: Verdict) -> None:
    """Let the block enter what its name holds; CannotFix where its manager does not just close that."""
    resource = verdict.summary.origin.resource
    wrapper = spelled_wrapper(resource.manager, function.scope)
    if wrapper is None and (not resource.context_manager or resource.opens_by_entering or resource.block_does):
        raise CannotFix(f"its manager cannot be entered after line {verdict.call.lineno}")
    before, after = _around(block, resource, wrapper)
    block.below = f"{before}{block.name}{after}:"


def _says_more(statement: ast.stmt, resource: Resource) -> bool:
    """Whether an annotation says more than the class: `client: MongoClient[Order] = MongoClient(url)`."""
    is_plain = not isinstance(statement, ast.AnnAssign) or is_path(statement.annotation)
    return not is_plain and not resource.enters_call_only


def _around(block: Block, resource: Resource, wrapper: Wrapper | None) -> tuple[str, str]:
    """Return what is around the entered expression in the header, whose wrapper the file may have to import."""
    word = "async with " if resource.asynchronous and not block.only_closes else "with "
    if wrapper is None:
        return word, ""
    block.needs |= {Need(wrapper.missing, "")} if wrapper.missing else set()
    return f"{word}{wrapper.text}(", ")"


def _entered_expression(value: ast.expr, verdict: Verdict) -> ast.expr:
    """Return what the block enters: the acquiring call without its `await` where the manager is written so."""
    origin = verdict.summary.origin
    waits = "with await " in origin.resource.manager or origin.factory is not None
    return value.value if isinstance(value, ast.Await) and value.value is verdict.call and not waits else value


def _is_bound_before(block: Block) -> bool:
    """Whether a `nc = None` above stays, for a nested function that may read it before."""
    earlier = block.place.block[: block.place.index]
    return any(sets_none(one, block.name) and one not in block.removed for one in earlier)


def _manager(snapshot: Snapshot, function: FunctionFacts, call: ast.Call, resource: Resource) -> str | None:
    """Return the `with` that enters another call than the one that acquires, or None; the call has to be known here."""
    if _ENTERS_CALL.match(resource.manager) or not resource.manager:
        return None
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    arguments = ", ".join(map(snapshot.text.of, given))
    source = resource.manager.format(call=snapshot.text.of(call), args=arguments, name="_")
    called = _entered(source, resource)
    if called is None:
        return None
    name, dotted = function.names.of(called), ast.unparse(called)
    if name in resource.acquire or dotted in resource.acquire:
        return None
    module, root = function.scope.module, dotted.partition(".")[0]
    is_reached = name == dotted and (root in module.imports or name in module.bound)
    if isinstance(called, ast.Attribute) and not is_reached:
        raise CannotFix(f"'{dotted}' is not imported under that name here; write '{resource.manager}'")
    if name is None:
        return None
    if root == name and not is_builtin(root) and root not in module.bound:
        raise CannotFix(f"'{root}' is not defined here; write '{resource.manager}'")
    return source.rpartition(" as ")[0]


def _entered(source: str, resource: Resource) -> ast.expr | None:
    """Return the function that a `with` statement calls for its manager, awaited or not."""
    try:
        module = ast.parse(f"async def _():\n    {source}:\n        pass")
    except SyntaxError:
        module = ast.Module([], [])
    withs = (node for node in ast.walk(module) if isinstance(node, (ast.With, ast.AsyncWith)))
    block = next(withs, None)
    if block is None:
        raise CannotFix(f"its manager is not a with statement: {resource.manager}")
    entered = block.items[0].context_expr
    called = without_await(entered)
    return called.func if isinstance(called, ast.Call) else None
