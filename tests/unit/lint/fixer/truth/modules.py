"""What a program finds around itself: the modules that it imports and the arguments that it is called with.

All of it leads into one `World`. Where the real library has a name that is not here, importing it fails here too.
"""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import functools
import typing
from collections.abc import Callable, Generator, Iterator
from types import SimpleNamespace
from typing import Any

from lint.fixer.truth.recording import (
    ClosedError,
    Connection,
    File,
    JetStream,
    Leased,
    Operation,
    World,
    acquiring_line,
    address,
    connecting,
    described,
    shown,
)

DEFAULT_ADDRESS = "nats://default"
CONFIGURED = "nats://configured"  # what a Config that is passed in carries
ELSEWHERE = "nats://elsewhere"  # what a URL that is passed in says, unless both are the same


class NatsError(Exception):
    """`nats.errors.Error`, and below it those that the programs name."""


class NoServersError(NatsError):
    pass


class APIError(NatsError):
    pass


class NotFoundError(APIError):
    pass


class BucketNotFoundError(NotFoundError):
    pass


NATS_ERRORS = {"Error": NatsError, "NoServersError": NoServersError, "ConnectionClosedError": ClosedError}
JS_ERRORS = {"APIError": APIError, "NotFoundError": NotFoundError, "BucketNotFoundError": BucketNotFoundError}
# What an operation may raise besides RuntimeError, where the program names it.
NAMED: dict[str, type[Exception]] = {
    "ValueError": ValueError,
    "KeyError": KeyError,
    "NoServersError": NoServersError,
    "NotFoundError": NotFoundError,
    "BucketNotFoundError": BucketNotFoundError,
}


class Config:
    """naq's configuration, as far as it says where to connect."""

    def __init__(self, server: str = DEFAULT_ADDRESS) -> None:
        self.nats = SimpleNamespace(servers=(server,))

    @classmethod
    def for_servers(cls, *servers: str) -> Config:
        """What naq's own does: None among them is refused, as there."""
        if not all(isinstance(server, str) for server in servers):
            raise TypeError("a server is not a string")
        return cls(*servers)

    @property
    def __name__(self) -> str:
        return f"config for {self.nats.servers[0]}"


def builtins_for(world: World) -> dict[str, Any]:
    modules = modules_for(world)

    def find(name: str, _g: object = None, _l: object = None, fromlist: object = (), _level: int = 0) -> object:
        if name not in modules:
            raise ModuleNotFoundError(f"No module named {name!r}")
        return modules[name] if fromlist else modules[name.partition(".")[0]]

    def opened(*arguments: object, **options: object) -> File:
        file = File(world)
        file.acquire(f"open {shown(arguments, options)}", acquiring_line())
        return file

    quiet = {"print": lambda *values: world.note(f"print {shown(values, {})}")}
    return {**vars(builtins), **quiet, "__import__": find, "open": opened}


def modules_for(world: World) -> dict[str, Any]:
    errors = SimpleNamespace(**NATS_ERRORS)
    js_errors = SimpleNamespace(**JS_ERRORS)
    client = SimpleNamespace(Client=functools.partial(Connection, world))
    nats = SimpleNamespace(
        connect=lambda *arguments, **options: connecting(Connection(world), address(arguments, options)),
        NATS=client.Client,
        errors=errors,
        js=SimpleNamespace(errors=js_errors),
        aio=SimpleNamespace(client=client),
    )
    connection = SimpleNamespace(**naq_connection(world))
    config = SimpleNamespace(Config=Config, get_config=Config)
    return {
        "__future__": SimpleNamespace(annotations=None),
        "app": SimpleNamespace(**app(world)),
        "asyncio": waiting_library(world),
        "contextlib": contextlib,
        "functools": functools,
        "logging": SimpleNamespace(getLogger=lambda *_: Logger(world)),
        "naq": SimpleNamespace(connection=connection, config=config, **vars(connection), **vars(config)),
        "naq.config": config,
        "naq.connection": connection,
        "nats": nats,
        "nats.aio.client": client,
        "nats.errors": errors,
        "nats.js.errors": js_errors,
        "pytest": SimpleNamespace(fixture=lambda function: function),
        "typing": typing,
    }


def naq_connection(world: World) -> dict[str, Callable[..., Any]]:
    """The by-hand functions and the managers; both connect to the configured server where none is given."""

    def get(url: object = None) -> Operation:
        return connecting(Connection(world), _where(url))

    async def view(connection: Connection, **options: object) -> JetStream:
        return connection.jetstream(**options)

    async def close(connection: Connection) -> None:
        if not connection.is_closed:  # and None is an AttributeError, as it is in naq
            connection.release("close")

    @contextlib.asynccontextmanager
    async def borrowed(connection: Connection) -> Any:
        yield connection.jetstream()

    return {
        "get_nats_connection": get,
        "get_jetstream_context": view,
        "close_nats_connection": close,
        "nats_connection": lambda config=None: Leased(world, _where(config), None, views=False),
        "nats_jetstream": lambda config=None: Leased(world, _where(config), None, views=True),
        "nats_kv_store": lambda bucket, config=None: Leased(world, _where(config), (bucket,), views=True),
        "jetstream_context": borrowed,
    }


