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

An object that is stored and then awaited upon inside the block is taken to be stored for that time only.

## Options

A resource declared under `[[tool.flake8-naq.resource]]` is judged in the same way.

## Fix safety

There is no fix: what was meant cannot be read from the code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.dataflow.observations import Event
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.rules.base import Report, Rule
from flake8_naq.rules.lifetime import acquired, described


def check(facts: ModuleFacts) -> Iterator[Report]:
    for function in facts.functions:
        for summary in function.summaries:
            for node, how in summary.details(Event.OUTLIVES_BLOCK).items():
                if isinstance(node, (ast.stmt, ast.expr)):
                    of = acquired(facts, summary)
                    message = (
                        f"{described(of)} is {how} to outlive the block that closes it; "
                        f"keep its use inside the block, or let the caller enter the manager"
                    )
                    yield Report(node, message, of)


RULE = Rule(
    "NAQ106",
    "escapes-manager",
    "An object from an `async with` block is returned or stored to outlive the block.",
    check,
)
