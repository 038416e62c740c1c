"""NAQ104 maybe-unbound-release.

## What it does

Reports a release in a `finally` or a handler whose name is unbound when the acquisition itself failed.

## Why is this bad?

The release raises `UnboundLocalError`, and that is the exception which the caller sees in place of the real one.

## Example

```python
import nats


async def send(url: str) -> None:
    try:
        nc = await nats.connect(url)
        await nc.publish("orders", b"1")
    finally:
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

## Fix safety

Safe together with the fix of its acquisition (NAQ101), which takes the release away: where the connect failed, its own
failure now comes out, or is what the handler handles. Unsafe where that fix is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.cfg.instructions import MethodCall, Release
from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.facts.module import FunctionFacts, ModuleFacts
from flake8_naq.model import FixSafety
from flake8_naq.rules.base import Fix, Report, Rule
from flake8_naq.rules.lifetime import Acquired, acquired


def check(facts: ModuleFacts) -> Iterator[Report]:
    for function in facts.functions:
        cleanup = _released_in_cleanup(function)
        for summary in function.summaries:
            for node in summary.nodes(Event.UNBOUND_RELEASE) & cleanup:
                if summary.origin.name is not None and summary.acquired and isinstance(node, ast.Call):
                    yield _report(facts, function, summary, node)


def _report(facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary, release: ast.Call) -> Report:
    """The report on a release; the fix of its acquisition takes it away."""
    message = (
        f"'{summary.origin.name}' is unbound here if its acquisition failed, and the UnboundLocalError hides why; "
        f"acquire it before the try"
    )
    verdict = next(one for one in function.verdicts if release in one.summary.nodes(Event.UNBOUND_RELEASE))
    return Report(release, message, acquired(facts, summary), subject=Acquired(function, verdict))


def _released_in_cleanup(function: FunctionFacts) -> set[ast.AST]:
    """The releases that stand in a handler or a finally."""
    instructions = (function.graph.points[index].instruction for index in function.graph.cleanup)
    return {
        one.node
        for one in instructions
        if isinstance(one, Release) or (isinstance(one, MethodCall) and _is_release(function, one.method))
    }


def _is_release(function: FunctionFacts, method: str) -> bool:
    return any(method in origin.resource.release_methods for origin in function.graph.origins)


RULE = Rule(
    "NAQ104",
    "maybe-unbound-release",
    "A release in a finally or handler uses a name that a failed acquisition leaves unbound.",
    check,
    fix=Fix("fix_naq101_to_104.managed", FixSafety.SAFE),
)
