"""NAQ101 hand-closed.

## What it does

Reports a connection that the function releases by hand on every path, exceptions and cancellation included.

## Why is this bad?

Nothing leaks today. The guarantee hangs on a `try/finally` that each later edit has to respect: an early `return` is
safe, an `await` between the acquisition and the `try` is not, and no reader sees which it is. A context manager keeps the
promise by itself.

## Example

```python
import nats


async def send(url: str) -> None:
    nc = await nats.connect(url)
    try:
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

No block can begin in a branch and end behind it: what is opened on some ways only, as in `nc = given or await
nats.connect(url)`, is entered by an `AsyncExitStack` in the branch that opens it.

## Options

A resource declared under `[[tool.flake8-naq.resource]]` is judged in the same way.

## Fix safety

Safe where nothing changes but that the manager closes: same operations, order, results and exceptions. Unsafe, and so
applied with `--unsafe-fixes` only, where

- handlers of the `try` around the acquisition would run after the close, and see its failure; this is safe where the close
  raises nothing (`close-fails`), and the handlers only log and give plain values;
- the server would be that of a Config, and not the URL that is given now; `__init__` then changes with it (NAQ302);
- an error of the close was swallowed, the close had a time limit or arguments, or ran in the background;
- the block does more than the release, as with `psycopg.connect`, whose block commits (`block-does`), and with a server that the
  code closes without a wait for its end; this is safe where the releases are a plain `name.close()`, as the fix then writes
  `contextlib.closing`, which does no more;
- an error of the close would tell less of what came before it: a handler closed and swallowed or replaced the error, a
  `finally` closed and left;
- naq's manager drains in place of a `drain()`, or a `finally` drains: the drain comes to the end of the block, which an
  exception leaves before;
- a comment would lose its place; one that says only that the connection is closed goes with the close;
- a word to a log, or a value that is computed and returned, came after the close and would come before it; what waits is
  never moved, as it may wait for the close, and constants, names, texts of names (`f"{count} rows"`), the making of an
  exception, of a dataclass of the file or of a web answer (`jsonify`, `JSONResponse`), and `sys.exit(1)` may always move;
- where the connect failed, the release hid that failure behind another error, or the `finally` did something else;
- several connections are closed in the order in which they were opened: blocks close them in the opposite order, which
  is safe for different files, sqlite3 databases and HTTP responses only.

One or two blocks are nested. Three or more that are opened one after the other become one `async with
contextlib.AsyncExitStack() as stack` (`ExitStack` where nothing is awaited), which enters them in the same order.

A client that is made above a `try` and connected in it, which the `finally` closes, is entered around that `try`, so that
its handlers go on running before the close. What is opened and closed at once, and then returns, returns from the block.
What is only opened and closed becomes one expression, `open(path, "w").close()`, where nothing is awaited. What a `finally`
closes in front of others (`one.close()`, then `other.close()`) gets a block in the `try`, so that it is closed first.

Two managers in place of one `finally` may close in another order, which is unsafe, too. A connection that is made in a
`try` whose handlers all leave, under each of two conditions or in a retry loop is entered below it (`async with nc:`). A
`drain()` of nats-py's client stays, as its manager only closes. What is not fixed is left with the reason, such as a
helper that does more than to close, a name that is used after the block, or a function whose `locals()` or `eval` may
read any name. A connection that nothing uses is NAQ202 from
then on, which NAQ101 hid. A body that moves to the right may have lines that a formatter then breaks. Setting
`config = "self.config"` says that the Config has the address.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.dataflow.observations import Event
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import FixSafety, Severity, State
from flake8_naq.rules.base import Fix, Report, Rule
from flake8_naq.rules.closed_by_callees import closed_by_callees
from flake8_naq.rules.lifetime import about, with_outcome
from flake8_naq.syntax.nodes import last_name, without_await
from flake8_naq.syntax.tree import is_log_call


def check(facts: ModuleFacts) -> Iterator[Report]:
    lost = [one.verdict.call for one in closed_by_callees(facts)]  # NAQ102
    for function, verdict in with_outcome(facts, Outcome.HAND_CLOSED):
        in_part = _is_closed_in_part(verdict) or _is_open_before(verdict) or _is_told(facts, function, verdict)
        if not in_part and verdict.call not in lost:
            yield about(facts, function, verdict, "is closed by hand", None)


def _is_open_before(verdict: Verdict) -> bool:
    """Return whether a function has opened it, and a block would open it once more: only a `finally` can close it."""
    origin = verdict.summary.origin
    return origin.factory is not None and origin.resource.reopens


def _is_closed_in_part(verdict: Verdict) -> bool:
    """Return whether a release is told to leave something out, which a block does: `pool.shutdown(wait=False)`."""
    calls = (one for one in verdict.summary.nodes(Event.RELEASED) if isinstance(one, ast.Call))
    values = (keyword.value for one in calls for keyword in one.keywords)
    return any(isinstance(one, ast.Constant) and one.value is False for one in values)


def _is_told(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether the finally of a later try logs behind a close that may fail: no block can log there."""
    released, resource = verdict.summary.nodes(Event.RELEASED), verdict.summary.origin.resource
    for node in facts.nodes(function.scope.node) if resource.close_fails else ():
        if isinstance(node, ast.Try) and node.lineno > verdict.call.lineno:
            for one, *behind in (node.finalbody[index:] for index in range(len(node.finalbody) - 1)):
                call = without_await(one.value) if isinstance(one, ast.Expr) else None
                if isinstance(call, ast.Call) and {call} == released and all(map(is_log_call, behind)):
                    return resource.release.endswith(f".{last_name(call.func)}()")
    return False


RULE = Rule(
    "NAQ101",
    "hand-closed",
    "A connection that is closed by hand on every path.",
    check,
    severity=Severity.WARNING,
    state=State.BY_HAND,
    fix=Fix("fixer.fix_naq101_to_104.managed", FixSafety.SAFE),
)
