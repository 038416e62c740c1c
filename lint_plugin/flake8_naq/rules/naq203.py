"""NAQ203 connection-in-loop.

## What it does

Reports a connection that is opened with the same arguments on every turn of a loop.

## Why is this bad?

Each turn pays for the handshake: on one machine some 600 publishes a second in place of 2,900.

## Example

```python
import nats


async def send(url: str, orders) -> None:
    for order in orders:
        async with await nats.connect(url) as nc:
            await nc.publish("orders", order)
```

## Use instead

```python
import nats


async def send(url: str, orders) -> None:
    async with await nats.connect(url) as nc:
        for order in orders:
            await nc.publish("orders", order)
```

## Known problems

A retry loop, which comes round again only after a failure, is silent; so is a supervisor, whose turn may last as long
as its connection does.

## Options

Off by default; `extend-select = ["NAQ203"]` under `[tool.flake8-naq]`, or `--extend-select NAQ203`, turns it on.

## Fix safety

There is no fix: what was meant cannot be read from the code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import Severity
from flake8_naq.rules.base import Report, Rule
from flake8_naq.rules.lifetime import acquired, described
from flake8_naq.syntax.bindings import local_names
from flake8_naq.syntax.nodes import LOOPS
from flake8_naq.syntax.walk import walk_scope


def check(facts: ModuleFacts) -> Iterator[Report]:
    for function in facts.functions:
        for summary in function.summaries:
            call = summary.origin.call
            kept = summary.saw(Event.HANDED_OFF) or summary.kept_elsewhere  # a pool is what such a loop is for
            if call is None or not summary.origin.resource.reusable or not summary.saw(Event.REACQUIRED_IN_LOOP) or kept:
                continue
            if not any(_varies(function, made) for made in (call, *summary.acquired)) and not _serves(
                facts, function, summary, call
            ):
                of = acquired(facts, summary)
                message = f"{described(facts, of)} is opened on every turn of the loop; open it once, around the loop"
                yield Report(call, message, of)


def _serves(facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary, call: ast.Call) -> bool:
    """Whether a turn may last, and the next one connects again only because something has failed."""
    loops = [node for node in walk_scope(function.scope.node) if isinstance(node, LOOPS) and _is_around(node, call)]
    loop = max(loops, key=lambda node: node.lineno, default=None)
    if loop is None or not (summary.origin.guarded or isinstance(loop, ast.While)):
        return False
    return any(_lasts(facts, function, summary, part) for part in _after(loop, call))


def _after(loop: ast.AST, call: ast.Call) -> Iterator[ast.AST]:
    """What a turn of the loop does once it has connected, handlers of a failure left out."""
    parts = list(walk_scope(loop))
    failed = {id(node) for part in parts if isinstance(part, ast.ExceptHandler) for node in walk_scope(part)}
    return (
        part
        for part in parts
        if getattr(part, "lineno", 0) >= call.lineno and id(part) not in failed and part is not loop
    )


def _lasts(facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary, node: ast.AST) -> bool:
    """Whether a statement may wait for a long time: a loop, or an await of something unknown."""
    if isinstance(node, (ast.While, ast.AsyncFor)):
        return True
    if not isinstance(node, ast.Await):
        return False
    known = {*summary.details(Event.METHOD_CALLED), *summary.acquired, *summary.released}
    brief = facts.catalogue.calls.only_cancelled
    return not any(
        isinstance(part, ast.Call) and (part in known or function.names.of(part.func) in brief)
        for part in ast.walk(node)
    )


def _is_around(statement: ast.AST, call: ast.Call) -> bool:
    first, last = getattr(statement, "lineno", 0), getattr(statement, "end_lineno", 0)
    return bool(first <= call.lineno <= last)


def _varies(function: FunctionFacts, call: ast.Call) -> bool:
    """Whether the arguments change from turn to turn: they name what a loop around the call binds."""
    changing: set[str] = set()
    for loop in walk_scope(function.scope.node):
        if isinstance(loop, LOOPS) and _is_around(loop, call):
            changing.update(local_names(loop))
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(
        isinstance(node, ast.Name) and node.id in changing for argument in arguments for node in ast.walk(argument)
    )


RULE = Rule(
    "NAQ203",
    "connection-in-loop",
    "A connection that is opened on every turn of a loop.",
    check,
    default=False,
    severity=Severity.WARNING,
)