def _where(target: object) -> str:
    if isinstance(target, Config):
        target = target.nats.servers[0]
    return shown((DEFAULT_ADDRESS if target is None else target,), {})


class Waiting:
    """`asyncio.wait_for` and `shield`: that they were asked for is noted, then they await what they were given."""

    def __init__(self, world: World, label: str, awaitable: Any) -> None:
        self._world = world
        self._label = label
        self._awaitable = awaitable

    def __await__(self) -> Generator[Any, None, Any]:
        self._world.note(self._label)
        return (yield from self._awaitable.__await__())


def waiting_library(world: World) -> SimpleNamespace:
    return SimpleNamespace(
        CancelledError=asyncio.CancelledError,
        TimeoutError=TimeoutError,
        wait_for=lambda awaitable, timeout: Waiting(world, f"wait_for {timeout}", awaitable),
        shield=lambda awaitable: Waiting(world, "shield", awaitable),
        sleep=lambda seconds: Operation(lambda: world.operation(f"sleep {seconds}", waits=True)),
    )


class Logger:
    def __init__(self, world: World) -> None:
        self._world = world

    def info(self, *values: object) -> None:
        self._world.note(f"log {shown(values, {})}")

    debug = warning = error = exception = info


def app(world: World) -> dict[str, Any]:
    """The callables whose body is not in the file; each may raise, and the awaited ones be cancelled."""

    def function(name: str, answers: int = 0, waits: bool = False) -> Callable[..., Any]:
        def act(arguments: tuple[object, ...]) -> object:
            for value in arguments:
                world.keep(value)
            label = f"{name}{shown(arguments, {})}"
            world.operation(label, waits)
            if answers == 2:
                return world.choose(f"answer of {name}", 2) == 0
            return world.choose(f"answer of {name}", answers) if answers else None

        return (lambda *arguments: Operation(lambda: act(arguments))) if waits else lambda *arguments: act(arguments)

    waits = world.asynchronous
    return {
        "work": function("work", waits=waits),
        "use": function("use", waits=waits),
        "check": function("check", answers=2, waits=waits),
        "step": function("step"),
        "keep": function("keep"),
        "lend": function("lend"),
        "ready": function("ready", answers=2),
        "kind": function("kind", answers=3),
        "note": lambda *values: world.note(f"note {shown(values, {})}"),
        "traced": lambda *values: (lambda function: function),
        "guard": lambda *_: Guard(world),
        "stream": lambda *_: Stream(world),
        "POOL": Shelf(world, "POOL"),
    }


class Stream:
    """An asynchronous iterator of up to two items."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.left = world.choose("length of a stream", 3)

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> int:
        self.world.operation("next of a stream", waits=True)
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return self.left


class Items:
    """An iterable of up to two items, newly created each time."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.world.choose("length of items", 3)))


class Guard:
    """A manager of something else; entering and leaving it may fail, and it swallows nothing."""

    def __init__(self, world: World) -> None:
        world.operation("guard")
        self.world = world

    def __enter__(self) -> None:
        self.world.operation("enter a guard")

    def __exit__(self, *_: object) -> None:
        self.world.operation("leave a guard")

    async def __aenter__(self) -> None:
        self.world.operation("enter a guard", waits=True)

    async def __aexit__(self, *_: object) -> None:
        self.world.operation("leave a guard", waits=True)


class Shelf(dict[Any, Any]):
    """A container that belongs to other code."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__()
        self.world = world
        self.name = name

    def __setitem__(self, key: object, value: object) -> None:
        self.world.operation(f"{self.name}[{key!r}] = {described(value)}")
        self.world.keep(value)

    def append(self, value: object) -> None:
        self.world.operation(f"{self.name}.append({described(value)})")
        self.world.keep(value)


class Holder:
    """`self` of a class without a constructor: its flags hold still for a run, what is stored on it is noted."""

    def __init__(self, world: World) -> None:
        self.__dict__["_world"] = world

    def __setattr__(self, name: str, value: object) -> None:
        self.__dict__[name] = value
        self._world.note(f"self.{name} = {described(value)}")
        self._world.keep(value)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        self.__dict__[name] = answer = self._world.choose(f"self.{name}", 2) == 0
        return answer


class Unknown:
    """An object of which nothing is known: reading an attribute may raise."""

    def __init__(self, world: World) -> None:
        self.__dict__["_world"] = world

    def __getattr__(self, name: str) -> int:
        self._world.operation(f"job.{name}")
        return 1


def argument(name: str, world: World, url: str) -> object:
    """A value for the parameter of that name; what is free about it is chosen here."""
    fixed: dict[str, Callable[[], object]] = {
        "self": lambda: Holder(world),
        "items": lambda: Items(world),
        "job": lambda: Unknown(world),
        "shelf": lambda: Shelf(world, "shelf"),
        "config": lambda: Config(CONFIGURED),
        "nats_url": lambda: url,
    }
    if name in fixed:
        return fixed[name]()
    if name == "mode":
        return world.choose("mode", 3)
    if name == "given":
        return None if world.choose("given", 2) == 0 else _foreign(world)
    return world.choose(name, 2) == 0


def _foreign(world: World) -> object:
    """A resource that the caller made and owns."""
    resource = Connection(world) if world.asynchronous else File(world)
    resource.open = True
    resource.kind = "given"
    return resource
