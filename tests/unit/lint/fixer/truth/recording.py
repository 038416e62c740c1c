"""The recording fake: every operation that a program makes on a connection or a file, in order, and every choice by name.

A choice has a name (the operation and how often it was made before), not a place on a tape, so that the program before a
fix and the one after it can be given the same fortune although the second closes more. It knows what nats-py and naq do
when they are called; it does not know what a fixer may change.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Generator, Mapping
from typing import Any

from lint.truth.fake import PROGRAM, Cut
from lint.truth.tape import Tape

_TURNS = 2

Choices = Mapping[str, int]


class ClosedError(Exception):
    """Stands for `nats.errors.ConnectionClosedError`: the connection was used after its close."""


class World:
    """The choices and the log of one run; `begin` starts the next."""

    def __init__(self, failures: tuple[type[BaseException], ...], asynchronous: bool) -> None:
        self.asynchronous = asynchronous
        self.failures = failures
        self.waiting = (*failures, asyncio.CancelledError) if asynchronous else failures
        self.begin(Tape(), None)
        self.cut = True  # importing makes no choices

    def begin(self, tape: Tape, replayed: Choices | None) -> None:
        """Choose from *tape*, or as the named choices say, where what they do not name succeeds."""
        self.tape = tape
        self.replayed = replayed
        self.choices: dict[str, int] = {}
        self.made: dict[str, int] = {}
        self.log: list[str] = []
        self.resources: list[Resource] = []
        self.kept: list[Callable[..., Any]] = []
        self.turns: dict[int, int] = {}
        self.cut = False

    def choose(self, label: str, width: int) -> int:
        """One of `range(width)`, the same for the same label and number of times it was asked before."""
        return self._chosen(self._named(label), width)

    def note(self, label: str) -> None:
        """Something that happened and cannot fail."""
        self.log.append(label)

    def operation(self, label: str, waits: bool = False, name: str = "") -> None:
        """Something that succeeds, raises or, where it is awaited, is cancelled; *name* is for what shares a fortune."""
        self.log.append(label)
        failures = self.waiting if waits else self.failures
        name = self._named(name or label)
        choice = self._chosen(name, len(failures) + 1)
        if choice:
            raise failures[choice - 1](name)

    def _named(self, label: str) -> str:
        number = self.made.get(label, 0) + 1
        self.made[label] = number
        return f"{label} (no. {number})"

    def _chosen(self, name: str, width: int) -> int:
        if self.cut:
            return 0
        if self.replayed is None:
            choice = self.tape.choose(width)
        else:
            choice = self.replayed.get(name, 0)
            choice = choice if choice < width else 0
        self.choices[name] = choice
        return choice

    def turn(self, loop: int) -> None:
        """The top of a `while` body."""
        self.turns[loop] = self.turns.get(loop, 0) + 1
        if self.turns[loop] > _TURNS:
            self.cut = True
            raise Cut

    def keep(self, value: object) -> None:
        """What other code holds from now on; a function may be called after the run."""
        if callable(value) and not isinstance(value, type):
            self.kept.append(value)


def acquiring_line() -> int:
    """The line on which the program makes the call under way."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename != PROGRAM:
        assert frame.f_back is not None, "only a program acquires"
        frame = frame.f_back
    return frame.f_lineno


class Operation:
    """An awaitable; nothing happens before it is awaited, and never awaited it never happens."""

    __slots__ = ("_action",)

    def __init__(self, action: Callable[[], object]) -> None:
        self._action = action

    def __await__(self) -> Generator[Any, None, Any]:
        yield from ()
        return self._action()


class Resource:
    """What is acquired; its number is its place among the acquisitions that succeeded."""

    kind = "resource"

    def __init__(self, world: World) -> None:
        self.world = world
        self.number = 0
        self.open = False
        self.line = 0

    def acquire(self, label: str, line: int) -> None:
        self.world.operation(label, self.world.asynchronous, label.partition(" ")[0])
        self.world.resources.append(self)
        self.number = len(self.world.resources)
        self.open = True
        self.line = line

    def release(self, how: str) -> None:
        """The first release is an operation, and has released even if it fails; the next ones do nothing."""
        if self.open:
            self.open = False
            self.world.operation(f"{how} {self!r}", self.world.asynchronous, f"release {self!r}")

    def use(self, label: str) -> None:
        if not self.open:
            self.world.note(f"{label} although closed")
            raise ClosedError(label)
        self.world.operation(label, waits=self.world.asynchronous)

    def __repr__(self) -> str:
        return f"{self.kind}{self.number}"


class Connection(Resource):
    """A nats-py Client."""

    kind = "conn"

    def connect(self, *arguments: object, **options: object) -> Operation:
        return connecting(self, address(arguments, options))

    def publish(self, *arguments: object, **options: object) -> Operation:
        return Operation(lambda: self.use(f"{self!r}.publish{payload(arguments, options)}"))

    def subscribe(self, *arguments: object, **options: object) -> Operation:
        for value in (*arguments, *options.values()):
            self.world.keep(value)
        return Operation(lambda: self.use(f"{self!r}.subscribe{shown(arguments, options)}"))

    def flush(self, *arguments: object, **options: object) -> Operation:
        return Operation(lambda: self.use(f"{self!r}.flush{shown(arguments, options)}"))

    def jetstream(self, **options: object) -> JetStream:
        return JetStream(self, options)

    def close(self) -> Operation:
        return Operation(lambda: self.release("close"))

    def drain(self) -> Operation:
        return Operation(self._drain)

    def _drain(self) -> None:
        if not self.open:
            self.use(f"{self!r}.drain()")
        self.release("drain")

    @property
    def is_closed(self) -> bool:
        return not self.open

    @property
    def is_connected(self) -> bool:
        return self.open

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release("close")


