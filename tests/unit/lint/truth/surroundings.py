"""What a program finds around itself: the modules that it imports and the arguments that it is called with."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from lint.truth.fake import Connection, File, Operation, Site, World, call_site

_Namespace = dict[str, Any]


def builtins_for(world: World) -> _Namespace:
    """The builtins of a program: imports and `open` lead into *world*."""
    modules = modules_for(world)

    def find(name: str, _g: object = None, _l: object = None, fromlist: object = (), _level: int = 0) -> object:
        return modules[name] if fromlist else modules[name.partition(".")[0]]

    def counted(*bounds: int) -> range:
        """A range that ends after any turn but the first: of a counted loop, the linter knows that it turns at all."""
        whole = range(*bounds)
        return whole[: 1 + world.choose(len(whole))]

    ours = {"__import__": find, "open": lambda *_: opened(world), "print": lambda *_: None, "range": counted}
    return vars(builtins) | ours


def modules_for(world: World) -> _Namespace:
    client = SimpleNamespace(Client=lambda: Connection(world))
    nats = SimpleNamespace(connect=lambda *_: connecting(world), NATS=client.Client)
    naq = SimpleNamespace(get_nats_connection=nats.connect, close_nats_connection=lambda nc: closing(world, nc))
    quiet = SimpleNamespace(info=lambda *_: None, exception=lambda *_: None)
    return {
        "app": SimpleNamespace(**app(world)),
        "asyncio": SimpleNamespace(
            CancelledError=asyncio.CancelledError, wait_for=lambda awaitable, _: awaitable, shield=lambda x: x
        ),
        "contextlib": contextlib,
        "logging": SimpleNamespace(getLogger=lambda *_: quiet),
        "naq.connection": naq,
        "nats": nats,
        "nats.aio.client": client,
        "pytest": SimpleNamespace(fixture=lambda function: function),
    }


def connecting(world: World) -> Operation:
    site = call_site(world)

    def connect() -> Connection:
        world.may_fail(waits=True)
        connection = Connection(world)
        world.acquired(connection, site)
        return connection

    return Operation(connect)


def closing(world: World, connection: Connection | None) -> Operation:
    """naq's own function: it closes what it is given."""
    return Operation(lambda: connection.release() if connection is not None else world.may_fail(waits=True))


def opened(world: World) -> File:
    site: Site = call_site(world)
    world.may_fail()
    file = File(world)
    world.acquired(file, site)
    return file


def app(world: World) -> dict[str, Callable[..., object]]:
    """The callables whose body is not in the file; each may raise, and the awaited ones be cancelled."""

    def awaited(outcome: Callable[[], object]) -> Callable[..., Operation]:
        def call(*arguments: object) -> Operation:
            world.passed(*arguments)  # the coroutine has it, whatever becomes of the await

            def action() -> object:
                world.may_fail(waits=True)
                return outcome()

            return Operation(action)

        return call

    def called(outcome: Callable[[], object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            world.may_fail()
            world.passed(*arguments)
            return outcome()

        return call

    def nothing() -> None:
        return None

    def either() -> bool:
        return world.choose(2) == 0

    waiting = awaited if world.asynchronous else called
    return {
        "work": waiting(nothing),
        "use": waiting(nothing),
        "check": waiting(either),
        "step": called(nothing),
        "keep": called(nothing),
        "lend": called(nothing),
        "ready": called(either),
        "kind": called(lambda: world.choose(3)),
        "guard": lambda *_: Guard(world),
        "stream": called(lambda: Stream(world)),
        "POOL": Shelf(world),  # type: ignore[dict-item]
    }


class Stream:
    """An asynchronous iterator of up to as many items as a loop may turn."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.left = world.choose(world.most_turns + 1)

    def __aiter__(self) -> Stream:
        return self

    def __anext__(self) -> Operation:
        return Operation(self._next)

    def _next(self) -> int:
        self.world.may_fail(waits=True)
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return self.left


class Items:
    """An iterable of up to as many items as a loop may turn, newly created each time."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.world.choose(self.world.most_turns + 1)))


class Guard:
    """A manager of something else; entering and leaving it may fail, and it swallows nothing."""

    def __init__(self, world: World) -> None:
        world.may_fail()
        self.world = world

    def __enter__(self) -> None:
        self.world.may_fail()

    def __exit__(self, *_: object) -> None:
        self.world.may_fail()

    def __aenter__(self) -> Operation:
        return Operation(lambda: self.world.may_fail(waits=True))

    def __aexit__(self, *_: object) -> Operation:
        return Operation(lambda: self.world.may_fail(waits=True))


class Shelf(dict[Any, Any]):
    """A container that belongs to other code."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def __setitem__(self, _key: object, value: object) -> None:
        self.world.may_fail()
        self.world.kept(value)

    def append(self, value: object) -> None:
        self.world.passed(value)


class Holder:
    """`self`: it keeps what is stored on it, and its flags hold still for a run."""

    def __init__(self, world: World) -> None:
        self.__dict__["_world"] = world

    def __setattr__(self, name: str, value: object) -> None:
        self.__dict__[name] = value
        self._world.kept(value)

    def __getattr__(self, name: str) -> bool:
        self.__dict__[name] = answer = self._world.choose(2) == 0
        return answer


class Unknown:
    """An object of which nothing is known: reading an attribute may raise."""

    def __init__(self, world: World) -> None:
        self.__dict__["_world"] = world

    def __getattr__(self, name: str) -> int:
        self._world.may_fail()
        return 1


def argument(name: str, world: World, asynchronous: bool) -> object:
    """A value for the parameter of that name; what is free about it is chosen here."""
    if name == "self":
        return Holder(world)
    if name == "items":
        return Items(world)
    if name == "mode":
        return world.choose(3)
    if name == "job":
        return Unknown(world)
    if name == "shelf":
        return Shelf(world)
    if name == "given":
        other = Connection(world) if asynchronous else File(world)
        return None if world.choose(2) == 0 else other
    return world.choose(2) == 0
