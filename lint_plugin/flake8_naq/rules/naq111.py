"""NAQ111 leaks-before-handoff.

## What it does

Reports a connection that is returned or stored, where something between the acquisition and that may raise or be
cancelled. NAQ102 reports the operations of the connection that may fail there, such as `await js.add_stream(...)`; this rule
adds every other call, and a wait that is only cancelled.

## Why is this bad?

Other code gets the connection only if nothing fails. If something does, no code can close it.

## Example

```python
import asyncio

import nats


async def opened(url: str, pause: float) -> nats.NATS:
    nc = await nats.connect(url)
    await asyncio.sleep(pause)
    return nc
```

## Use instead

```python
import asyncio

import nats


async def opened(url: str, pause: float) -> nats.NATS:
    nc = await nats.connect(url)
    try:
        await asyncio.sleep(pause)
    except BaseException:
        await nc.close()
        raise
    return nc
```

## Known problems

Of 51 findings in about 110 public repositories, 12 would be mended by most readers: a second socket is opened, a query is run.
In the others the call between hardly fails: it sets a header, makes a lock, builds the object that gets the connection. That is
why the rule is off. What NAQ102 reports of this kind is on.

## Options

The rule is off; `select` or `extend-select` turns it on. A resource declared under `[[tool.flake8-naq.resource]]` is judged in
the same way.

## Fix safety

There is no fix: no manager can stand for what other code gets.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_naq.dataflow.verdict import Outcome, Verdict, leaks_before_handoff
from flake8_naq.dataflow.witness import first_leak
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import Severity, Witness
from flake8_naq.rules.base import Report, Rule
from flake8_naq.rules.given_away import is_given_away
from flake8_naq.rules.given_to_objects import given_to_objects
from flake8_naq.rules.lent_before_handoff import lent_before_handoff
from flake8_naq.rules.lifetime import with_outcome
from flake8_naq.rules.naq102 import before_handoff


def check(facts: ModuleFacts) -> Iterator[Report]:
    for function, verdict in with_outcome(facts, Outcome.FINE):
        yield from _reports(facts, function, verdict)
    for function, verdict in with_outcome(facts, Outcome.LEAKS):
        if verdict.before_handoff:  # NAQ102 names another call of these; this is left where that one is mended
            yield from (one._replace(hidden=True) for one in _reports(facts, function, verdict))


def _reports(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict) -> Iterator[Report]:
    """Yield the report on what may fail before other code gets the connection."""
    leaks = leaks_before_handoff(verdict.call, verdict.summary)
    leak = first_leak(leaks) if leaks else None
    if leak is not None and is_given_away(function, verdict._replace(leak=leak)):
        witness = Witness(leak.line, leak.departure.value)
        hidden = any(one.verdict.call is verdict.call for one in given_to_objects(facts))
        hidden = hidden or any(one.call is verdict.call for _, one in lent_before_handoff(facts))  # NAQ102 names a call
        yield before_handoff(facts, function, verdict, witness)._replace(hidden=hidden)


RULE = Rule(
    "NAQ111",
    "leaks-before-handoff",
    "A connection that is lost where something fails before it is handed on.",
    check,
    default=False,
    severity=Severity.WARNING,
)
