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
A `close()` after a `drain()` is taken as a belt to its braces, and silent. A release with arguments inside the block,
such as `close(code=1001)`, is silent, too: the block closes without them. So is one after which the block asks
something of what it has closed, such as `file.name`: what is written has to be in the file by then. And so is one in a
task beside others, `await asyncio.gather(send(ws), receive(ws))`: it ends what the others wait for.

## Fix safety

There is no fix: whether the close was meant to come early cannot be read from the code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import Severity
from flake8_naq.rules.base import Report, Rule
from flake8_naq.rules.closed_by_callees import closes_in_the_end
from flake8_naq.rules.lifetime import acquired, described
from flake8_naq.rules.unsure_releases import may_be_open_still, runs_beside_others
from flake8_naq.syntax.walk import scope_nodes


def check(facts: ModuleFacts) -> Iterator[Report]:
    may_fork = any(name.rpartition(".")[2] in facts.text for name in facts.catalogue.calls.forking)
    for function in facts.functions:
        if may_fork and _forks(facts, function):  # each of the two processes closes its own copy
            continue
        needed = {node for summary in function.summaries for node in _first_releases(summary)}
        for summary in function.summaries:
            managed = summary.nodes(Event.RELEASED_MANAGED)
            for node in managed - needed:
                if not isinstance(node, ast.Call) or _says_how(node, summary) or _asked_later(function, node):
                    continue
                if _is_direct(function, summary, node) or not runs_beside_others(facts, function, node):
                    yield _closed_in_block(facts, function, summary, node)
            for node in _closed_twice(facts, function, summary):
                if node not in managed | needed:
                    yield _report(facts, summary, node, "is closed already on every way here")


def _closed_twice(facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary) -> list[ast.Call]:
    """Return the calls that release what is surely released already."""
    factory = summary.origin.factory
    if factory is not None and factory.held is not None:  # each call closes another of several
        return []
    calls = [node for node in summary.second_releases if isinstance(node, ast.Call)]
    unsure = bool(calls) and (may_be_open_still(facts, function, summary) or _may_fail_before(facts, function, summary))
    return [] if unsure else calls


def _may_fail_before(facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary) -> bool:
    """Return whether a function that closes it in the end may fail before: a handler or a `finally` closes it then."""
    return any(
        closes_in_the_end(facts, function, summary, one) for one in _first_releases(summary) if isinstance(one, ast.Call)
    )


def _says_how(release: ast.Call, summary: AcquisitionSummary) -> bool:
    """Return whether a release method gets arguments, as in `close(code=1001)`: the block closes without them."""
    if not isinstance(release.func, ast.Attribute) or not (release.args or release.keywords):
        return False
    return release.func.attr in summary.origin.resource.release_methods


def _asked_later(function: FunctionFacts, release: ast.Call) -> bool:
    """Return whether the rest of the block asks something of what it has closed, as for the name of a written file."""
    method = release.func
    if not isinstance(method, ast.Attribute) or not isinstance(method.value, ast.Name):
        return False
    name = method.value.id
    end = max((block.end_lineno or 0 for block in _blocks_of(function, name, release.lineno)), default=0)
    return any(
        isinstance(node.value, ast.Name) and node.value.id == name and release.lineno < node.lineno <= end
        for node in scope_nodes(function.scope.node, ast.Attribute)
        if node.attr != method.attr
    )


def _blocks_of(function: FunctionFacts, name: str, line: int) -> Iterator[ast.With | ast.AsyncWith]:
    """Yield the blocks around a line that give what they enter this name."""
    for block in scope_nodes(function.scope.node, ast.With, ast.AsyncWith):
        named = any(isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == name for item in block.items)
        if named and block.lineno <= line <= (block.end_lineno or 0):
            yield block


def _forks(facts: ModuleFacts, function: FunctionFacts) -> bool:
    """Whether the function goes on in two processes."""
    forking = facts.catalogue.calls.forking
    return any(function.names.of(call.func) in forking for call in scope_nodes(function.scope.node, ast.Call))


def _closed_in_block(
    facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary, node: ast.Call
) -> Report:
    """Report a release in the block that releases; a function of the project may do more than that."""
    if _is_direct(function, summary, node):
        return _report(facts, summary, node, "is closed by hand inside the block that closes it")
    of = acquired(facts, summary)
    helper = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    return Report(
        node, f"{described(facts, of)} is closed in '{helper}' inside the block that closes it; leave that to the block", of
    )


def _is_direct(function: FunctionFacts, summary: AcquisitionSummary, node: ast.Call) -> bool:
    """Return whether the call is the release itself, and no function that may do more than that."""
    resource = summary.origin.resource
    if isinstance(node.func, ast.Attribute) and node.func.attr in resource.release_methods | resource.give_back_methods:
        return True
    return function.names.of(node.func) in resource.release_functions


def _report(facts: ModuleFacts, summary: AcquisitionSummary, node: ast.Call, says: str) -> Report:
    of = acquired(facts, summary)
    return Report(node, f"{described(facts, of)} {says}; remove the call", of)


def _first_releases(summary: AcquisitionSummary) -> frozenset[ast.AST]:
    """The calls that close what was open: the name may stand for another connection on another way."""
    return summary.released - summary.second_releases - summary.nodes(Event.RELEASED_MANAGED)


RULE = Rule(
    "NAQ107",
    "closes-managed",
    "A connection is closed by hand inside its manager, or closed twice.",
    check,
    severity=Severity.WARNING,
)
