"""NAQ102 leaks-on-some-paths.

## What it does

Reports a connection that is released on some paths only, and names the first line by which it leaks and how.

## Why is this bad?

On the other paths it is not closed. nats-py's `Client` is kept alive by its own tasks, so it is never collected, reports
nothing while the loop runs, and goes on answering pings and reconnecting until the process ends. Cancellation is such a path:
`CancelledError` passes `except Exception` by.

## Example

```python
import nats


async def send(url: str) -> None:
    nc = await nats.connect(url)
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

## Known problems

A condition that is tested twice and depends on a call is taken as two conditions.

## Options

A resource declared under `[[tool.flake8-naq.resource]]` is judged in the same way.

## Fix safety

As for NAQ101: safe where only errors and cancellation leave the connection open, which is now closed, also for a callback
that other code kept; unsafe, too, where a normal way out (a `return`, a `yield`) leaves it open, perhaps on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_naq.dataflow.verdict import Outcome
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import FixSafety, State, Witness
from flake8_naq.rules.base import Fix, Report, Rule
from flake8_naq.rules.lifetime import about, with_outcome


def check(facts: ModuleFacts) -> Iterator[Report]:
    for function, verdict in with_outcome(facts, Outcome.LEAKS):
        if verdict.leak is not None:
            witness = Witness(verdict.leak.line, verdict.leak.departure.value)
            yield about(facts, function, verdict, f"stays open {when(witness)}", witness)


def when(witness: Witness) -> str:
    """`if line 14 raises`, `when line 9 rebinds it`."""
    if witness.how == "is rebound":
        return f"when line {witness.line} rebinds it"
    if witness.how == "is dropped":
        return f"when line {witness.line} drops it"
    return f"if line {witness.line} {witness.how}"


RULE = Rule(
    "NAQ102",
    "leaks-on-some-paths",
    "A connection that is closed on some paths only.",
    check,
    state=State.LEAKS,
    fix=Fix("fix_naq101_to_104.managed", FixSafety.SAFE),
)
