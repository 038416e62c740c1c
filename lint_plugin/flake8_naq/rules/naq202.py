"""NAQ202 unused-connection.

## What it does

Reports a connection, managed or acquired, of which nothing is used but its release and views that nothing uses.

## Why is this bad?

Each call pays for a connection that it does not need, and fails when the server is down though it need not.

## Example

```python
import nats


async def work(url: str, job) -> None:
    async with await nats.connect(url) as nc:
        await job.run()
```

## Use instead

```python
async def work(job) -> None:
    await job.run()
```

## Options

A connection that is opened and closed with nothing between asks whether the server is there, and is silent. So
is a resource that others use while it is open, such as a server or a WebSocket: its entry in the catalogue has `serves`. And so is one
where what follows reads a part of an argument, such as `trace_configs[0]`: the opening may be there for that.

## Fix safety

There is no fix: an acquisition is never deleted, because a failure to connect is an effect, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.dataflow.verdict import Outcome
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import Severity
from flake8_naq.rules.base import Report, Rule
from flake8_naq.rules.lifetime import acquired, described
from flake8_naq.syntax.callees import arguments_of
from flake8_naq.syntax.walk import scope_nodes

_USES: Final = (Event.HANDED_OFF, Event.ESCAPE_SITE, Event.YIELDED_OPEN, Event.ENDED)


def check(facts: ModuleFacts) -> Iterator[Report]:
    for function in facts.functions:
        judged = {verdict.call for verdict in function.verdicts if verdict.outcome is not Outcome.FINE}
        for summary in function.summaries:
            call = summary.origin.call
            if call is not None and summary.origin.opened and summary.acquired:
                if not _is_unused(summary) or _is_looped_over(function, summary):
                    continue
                if not _calls_back(call) and not _read_from_arguments(function, call):
                    of = acquired(facts, summary)
                    message = f"{described(facts, of)} is opened and nothing uses it; remove it"
                    yield Report(call, message, of, hidden=call in judged)  # one finding for one acquisition


def _is_looped_over(function: FunctionFacts, summary: AcquisitionSummary) -> bool:
    """Whether a loop asks it for its items, as one over the lines of a file does."""
    loops = scope_nodes(function.scope.node, ast.For, ast.AsyncFor)
    return any(isinstance(loop.iter, ast.Name) and loop.iter.id == summary.origin.name for loop in loops)


def _calls_back(call: ast.Call) -> bool:
    """Whether a callback is told what happens to the connection: that is a use."""
    return any(keyword.arg is None or keyword.arg.endswith(("_cb", "_handler")) for keyword in call.keywords)


def _read_from_arguments(function: FunctionFacts, call: ast.Call) -> bool:
    """Whether what follows reads a part of an argument: the opening may be there for what it does to that."""
    given = {argument.id for argument in arguments_of(call) if isinstance(argument, ast.Name)}
    parts = scope_nodes(function.scope.node, ast.Attribute, ast.Subscript) if given else []
    return any(
        isinstance(part.value, ast.Name) and part.value.id in given and part.lineno > call.lineno for part in parts
    )


def _is_unused(summary: AcquisitionSummary) -> bool:
    """Nothing but views and releases, and more than the question whether connecting works.

    A helper that gives it in a tuple may give in the same tuple what needs it: a request that its session has begun.
    """
    factory = summary.origin.factory
    used = any(summary.uses.values()) or summary.saw(*_USES)
    used = used or (factory is not None and factory.positions != ())
    asked = summary.origin.guarded or (not summary.views and not summary.saw(Event.HAD_OTHER_WORK))
    resource = summary.origin.resource
    return not used and not asked and resource.asynchronous and not resource.serves


RULE = Rule(
    "NAQ202",
    "unused-connection",
    "A connection that is opened and that nothing uses.",
    check,
    severity=Severity.WARNING,
)
