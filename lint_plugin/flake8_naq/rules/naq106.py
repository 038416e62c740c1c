"""NAQ106 escapes-manager.

## What it does

Reports an object from an `async with` block that is returned from it, or stored as its last act, to outlive the block.

## Why is this bad?

Leaving the block closes the connection, so the caller receives a handle that raises on first use.

## Example

```python
import nats


async def bucket(url: str):
    async with await nats.connect(url) as nc:
        js = nc.jetstream()
        return await js.key_value("jobs")
```

## Use instead

```python
import nats


async def get(url: str, key: str) -> bytes | None:
    async with await nats.connect(url) as nc:
        js = nc.jetstream()
        kv = await js.key_value("jobs")
        entry = await kv.get(key)
        return entry.value
```

## Known problems

An object that is stored is taken to be stored for the time of the block, if the block then waits on some way, or in
synchronous code calls anything, unless the function returns the object afterwards. A process that its block has waited for may be
returned, as its exit code is still of use.

## Options

A resource declared under `[[tool.flake8-naq.resource]]` is judged in the same way.

## Fix safety

There is no fix: what was meant cannot be read from the code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.rules.base import Report, Rule
from flake8_naq.rules.lifetime import acquired, described
from flake8_naq.rules.unsure_releases import may_be_open_still
from flake8_naq.syntax.bindings import stored_values
from flake8_naq.syntax.nodes import dotted
from flake8_naq.syntax.walk import scope_nodes, walk_scope


def check(facts: ModuleFacts) -> Iterator[Report]:
    for function in facts.functions:
        outliving: set[ast.AST] = {node for summary in function.summaries for node in summary.outliving}
        for returned, path in _kept_and_returned(facts, function, outliving):
            message = (
                f"'{path}' is returned, and dies with the block that closes its connection; "
                f"keep its use inside the block, or let the caller enter the manager"
            )
            yield Report(returned, message)
        for summary in function.summaries:
            if summary.origin.resource.final_uses:
                continue
            if summary.saw(Event.ENTERED) and not may_be_open_still(facts, function, summary):
                yield from _returned_after_the_block(facts, summary)
            for node, how in summary.outliving.items():
                if isinstance(node, (ast.stmt, ast.expr)):
                    of = acquired(facts, summary)
                    message = (
                        f"{described(facts, of)} is {how} to outlive the block that closes it; "
                        f"keep its use inside the block, or let the caller enter the manager"
                    )
                    yield Report(node, message, of)


def _returned_after_the_block(facts: ModuleFacts, summary: AcquisitionSummary) -> Iterator[Report]:
    for node in summary.closed_passes:
        if isinstance(node, ast.Return) and node.value is not None:
            of = acquired(facts, summary)
            message = f"'{ast.unparse(node.value)}' is returned after {described(facts, of)} was closed by its block"
            yield Report(node, f"{message}; keep its use inside the block, or let the caller enter the manager", of)


def _kept_and_returned(
    facts: ModuleFacts, function: FunctionFacts, reported: set[ast.AST]
) -> Iterator[tuple[ast.Return, str]]:
    """Yield each `return self._js` behind `self._js = nc.jetstream()` in a block that closes `nc`."""
    if not facts.known_kinds.may_have_kinds:
        return
    root = function.scope.node
    blocks = scope_nodes(root, ast.With, ast.AsyncWith)
    returned_in = scope_nodes(root, ast.Return) if blocks else ()
    returns = [(node, dotted(node.value)) for node in returned_in if node.value is not None]
    for block in blocks if returns else ():
        for path, kept in _views_kept_in(facts, function, block):
            for node, returned in returns:
                if returned == path and kept not in reported and kept.lineno < node.lineno:
                    if not _is_set_between(root, path, kept.lineno, node.lineno):
                        yield node, path


def _views_kept_in(
    facts: ModuleFacts, function: FunctionFacts, block: ast.With | ast.AsyncWith
) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the attributes to which the block assigns a view of what it closes, and the assignments."""
    kinds = facts.known_kinds
    for node in walk_scope(block):
        for target, value in stored_values(node) if isinstance(node, ast.stmt) else ():
            if isinstance(node, ast.stmt) and isinstance(target, ast.Attribute) and dotted(target) and value is not None:
                kind = facts.catalogue.kinds.get(kinds.kind_of(value, function.scope))
                if kind is not None and not kind.value and kinds.source(value, function.scope) in _closed_by(block):
                    yield dotted(target), node


def _closed_by(block: ast.With | ast.AsyncWith) -> list[ast.expr]:
    return [item.context_expr for item in block.items]


def _is_set_between(root: ast.AST, path: str, first: int, last: int) -> bool:
    return any(
        not isinstance(node.ctx, ast.Load) and dotted(node) == path and first < node.lineno < last
        for node in scope_nodes(root, ast.Attribute)
    )


RULE = Rule(
    "NAQ106",
    "escapes-manager",
    "An object from an `async with` block is returned or stored to outlive the block.",
    check,
)
