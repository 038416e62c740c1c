"""NAQ102 leaks-on-some-paths.

## What it does

Reports a connection that is released on some paths only, and names the likeliest way by which it leaks: a line that
returns or raises, before one that is cancelled. A connection that is returned or stored, too, where an operation before
that may fail, also in a function of the project that only works with it: other code gets the connection only if nothing
fails, also where a handler takes the error and returns, raises another, or goes on. Such an operation may be a method of an
object of the project that has it: `await Storage(nc).create()`. It may be the call that opens a second one, as in
`a = await connect(x)`, `b = await connect(y)`, `return a, b`. And an attribute that a method such as `reconnect` gives a new
connection without closing the one that another method opened, or that a method sets to None, or opens again in a
loop, while it holds what the method itself has opened. An attribute, too, that a method opens or closes by way of another
method (`self._open()`), and closes on some ways only, where nothing else of the file closes it; and one that every method closes only
where another attribute is set (`if self.connected:`), which comes behind an operation that may fail; and one that
`__aenter__` opens by a method, before another step that may fail. The items of a list or dictionary, too, that the function
makes, and closes behind an operation that may fail. What only a function of the project
closes that gets it, too, which does so behind such an operation. And a `global` that a function
sets to None while it holds what the function has opened, or gives a new connection after it has used the old one, which
nothing in the file closes.

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

In a `finally` that closes several things, an error of one close is taken for as rare as that of the last, and so is a
cancellation of what a block there lets fail: what only these leave open is not reported.
An application goes on behind the `yield` of its lifespan, which is known by its parameter (`app`): what only an error there
leaves open in an attribute (`app.state.nc`) is not reported.
In a script, an error that no handler takes ends the program: what only that leaves open is not reported, unless
`scripts = true` is set under `[tool.flake8-naq]`.
A condition that is tested twice and depends on a call is taken as two conditions. Before a connection is handed on, an
operation inside a `try` of which a handler closes it is taken to raise what that handler takes.

What NAQ111 and NAQ112 add is off: calls that may raise and mere cancellation before a connection is handed on, and steps of a
closing method before its release. Where a test of an argument or a setting comes before the release, or before the
`return` that leaves an attribute open, the attribute may be kept open on purpose. An attribute that is overwritten while it is open has this code, too,
as by `connect()` behind a constructor that opens it, and one that `close()` opens again.

## Options

A resource declared under `[[tool.flake8-naq.resource]]` is judged in the same way.

## Fix safety

As for NAQ101: safe where errors, cancellation or an early `return` leave the connection open, which is now closed, also for a
callback that other code kept. Unsafe, too, where it may be left open on purpose: where a condition decides about the
close alone, where a function that is not a context manager yields, or where other code uses the open connection (`serves` in a catalogue). No fix where a view is kept
or a callback waits.

- A resource that no `with` can close, such as the stream of `asyncio.open_connection`, gets a `try`, and the release that the
  code has moves to its `finally` as it is written.
- One that other code gets if nothing fails is closed in an `except BaseException` that raises again, up to the hand-off; so is one
  that an attribute keeps, in `__init__`, `__enter__` and `__aenter__`.
- One that a block enters some lines later (`async with server:`) is entered at once, with these lines in the block.
- One that the `else` of a `try` uses and closes is entered at the beginning of that `else`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from flake8_naq.dataflow.observations import Departure, Event
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.model import Acquisition, FixSafety, State, Witness
from flake8_naq.rules.attributes import Kept, is_never_released
from flake8_naq.rules.base import Fix, Report, Rule
from flake8_naq.rules.closed_by_callees import closed_by_callees
from flake8_naq.rules.closed_by_flags import left_by_flags
from flake8_naq.rules.connected_and_closed import connected_and_closed
from flake8_naq.rules.container_uses import ContainerUses, place_of
from flake8_naq.rules.entered_in_steps import lost_in_steps
from flake8_naq.rules.given_away import is_given_away, is_lost_before_objects, is_stored, names_of_objects
from flake8_naq.rules.given_to_objects import given_to_objects
from flake8_naq.rules.lent_before_handoff import lent_before_handoff
from flake8_naq.rules.lifetime import Acquired, about, acquired, acquisition_of, described, several, when, with_outcome
from flake8_naq.rules.lost_before_returned import lost_before_returned
from flake8_naq.rules.lost_items import lost_items
from flake8_naq.rules.opened_by_methods import opened_by_methods
from flake8_naq.rules.overwritten import overwritten, reopened
from flake8_naq.rules.overwritten_globals import overwritten_globals
from flake8_naq.syntax.bindings import PLAIN_ASSIGNMENTS
from flake8_naq.syntax.callees import keyed_arguments
from flake8_naq.syntax.walk import walk_scope

_KEEPS: Final = (*PLAIN_ASSIGNMENTS, ast.Call)


def check(facts: ModuleFacts) -> Iterator[Report]:
    reports = [*_overwritten(facts), *_opened_by_methods(facts), *_leaks(facts), *_lost_items(facts), *_lost_before_returned(facts)]
    reports += _closed_by_callees(facts)
    yield from reports
    for one in (*_lost_in_steps(facts), *_left_by_flags(facts)):
        if all(one.node is not other.node for other in reports):
            reports.append(one)
            yield one


def _leaks(facts: ModuleFacts) -> Iterator[Report]:
    """Reports on what a function leaves open on some ways."""
    for function, verdict in (*with_outcome(facts, Outcome.LEAKS), *lent_before_handoff(facts)):
        if verdict.leak is not None:
            witness = Witness(verdict.leak.line, verdict.leak.departure.value)
            if verdict.before_handoff and not (is_given_away(function, verdict) or _is_lost_alone(facts, verdict)):
                continue
            if _is_in_stored_object(function, verdict, verdict.leak.line) or _is_item(facts, function, verdict):
                continue
            hidden = verdict.summary.saw(Event.STORED) and is_never_released(facts, verdict.call)
            if verdict.before_handoff:
                yield before_handoff(facts, function, verdict, witness)._replace(hidden=hidden)
            elif verdict.leak.departure is Departure.REBOUND and verdict.summary.origin.owned:
                of = acquired(facts, verdict.summary, verdict.call)
                yield _replaced(facts, of, verdict.call, witness)._replace(hidden=hidden)
            else:
                yield about(facts, function, verdict, f"stays open {when(facts, witness)}", witness)


def _is_lost_alone(facts: ModuleFacts, verdict: Verdict) -> bool:
    """Return whether it is lost before the objects exist that get it, and NAQ103 does not say that these never close it."""
    only_used = (one.verdict.call for one in given_to_objects(facts))
    return is_lost_before_objects(facts, verdict) and all(one is not verdict.call for one in only_used)


def _lost_before_returned(facts: ModuleFacts) -> Iterator[Report]:
    """Reports on what an object has that a function returns only if no method of the object fails."""
    for function, verdict, leak in lost_before_returned(facts):
        yield before_handoff(facts, function, verdict, Witness(leak.line, leak.departure.value))._replace(subject=None)


def _closed_by_callees(facts: ModuleFacts) -> Iterator[Report]:
    """Reports on what only a function closes that gets it, and that may fail before."""
    for function, verdict, closing in closed_by_callees(facts):
        of, witness = acquired(facts, verdict.summary, verdict.call), Witness(closing.lineno, Departure.RAISES.value)
        closer = f"'{ast.unparse(closing.func)}' ({facts.callees.place_of(closing, function.names)})"
        why = f"{closer} closes it only if nothing fails; close it in a 'finally' there"
        yield Report(verdict.call, f"{described(facts, of)} stays open {when(facts, witness)}: {why}", of, witness)


def _lost_items(facts: ModuleFacts) -> Iterator[Report]:
    """Reports on the items of a container that a function closes in the end only."""
    for filled, line in lost_items(facts):
        message = (
            f"{several(filled.resource.name)} in '{filled.container}' stay open if {facts.named_line(line)} raises; "
            f"close each in a 'finally', as in '{filled.resource.release_of(name='item')}'"
        )
        yield Report(filled.call, message)


def _overwritten(facts: ModuleFacts) -> Iterator[Report]:
    """Reports on an attribute or a global that gets a new connection, as by `reconnect`, while the old one is open."""
    for kept, first in overwritten(facts):
        of = acquisition_of(facts, kept.resource, kept.call, f"{kept.holder}.{kept.attributes[0]}")
        where = f" of {facts.named_line(first)}"
        yield _replaced(facts, of, kept.call, Witness(kept.call.lineno, "is rebound"), where)
    for name, call, resource, first in overwritten_globals(facts):
        of = acquisition_of(facts, resource, call, name)
        yield _replaced(facts, of, call, Witness(call.lineno, "is rebound"), f" of {facts.named_line(first)}")
    for kept, closer in reopened(facts):
        of = acquisition_of(facts, kept.resource, kept.call, f"{kept.holder}.{kept.attributes[0]}")
        yield Report(kept.call, f"{described(facts, of)} stays open: '{closer}' opens it behind the close; open it where it is used", of)


def _opened_by_methods(facts: ModuleFacts) -> Iterator[Report]:
    """Reports on an attribute that a method opens by way of another method, and does not close on every way."""
    for one in (*opened_by_methods(facts), *connected_and_closed(facts)):
        of = acquired(facts, one.summary, one.call)
        witness = Witness(one.leak.line, one.leak.departure.value)
        message = f"{described(facts, of)} stays open {when(facts, witness)}; call '{one.release}' in a 'finally'"
        yield Report(one.call, message, of, witness)


def _left_by_flags(facts: ModuleFacts) -> Iterator[Report]:
    """Reports on an attribute that no method closes where something fails before another attribute is set."""
    for one in left_by_flags(facts):
        yield _left_open(facts, one.kept, one.line, f"'{one.closer}' then finds 'self.{one.flag}' not set")


def _lost_in_steps(facts: ModuleFacts) -> Iterator[Report]:
    """Reports on an attribute that is lost where an object fails to be entered."""
    for one in lost_in_steps(facts):
        exits = one.entering.replace("enter", "exit")
        yield _left_open(facts, one.kept, one.line, f"'{one.entering}' fails then, and '{exits}' is not called")


def _left_open(facts: ModuleFacts, kept: Kept, line: int, why: str) -> Report:
    """The report on an attribute that stays open if the line raises."""
    of = acquisition_of(facts, kept.resource, kept.call, f"self.{kept.attributes[0]}")
    witness = Witness(line, Departure.RAISES.value)
    remedy = "close it in an 'except BaseException' that raises again"
    return Report(kept.call, f"{described(facts, of)} stays open {when(facts, witness)}: {why}; {remedy}", of, witness)


def _replaced(facts: ModuleFacts, of: Acquisition, call: ast.Call, witness: Witness, where: str = "") -> Report:
    """The report on what an attribute holds `where` it is given another value, which loses it."""
    return Report(call, f"{described(facts, of)}{where} stays open {when(facts, witness)}; close it before", of, witness)


def _is_in_stored_object(function: FunctionFacts, verdict: Verdict, line: int) -> bool:
    """Return whether an object that has it is stored above the line: `entry = Entry(nc)`, then `self.entries[key] = entry`.

    Other code closes it then by the object, whether or not a handler of the function does so before that.
    """
    nodes, name = list(walk_scope(function.scope.node)), verdict.summary.origin.name
    made = frozenset(one for one in nodes if name is not None and isinstance(one, ast.Call) and _gets(one, name))
    named = frozenset(one for node in nodes for one in names_of_objects(node, made))
    above = (node for node in nodes if isinstance(node, PLAIN_ASSIGNMENTS) and node.lineno < line)
    stored = (node.value for node in above if is_stored(node))
    return any(isinstance(value, ast.Name) and value.id in named for value in stored)


def _is_item(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether a container of `self` has it above the leak, and other code of the file may release its items.

    A method that closes all of `self.clients` closes it then, though the function does so on some of its ways. Where
    something may fail before it is put there, it is lost.
    """
    summary, owner, leak = verdict.summary, function.scope.enclosing_class, verdict.leak
    if owner is None or leak is None:
        return False
    nodes = summary.nodes(Event.STORED) | summary.nodes(Event.ESCAPE_SITE)
    lines = {place_of(one): one.lineno for one in nodes if isinstance(one, _KEEPS) and one.lineno < leak.line}
    raising = [point.line for point in function.graph.points if point.raises]
    return any(
        container.startswith("self.")
        and not any((verdict.call.end_lineno or 0) < one < line for one in raising)
        and not ContainerUses(facts, owner, container, summary.origin.resource).are_harmless
        for container, line in lines.items()
    )


def _gets(call: ast.Call, name: str) -> bool:
    return any(isinstance(value, ast.Name) and value.id == name for _, value in keyed_arguments(call))


def before_handoff(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict, witness: Witness) -> Report:
    """The report on a resource that other code gets if nothing fails: no manager can stand for it."""
    of = acquired(facts, verdict.summary, verdict.call)
    message = (
        f"{described(facts, of)} stays open {when(facts, witness)}, before it is handed on; "
        f"close it in an 'except BaseException' that raises again"
    )
    return Report(verdict.call, message, of, witness, subject=Acquired(function, verdict))


RULE = Rule(
    "NAQ102",
    "leaks-on-some-paths",
    "A connection that is closed on some paths only.",
    check,
    state=State.LEAKS,
    fix=Fix("fixer.fix_naq101_to_104.managed", FixSafety.SAFE),
)
