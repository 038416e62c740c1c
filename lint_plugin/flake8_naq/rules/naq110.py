"""NAQ110 manager-not-entered.

## What it does

Reports a context manager that is called and whose result is thrown away, awaited, or kept in a name that is
never entered nor passed on.

## Why is this bad?

Nothing is opened, nothing is sent, and nothing complains.

## Example

```python
from naq.config import Config
from naq.connection import nats_connection


async def send(config: Config) -> None:
    nats_connection(config)
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

Unsafe: a manager that was taken for the connection, `conn = nats_connection(config)`, awaited or not, is entered around the
statements that use the name. That connects, where nothing was opened and the first use raised an error. A call whose
result nothing uses is left: what was meant cannot be read from the code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from flake8_naq.catalogue.model import Manager
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import FixSafety, State
from flake8_naq.rules.base import Fix, Report, Rule
from flake8_naq.rules.suggestion import configuration, filled


class Unentered(NamedTuple):
    """A call of a manager that is not entered."""

    call: ast.Call
    manager: Manager


def check(facts: ModuleFacts) -> Iterator[Report]:
    for function in facts.functions:
        for call, manager in function.graph.unentered:
            instead = filled(manager, configuration(facts, function.scope), "bucket")
            message = f"the manager is called and never entered, so nothing is opened; use '{instead.text}'"
            yield Report(call, message, manager=instead, subject=Unentered(call, manager))


RULE = Rule(
    "NAQ110",
    "manager-not-entered",
    "A context manager that is called and never entered.",
    check,
    state=State.NEVER_CLOSED,
    fix=Fix("fixer.fix_naq110.entered", FixSafety.UNSAFE),
)
