"""NAQ201 wider-than-needed.

## What it does

Reports `nats_jetstream` where the block uses the connection only, or one bucket only.

## Why is this bad?

The reader looks for JetStream that is not there, and a bucket that is bound by hand is bound each time, where the narrower
manager keeps it.

## Example

```python
from naq.config import Config
from naq.connection import nats_jetstream


async def send(config: Config) -> None:
    async with nats_jetstream(config) as (conn, js):
        await conn.publish("orders", b"1")
```

## Use instead

```python
from naq.config import Config
from naq.connection import nats_connection


async def send(config: Config) -> None:
    async with nats_connection(config) as conn:
        await conn.publish("orders", b"1")
```

## Options

There are none.

## Fix safety

Safe: the narrower manager opens and closes the same connection, and a bucket is bound at the same moment, as the first
thing in the block.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from flake8_naq.dataflow.observations import AcquisitionSummary
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import FixSafety, Severity
from flake8_naq.rules.base import Fix, Report, Rule
from flake8_naq.rules.lifetime import acquired
from flake8_naq.rules.suggestion import package_manager, suitable

_NEEDS = {"connection": "only the connection is used", "bucket": "only one bucket is used"}


class Wider(NamedTuple):
    """A call of a manager, and what the narrower manager suits."""

    call: ast.Call
    suits: str


def check(facts: ModuleFacts) -> Iterator[Report]:
    for function in facts.functions:
        for summary in function.summaries:
            manager = summary.origin.manager
            if manager is not None and manager.suits == "jetstream" and summary.origin.call is not None:
                needed = _needed_of(summary, function)
                if needed is not None:
                    narrower = package_manager(facts, function.scope, summary)
                    message = f"{_NEEDS[needed]} of this manager; use '{narrower.text}'"
                    subject = Wider(summary.origin.call, narrower.suits)
                    yield Report(
                        summary.origin.call, message, acquired(facts, summary), manager=narrower, subject=subject
                    )


def _needed_of(summary: AcquisitionSummary, function: FunctionFacts) -> str | None:
    """What is really used of connection and JetStream, where that is less than both give."""
    if suitable(summary, function.scope)[0] == "bucket":
        return "bucket"
    jetstream = summary.uses.get("jetstream") or any(view.startswith("jetstream:") for view in summary.views)
    return "connection" if summary.uses.get(summary.origin.resource.kind) and not jetstream else None


RULE = Rule(
    "NAQ201",
    "wider-than-needed",
    "`nats_jetstream` where the connection or one bucket is all that is used.",
    check,
    severity=Severity.WARNING,
    fix=Fix("migration.fix_naq201.narrowed", FixSafety.SAFE),
)
