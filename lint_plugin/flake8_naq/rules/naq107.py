"""NAQ107 closes-managed.

## What it does

Reports a release by hand inside the manager that owns the connection, and a second release of one that is closed.

## Why is this bad?

The manager closes it anyway. On a leased connection the release by hand takes it from others who hold it; a `drain()`
after a `close()` raises `ConnectionClosedError`. A `drain()` inside the client's own `async with` is silent: leaving the
block closes without draining, so it has a purpose.

## Example

```python
import nats


async def send(url: str) -> None:
    async with await nats.connect(url) as nc:
        await nc.publish("orders", b"1")
        await nc.close()
```

## Use instead

```python
import nats


async def send(url: str) -> None:
    async with await nats.connect(url) as nc:
        await nc.publish("orders", b"1")
```

## Options

A resource declared under `[[tool.flake8-naq.resource]]` is judged in the same way.
A `close()` after a `drain()` is taken as a belt to its braces, and silent.

## Fix safety

There is no fix: whether the close was meant to come early cannot be read from the code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.analysis.module import ModuleFacts
from flake8_naq.analysis.state import Trace
from flake8_naq.model import Severity
from flake8_naq.rules.base import Report, Rule
from flake8_naq.rules.lifetime import acquired, described


def check(facts: ModuleFacts) -> Iterator[Report]:
    for function in facts.functions:
        needed = {node for trace in function.traces for node in _first_releases(trace)}
        for trace in function.traces:
            for node in trace.releases_managed - needed:
                if isinstance(node, ast.Call):
                    yield _report(facts, trace, node, "is closed by hand inside the block that closes it")
            for node, always in trace.second_releases.items():
                if always and isinstance(node, ast.Call) and node not in trace.releases_managed | needed:
                    yield _report(facts, trace, node, "is closed already on every way here")


def _report(facts: ModuleFacts, trace: Trace, node: ast.Call, says: str) -> Report:
    of = acquired(facts, trace)
    return Report(node, f"{described(of)} {says}; remove the call", of)


def _first_releases(trace: Trace) -> set[ast.AST]:
    """The calls that close what was open: the name may stand for another connection on another way."""
    again = {node for node, always in trace.second_releases.items() if always}
    return trace.released - again - trace.releases_managed


RULE = Rule(
    "NAQ107",
    "closes-managed",
    "A connection is closed by hand inside its manager, or closed twice.",
    check,
    severity=Severity.WARNING,
)
