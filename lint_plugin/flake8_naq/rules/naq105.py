"""NAQ105 used-after-close.

## What it does

Reports a use of a connection, or of a view of it, that every path reaches only after the release or after the end of
its `async with` block.

## Why is this bad?

nats-py raises `ConnectionClosedError`; `async for` over a subscription's `messages` is worse: it ends at once, in silence.

## Example

```python
import nats


async def send(url: str) -> None:
    async with await nats.connect(url) as nc:
        js = nc.jetstream()
    await js.publish("orders", b"1")
```

## Use instead

```python
import nats


async def send(url: str) -> None:
    async with await nats.connect(url) as nc:
        js = nc.jetstream()
        await js.publish("orders", b"1")
```

## Options

A resource declared under `[[tool.flake8-naq.resource]]` is judged in the same way.
A use inside a `try` that waits for a specific exception is a question, and silent.

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
            for node in summary.closed_uses:
                if isinstance(node, ast.expr):
                    used = ast.unparse(node.func if isinstance(node, ast.Call) else node)
                    block = "'async with'" if summary.origin.resource.asynchronous else "'with'"
                    after = f"its {block} block has ended" if summary.saw(Event.ENTERED) else "it was closed"
                    of = acquired(facts, summary)
                    message = f"{described(of)} is used by '{used}' after {after}; move the use before the end"
                    yield Report(node, message, of)


RULE = Rule(
    "NAQ105",
    "used-after-close",
    "A connection, or a view of it, is used after it was closed.",
    check,
)
