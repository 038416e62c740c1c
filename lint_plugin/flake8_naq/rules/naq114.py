"""NAQ114 owner-never-closed.

## What it does

Reports an object that opens a connection and is never closed, or stays open where something fails: its class opens the
connection in some methods, such as `__init__` or `connect`, and closes it in others, such as `close` or `__aexit__`. A
class method that returns an open object (`await Bus.create(url)`) opens one, too. The
class may be in the same file or in another module of the project, which the message then names. An object that `self` keeps
is reported, too, if one method opens and closes it, itself or by other methods, and something between may fail. An object that is handed
on is not reported, unless a method of it or an awaited call may fail before that, or a list or dictionary gets it whose items
nothing closes: of the function, or of `self`. An object that only tasks get, which use it, is reported; so is one that a generator
closes behind its `yield` and in no `finally`, unless it is the lifespan of an application or a fixture of pytest. An object that
any of its methods opens when that is needed (`api.fetch(1)`) is reported where it is made.

## Why is this bad?

The connection is as open as one that is made by hand: nothing but the object's own method closes it, and the object is
dropped without calling that.

## Example

```python
import nats


class Bus:
    async def connect(self, url: str) -> None:
        self.nc = await nats.connect(url)

    async def publish(self, data: bytes) -> None:
        await self.nc.publish("orders", data)

    async def close(self) -> None:
        await self.nc.close()


async def send(url: str) -> None:
    bus = Bus()
    await bus.connect(url)
    await bus.publish(b"1")
```

## Use instead

```python
import nats


class Bus:
    async def connect(self, url: str) -> None:
        self.nc = await nats.connect(url)

    async def publish(self, data: bytes) -> None:
        await self.nc.publish("orders", data)

    async def close(self) -> None:
        await self.nc.close()


async def send(url: str) -> None:
    bus = Bus()
    try:
        await bus.connect(url)
        await bus.publish(b"1")
    finally:
        await bus.close()
```

## Known problems

A class counts only where it is certain that its objects alone have the connection: its bases leave the connection alone, its
closing methods are passed to nothing, and the connection is never given from outside. An object is silent where a method is
called that passes `self` on. A connection that may be given to the constructor (`self.nc = nc or connect()`) counts for objects that are made without it. A method that opens only if a
setting or another argument says so does not count, nor does an object that a module makes for others to import, unless the
module is a program or opens it in a context manager such as the lifespan of an application. Nor
does what a [script](NAQ103.md#known-problems) opens once and leaves open until its process ends. Where the
answer of the opening method is asked for, an object that is closed is reported only for what raises where the answer was
yes, or for the handler that this comes to. A file that mentions mocks or patches is silent, as what they replace opens nothing.

## Options

`scripts = true` under `[tool.flake8-naq]` reports scripts, too.

A resource declared under `[[tool.flake8-naq.resource]]` is judged in the same way.

## Fix safety

There is no fix: where the object is to be closed cannot be read from the code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from flake8_naq.cfg.instructions import Origin
from flake8_naq.dataflow.observations import Departure
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.facts.doubles import has_doubles
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts, OwnerFacts
from flake8_naq.facts.nested_opening import nested_openings
from flake8_naq.model import Acquisition, Witness
from flake8_naq.prescan.owner_classes import EXITS, OwnerClass
from flake8_naq.rules.attribute_releases import is_released_by_others
from flake8_naq.rules.attributes import Kept, is_never_released, never_released
from flake8_naq.rules.base import Report, Rule
from flake8_naq.rules.connected_and_closed import connected_and_closed
from flake8_naq.rules.interrupted import is_closed_on_interrupt
from flake8_naq.rules.kept_by_managers import kept_by_managers
from flake8_naq.rules.kept_items import never_released_items
from flake8_naq.rules.lent_to_tasks import lent_to_tasks
from flake8_naq.rules.lifetime import Acquired, acquired, when, with_article, with_outcome
from flake8_naq.rules.opened_by_methods import opened_by_methods
from flake8_naq.rules.outliving import is_read
from flake8_naq.rules.suggestion import source_of
from flake8_naq.rules.ways_while_open import way_while_open
from flake8_naq.syntax.bindings import stored_values
from flake8_naq.syntax.names import Scope
from flake8_naq.syntax.nodes import is_none
from flake8_naq.syntax.own_object import own_attribute
from flake8_naq.syntax.tree import Tree
from flake8_naq.syntax.walk import walk_scope

# Words in the names of methods that are called in order to open something.
_OPENING_WORDS: Final = frozenset({"aenter", "begin", "bind", "boot", "connect", "enter", "init", "initialise", "initialize"}).union(
    {"launch", "listen", "load", "login", "open", "prepare", "reconnect", "run", "setup", "start", "startup", "subscribe", "up"}
)


def check(facts: ModuleFacts) -> Iterator[Report]:
    if has_doubles(facts.text):
        return
    owned = facts.owned
    if owned is not None:
        yield from _in_variables(owned)
        yield from _in_tasks(owned)
        yield from _in_attributes(owned)
        yield from _in_methods(owned)
        yield from _in_containers(owned)
        yield from _in_managers(owned)
        yield from _in_outer_names(owned)


def _in_variables(owned: OwnerFacts) -> Iterator[Report]:
    for outcome in (Outcome.NEVER_CLOSED, Outcome.LEAKS):
        said: list[Origin] = []
        for function, verdict in with_outcome(owned.facts, outcome):
            origin = verdict.summary.origin
            factory = origin.factory
            if (factory is not None and factory.held is not None) or any(origin is one for one in said):
                continue
            owner = owned.classes[verdict.summary.origin.resource]
            if _is_shared(function, verdict) or _is_reached_into(owned.facts, function.scope, origin.name, owner):
                continue
            if outcome is Outcome.NEVER_CLOSED and is_closed_on_interrupt(owned.facts.parents, verdict):
                continue
            leaking = verdict if outcome is Outcome.NEVER_CLOSED else way_while_open(function, verdict)
            kept = leaking is not None and leaking.before_handoff and is_never_released(owned.facts, leaking.call)
            if leaking is not None and not kept:
                said.append(origin)  # a method that opens only what is not open opens nothing more
                yield _of_variable(owned.facts, function, leaking, owner)


def _in_tasks(owned: OwnerFacts) -> Iterator[Report]:
    """Yield the objects that a function gives to tasks alone, which only use them."""
    for function in owned.facts.functions:
        for verdict, run in lent_to_tasks(owned.facts, function):
            origin = verdict.summary.origin
            owner = owned.classes[origin.resource]
            if not _is_reached_into(owned.facts, function.scope, origin.name, owner):
                name = origin.name or ""
                task = f"the task of {owned.facts.named_line(run.lineno)}"
                becomes = f"is never closed: {task} only uses it; call '{owner.release_of(name)}' where that ends"
                yield _of_object(owned.facts, owner, verdict.call, name, becomes)


def _of_variable(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict, owner: OwnerClass) -> Report:
    call = _shown_call(verdict.call, verdict.summary.origin.call)
    acquisition = _named(acquired(facts, verdict.summary, call), owner)
    witness, becomes, remedy = None, "is never closed", _remedy(facts, verdict, owner)
    if verdict.outcome is Outcome.LEAKS and verdict.leak is not None:
        witness = Witness(verdict.leak.line, verdict.leak.departure.value)
        becomes = f"stays open {when(facts, witness)}"
        if verdict.before_handoff:
            becomes += ", before it is handed on"
            remedy = f"call '{owner.release_of(acquisition.name or owner.name.lower())}' in an 'except BaseException' that raises again"
        elif verdict.leak.departure is Departure.REBOUND:
            remedy = f"call '{owner.release_of(acquisition.name or owner.name.lower())}' before"
    message = f"{_described(facts, acquisition, owner)} and {becomes}; {remedy}"
    return Report(call, message, acquisition, witness, subject=Acquired(function, verdict))


def _shown_call(opens: ast.Call, made: ast.Call | None) -> ast.Call:
    """Return the call that a report is on: the one that opens the object, or makes an object that opens itself later.

    A reader sees that `bus.connect()` opens something. What `api.fetch(1)` opens when that is needed belongs to `api = Api()`.
    """
    name = opens.func.attr if isinstance(opens.func, ast.Attribute) else ""
    return opens if made is None or not name or _says_that_it_opens(name) else made


def _says_that_it_opens(name: str) -> bool:
    return not _OPENING_WORDS.isdisjoint(name.lower().split("_"))


def _in_attributes(owned: OwnerFacts) -> Iterator[Report]:
    """Yield the objects that are kept on `self` by a class that never closes them."""
    said: set[tuple[Scope, str]] = set()
    for kept in sorted(never_released(owned.facts), key=lambda one: one.call.lineno):
        owner, name = owned.classes[kept.resource], f"{kept.holder}.{kept.attributes[0]}"
        if (kept.owner, name) in said or _closes_inside(owned.facts, kept.owner, kept.attributes, owner):
            continue
        said.add((kept.owner, name))  # whichever of its methods comes first opens it
        release = owner.release_of(f"{kept.own_holder}.{kept.attributes[0]}")
        becomes = f"is closed by no method of class '{kept.owner.qualname}'; add one that calls '{release}'"
        yield _of_object(owned.facts, owner, _shown_call(kept.call, _made(owned.facts, kept)), name, becomes)


def _made(facts: ModuleFacts, kept: Kept) -> ast.Call | None:
    """Return the call whose object a method assigns to the attribute, None where that is not certain."""
    pairs = (pair for node in facts.nodes(kept.owner.node) for pair in stored_values(node))
    values = [value for target, value in pairs if own_attribute(target) in kept.attributes and not is_none(value)]
    made = values[0] if len(values) == 1 else None
    return made if isinstance(made, ast.Call) else None


def _in_methods(owned: OwnerFacts) -> Iterator[Report]:
    """Yield the objects that a method opens and closes, itself or by other methods, and leaves open on some ways."""
    facts = owned.facts
    for one in (*opened_by_methods(facts), *connected_and_closed(facts)):
        owner, holder = owned.classes[one.summary.origin.resource], one.function.scope.enclosing_class
        acquisition = _named(acquired(facts, one.summary, one.call), owner)
        attribute = acquisition.name.rpartition(".")[2]
        if holder is None or _is_reached_into(facts, holder, None, owner):
            continue
        if is_released_by_others(facts, holder, attribute, owner.closers | owner.releases):
            continue
        witness = Witness(one.leak.line, one.leak.departure.value)
        becomes = f"stays open {when(facts, witness)}; call '{one.release}' in a 'finally'"
        yield Report(one.call, f"{_described(facts, acquisition, owner)} and {becomes}", acquisition, witness)


def _in_containers(owned: OwnerFacts) -> Iterator[Report]:
    """Yield the objects that are kept in a container of a class or a function which closes none of them."""
    for of_classes in (True, False):
        for item in never_released_items(owned.facts, of_classes=of_classes):
            owner = owned.classes[item.resource]
            becomes = f"is closed by no method of class '{item.owner.qualname}'" if of_classes else "is never closed"
            remedy = f"call '{owner.release_of('item')}' for each item of '{item.container}'"
            yield _of_object(owned.facts, owner, item.call, "", f"{becomes}; {remedy}")


def _in_managers(owned: OwnerFacts) -> Iterator[Report]:
    """Yield the objects that a context manager keeps on an object of others, such as an application."""
    for kept in kept_by_managers(owned.facts):
        owner = owned.classes[kept.resource]
        becomes = f"is closed by no code behind the 'yield' of '{kept.manager}'"
        remedy = f"call '{owner.release_of(kept.path)}' in a 'finally' there"
        yield _of_object(owned.facts, owner, kept.call, kept.path, f"{becomes}; {remedy}")


def _of_object(facts: ModuleFacts, owner: OwnerClass, call: ast.Call, name: str, becomes: str) -> Report:
    """Return the report on an object that the call opens as `name`, empty for none, and what becomes of it."""
    acquisition = _named(Acquisition(owner.name, name, call.lineno), owner)
    return Report(call, f"{_described(facts, acquisition, owner)} and {becomes}", acquisition)


def _in_outer_names(owned: OwnerFacts) -> Iterator[Report]:
    """Yield the objects of a function or module that a nested function opens, and no code closes."""
    for function in owned.facts.functions:
        for opening in nested_openings(owned.facts, function):
            origin = opening.summary.origin
            owner = owned.classes[origin.resource]
            if not _is_reached_into(owned.facts, opening.owner, origin.name, owner):
                acquisition = _named(acquired(owned.facts, opening.summary, opening.call), owner)
                where = f"behind the 'yield' of '{opening.manager}'" if opening.manager else "where it is made"
                release = owner.release_of(acquisition.name)
                message = f"{_described(owned.facts, acquisition, owner)} and is never closed; call '{release}' {where}"
                yield Report(opening.call, message, acquisition)


def _closes_inside(facts: ModuleFacts, holder: Scope, attributes: list[str], owner: OwnerClass) -> bool:
    """Return whether a method, or another module, closes something inside the object.

    As in `self.bus.client.close()` and `self.crawler.driver.quit()`.
    """
    looked_up = (node for node in facts.nodes(holder.node) if isinstance(node, ast.Attribute))
    inside = (node.value for node in looked_up if node.attr in owner.closers | owner.releases)
    if any(
        isinstance(part, ast.Attribute) and part.attr in attributes
        for value in inside
        if isinstance(value, ast.Attribute)
        for part in ast.walk(value)
    ):
        return True
    return any(is_released_by_others(facts, holder, one, owner.closers | owner.releases) for one in attributes)


def _named(acquisition: Acquisition, owner: OwnerClass) -> Acquisition:
    """Return the acquisition with the place at which the class opens its resource."""
    return acquisition._replace(maker=owner.name, maker_line=owner.line, maker_path=owner.path)


def _described(facts: ModuleFacts, acquisition: Acquisition, owner: OwnerClass) -> str:
    """`Bus 'bus' opens a connection (app/bus.py:12)`."""
    place = facts.place(owner.path, owner.line)
    name = f" '{acquisition.name}'" if acquisition.name else ""
    return f"{owner.name}{name} opens {with_article(owner.opens)} ({place})"


def _remedy(facts: ModuleFacts, verdict: Verdict, owner: OwnerClass) -> str:
    origin = verdict.summary.origin
    name = origin.name or owner.name.lower()
    enters = {"__aenter__", "__enter__"} & owner.openers
    if (enters or owner.release in EXITS) and origin.call is not None:
        word = "async with" if enters & {"__aenter__"} or owner.release == "__aexit__" else "with"
        waits = "await " if "await" in origin.resource.acquired_by else ""
        return f"use '{word} {waits}{source_of(origin.call, facts.lines)} as {name}'"
    return f"call '{owner.release_of(name)}' in a 'finally'"


def _is_shared(function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether it is made at module level for other code, which may close it: the module does not use it there."""
    name, node = verdict.summary.origin.name, function.scope.node
    if name is None or not isinstance(node, ast.Module):
        return False
    return not is_read(walk_scope(node), name, verdict.call.lineno)