class JetStream:
    """A view: making it does nothing on the wire, its options are part of what it is."""

    def __init__(self, connection: Connection, options: Mapping[str, object]) -> None:
        self.connection = connection
        self.options = options

    def publish(self, *arguments: object, **options: object) -> Operation:
        return Operation(lambda: self.connection.use(f"{self!r}.publish{payload(arguments, options)}"))

    def add_stream(self, *arguments: object, **options: object) -> Operation:
        return Operation(lambda: self.connection.use(f"{self!r}.add_stream{shown(arguments, options)}"))

    def key_value(self, *arguments: object, **options: object) -> Operation:
        return Operation(lambda: self._bucket(arguments, options))

    def _bucket(self, arguments: tuple[object, ...], options: Mapping[str, object]) -> KeyValue:
        if list(options) == ["bucket"] and not arguments:  # by keyword or not is one operation
            arguments, options = (options["bucket"],), {}
        self.connection.use(f"{self!r}.key_value{shown(arguments, options)}")
        return KeyValue(self, shown(arguments, options))

    def __repr__(self) -> str:
        return f"{self.connection!r}.js{shown((), self.options) if self.options else ''}"


class KeyValue:
    """A bound bucket."""

    def __init__(self, jetstream: JetStream, bucket: str) -> None:
        self.jetstream = jetstream
        self.bucket = bucket

    def put(self, *arguments: object) -> Operation:
        return Operation(lambda: self.jetstream.connection.use(f"{self!r}.put{payload(arguments, {})}"))

    def get(self, *arguments: object) -> Operation:
        return Operation(lambda: self.jetstream.connection.use(f"{self!r}.get{shown(arguments, {})}"))

    def __repr__(self) -> str:
        return f"{self.jetstream!r}.kv{self.bucket}"


class File(Resource):
    """What `open` gives: the same without `await`."""

    kind = "file"

    def read(self, *arguments: object) -> None:
        self.use(f"{self!r}.read{shown(arguments, {})}")

    publish = read

    def close(self) -> None:
        self.release("close")

    @property
    def closed(self) -> bool:
        return not self.open

    def __enter__(self) -> File:
        if not self.open:
            self.use(f"{self!r}.__enter__()")
        return self

    def __exit__(self, *_: object) -> None:
        self.release("close")


class Leased:
    """A manager of naq: it connects on entering, makes the views, and closes on leaving."""

    def __init__(self, world: World, where: str, bucket: tuple[object, ...] | None, views: bool) -> None:
        self.connection = Connection(world)
        self.where = where
        self.bucket = bucket
        self.views = views
        self.line = acquiring_line()

    async def __aenter__(self) -> object:
        connection = self.connection
        connection.acquire(f"connect {self.where}", self.line)
        if self.bucket is None:
            return (connection, connection.jetstream()) if self.views else connection
        try:
            return await connection.jetstream().key_value(*self.bucket)
        except BaseException:
            connection.release("close")
            raise

    async def __aexit__(self, *_: object) -> None:
        self.connection.release("close")


def connecting(connection: Connection, where: str) -> Operation:
    line = acquiring_line()

    def connect() -> Connection:
        connection.acquire(f"connect {where}", line)
        return connection

    return Operation(connect)


# --- in words


# The keywords of connect, besides `servers`, that programs use.
_OPTIONS = {"name", "connect_timeout", "max_reconnect_attempts", "allow_reconnect", "error_cb"}


def address(arguments: tuple[object, ...], options: Mapping[str, object]) -> str:
    """Where a connection goes and how, in one spelling for all ways to connect."""
    if "servers" in options and not arguments:
        arguments, options = (options["servers"],), {key: value for key, value in options.items() if key != "servers"}
    for name in options.keys() - _OPTIONS:
        raise TypeError(f"connect() got an unexpected keyword argument '{name}'")
    return shown(arguments, options)


def payload(arguments: tuple[object, ...], options: Mapping[str, object]) -> str:
    """What is published; text is refused, as nats-py refuses it."""
    for value in (*arguments[1:2], *(options[name] for name in ("payload", "value") if name in options)):
        if not isinstance(value, bytes):
            raise TypeError(f"a bytes-like object is required, not '{type(value).__name__}'")
    return shown(arguments, options)


def shown(arguments: tuple[object, ...], options: Mapping[str, object]) -> str:
    parts = [described(value) for value in arguments]
    parts += [f"{name}={described(value)}" for name, value in sorted(options.items())]
    return f"({', '.join(parts)})"


def described(value: object) -> str:
    """A value so that two runs of two programs give the same words for the same thing."""
    if isinstance(value, (Resource, JetStream, KeyValue)) or value is None or isinstance(value, (str, bytes, int)):
        return repr(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return f"{type(value).__name__}({', '.join(map(described, value))})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{described(key)}: {described(part)}" for key, part in value.items()) + "}"
    if isinstance(value, BaseException):
        return failure(value)
    owner = getattr(value, "__self__", None)
    name = getattr(value, "__name__", type(value).__name__)
    return f"{described(owner)}.{name}" if isinstance(owner, Resource) else f"<{name}>"


# Their texts name local variables and attributes, which a fix may rename.
_WORDY = (NameError, AttributeError, TypeError)


def failure(error: BaseException | None, depth: int = 6) -> str:
    """An exception with what it was raised from or in the handling of."""
    if error is None or not depth:
        return "nothing"
    text = type(error).__name__
    if not isinstance(error, _WORDY):
        text += shown(error.args, {})
    if error.__cause__ is not None:
        return f"{text} from {failure(error.__cause__, depth - 1)}"
    if error.__context__ is not None:
        return f"{text} while {failure(error.__context__, depth - 1)}"
    return text