def _is_reached_into(facts: ModuleFacts, scope: Scope, name: str | None, owner: OwnerClass) -> bool:
    """Return whether the code of `scope` may close the resource itself: it looks it up in the object, not for one call.

    `bus.nc.publish(...)` leaves the connection open; behind `nc = bus.nc` or `bus.nc.close()` it may be closed.
    """
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in owner.attributes
        and (name is None or (isinstance(node.value, ast.Name) and node.value.id == name))
        and not _is_for_one_use(facts.parents, node, owner)
        for node in facts.nodes(scope.node)
    )


def _is_for_one_use(tree: Tree, looked_up: ast.Attribute, owner: OwnerClass) -> bool:
    """Return whether the code calls a method of what it looks up, or asks whether `bus.nc.is_connected`.

    Or `await bus.connect()` returns it, and nothing gets the answer.
    """
    parent = tree.parents[looked_up]
    if isinstance(parent, ast.Attribute):
        call = tree.parents[parent]
        is_called = isinstance(call, ast.Call) and call.func is parent
        return parent.attr not in owner.releases and (is_called or parent.attr.startswith("is_"))
    if not isinstance(parent, ast.Call) or parent.func is not looked_up or not _says_that_it_opens(looked_up.attr):
        return False
    return isinstance(tree.parents[tree.answer(parent)], ast.Expr)


RULE = Rule(
    "NAQ114",
    "owner-never-closed",
    "An object that opens a connection is never closed.",
    check,
)
