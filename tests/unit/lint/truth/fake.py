"""The world in which a program runs: it counts what is acquired and released, and it makes every choice.

It knows what an operation can do (succeed, raise, be cancelled) and sees who is handed a resource. It does not know
what the linter thinks of that, nor how a program is started.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any
from weakref import ref

from lint.truth.tape import Tape

PROGRAM = "<program>"
PROGRAM_MODULE = "program"
SUBJECT = "subject"  # the function under test has this name
RELEASES = ("close", "drain")
TURNS = 2  # of each loop; the harness asks for more where it matters

Site = tuple[int, int]  # line and column of the acquiring call, both from 1


class Cut(BaseException):
    """A loop has had its turns: what follows is not evidence, but what no object holds any more has leaked."""


@dataclass(slots=True, eq=False)
class Held:
    """One acquisition that succeeded, and what has become of it."""

    site: Site
    resource: ref[Resource]
    open: bool = True
    by_hand: bool = False
    managed: bool = False
    strong: bool = False
    yields: bool = False
    weak: set[int] = field(default_factory=set)  # the lines that passed it to other code
    borrowed: set[int] = field(default_factory=set)  # those of them after which it was released by hand


class World:
    """The choices, the resources and the log of one run; `begin` starts the next."""

    def __init__(self, errors: tuple[type[Exception], ...], asynchronous: bool, turns: int = TURNS) -> None:
        """*turns*: how often a loop goes round at most."""
        self.most_turns = turns
        self.asynchronous = asynchronous
        self.failures: tuple[type[BaseException], ...] = errors
        self.cancelled = (*errors, asyncio.CancelledError) if asynchronous else errors
        self.awaited: dict[Site, Site] = {}  # from where an `await` begins to where its call does
        self.yields_lend = False  # of a context manager: its block only uses what the generator yields
        self.begin(Tape())

    def begin(self, tape: Tape) -> None:
        self.tape = tape
        self.held: list[Held] = []
        self.captures: list[FunctionType] = []
        self.turns: dict[int, int] = {}
        self.cut = False
        self.lost: list[Held] = []
        self.log: list[tuple[str, Any]] | None = None

    # --- choices

    def choose(self, width: int) -> int:
        return 0 if self.cut else self.tape.choose(width)

    def may_fail(self, waits: bool = False) -> None:
        """An operation: it succeeds, raises, or, where it is awaited, is cancelled."""
        failures = self.cancelled if waits else self.failures
        choice = self.choose(len(failures) + 1)
        if choice:
            raise failures[choice - 1]("chosen")

    def turn(self, loop: int) -> None:
        """The top of a `while` body."""
        self.turns[loop] = self.turns.get(loop, 0) + 1
        if self.turns[loop] > self.most_turns:
            if not self.cut:
                self.lost = [held for held in self.held if held.open and held.resource() is None]
            self.cut = True
            raise Cut

    # --- what becomes of a resource

    def acquired(self, resource: Resource, site: Site) -> None:
        resource.held = Held(site, ref(resource))
        self.held.append(resource.held)
        self.note("acquired", resource.held)

    def released(self, resource: Resource, managed: bool) -> None:
        held = resource.held
        if held is None:
            return
        held.open = False
        self.note("released", held)
        if managed:
            held.managed = True
        else:
            held.by_hand = True
            held.borrowed |= held.weak

    def entered(self, resource: Resource) -> None:
        if resource.held is not None:
            resource.held.managed = True

    def passed(self, *values: object) -> None:
        """Handed to a callable whose body is not in the file."""
        for value in values:
            if isinstance(value, Resource) or is_owner(value):
                for held in self.inside(value):
                    held.weak.add(subject_line())
            else:
                self.kept(value)

    def kept(self, value: object) -> None:
        """Stored where other code finds it: strong, or weak where a helper of the same file did it."""
        for held in self.inside(value):
            if running_function() == SUBJECT:
                held.strong = True
            else:
                held.weak.add(subject_line())

    def given(self, value: object) -> object:
        """Returned, or bound to a global name."""
        for held in self.inside(value):
            held.strong = True
        return value

    def returned(self, value: object) -> object:
        """The value of the function under test: a nested function that is returned keeps what it captures."""
        if isinstance(value, FunctionType):
            self._keep_captured(value)
        return self.given(value)

    def yielded(self, value: object, line: int) -> None:
        """A yielded resource may come back with the resumption: a release after it shows that it was lent."""
        inside = list(self.inside(value))
        for held in self.held:
            if held.open:
                held.yields = True
            if held in inside and not self.yields_lend:
                held.weak.add(line)

    def capture(self, function: FunctionType) -> FunctionType:
        """A nested function that releases what it captures."""
        self.captures.append(function)
        self.settle_captures()
        return function

    def settle_captures(self) -> None:
        for function in self.captures:
            self._keep_captured(function)

    def _keep_captured(self, function: FunctionType) -> None:
        for cell in function.__closure__ or ():
            try:
                value = cell.cell_contents
            except ValueError:  # not bound yet
                continue
            for held in self.inside(value, depth=1 if is_owner(value) else 0):
                held.strong = True

    def inside(self, value: object, depth: int = 3) -> Iterator[Held]:
        """The open acquisitions that *value* is or holds; a view holds none, and a closed one does not matter."""
        if isinstance(value, MethodType) and value.__name__ in RELEASES:
            value = value.__self__
        if isinstance(value, Resource):
            if value.held is not None and value.held.open:
                yield value.held
        elif depth and (isinstance(value, (list, tuple, set, dict)) or is_owner(value)):
            parts = value if isinstance(value, (list, tuple, set)) else [*_parts(value).values()]
            for part in parts:
                yield from self.inside(part, depth - 1)

    def note(self, kind: str, what: object) -> None:
        if self.log is not None:
            self.log.append((kind, what))


def is_owner(value: object) -> bool:
    """Whether it is an object of a class that the program defines."""
    return type(value).__module__ == PROGRAM_MODULE and not isinstance(value, FunctionType)


def _parts(value: object) -> dict[Any, object]:
    return value if isinstance(value, dict) else vars(value)


# --- where the program is


def program_frames() -> Iterator[FrameType]:
    """The frames of the program, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == PROGRAM:
            yield frame
        frame = frame.f_back


def running_function() -> str:
    return next((frame.f_code.co_name for frame in program_frames()), "")


def subject_line() -> int:
    """The line on which the function under test is."""
    return next((frame.f_lineno for frame in program_frames() if frame.f_code.co_name == SUBJECT), 0)


def call_site(world: World) -> Site:
    """Line and column of the call that the program is making; of a helper or a method, where that acquires for it."""
    frames = program_frames()
    inner = frame = next(frames)
    if frame.f_code.co_name != SUBJECT and "<locals>" not in frame.f_code.co_qualname:
        frame = next((one for one in frames if one.f_code.co_name == SUBJECT), frame)
    site = _position(frame.f_code, frame.f_lasti)
    return site if frame is inner else world.awaited.get(site, site)


@lru_cache(maxsize=1000)
def _position(code: CodeType, instruction: int) -> Site:
    """Line and column of the instruction at that offset: finding it takes a walk over all before it."""
    line, _, column, _ = next(islice(code.co_positions(), instruction // 2, None))
    return line or 0, (column or 0) + 1


def called_by_manager() -> bool:
    """Whether the caller's caller is not the program: an exit stack or `closing`."""
    return sys._getframe(2).f_code.co_filename != PROGRAM


# --- resources


class Operation:
    """An awaitable; nothing happens before it is awaited."""

    __slots__ = ("_action",)

    def __init__(self, action: Callable[[], object]) -> None:
        self._action = action

    def __await__(self) -> Generator[Any, None, Any]:
        return self._run()

    def _run(self) -> Generator[Any, None, Any]:
        yield from ()
        return self._action()


class Resource:
    """What is acquired: open from `World.acquired` to `World.released`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.held: Held | None = None

    @property
    def is_open(self) -> bool:
        return self.held is not None and self.held.open


class Connection(Resource):
    """A nats-py Client."""

    def connect(self, *_: object) -> Operation:
        site = call_site(self.world)
        return Operation(lambda: self._connect(site))

    def _connect(self, site: Site) -> Connection:
        self.world.may_fail(waits=True)
        self.world.acquired(self, site)
        return self

    def publish(self, *_: object) -> Operation:
        return Operation(lambda: self.world.may_fail(waits=True))

    def jetstream(self) -> View:
        return View(self.world)

    def close(self) -> Operation:
        managed = called_by_manager()
        return Operation(lambda: self.release(managed))

    drain = close

    def release(self, managed: bool = False) -> None:
        self.world.released(self, managed)
        self.world.may_fail(waits=True)

    @property
    def is_closed(self) -> bool:
        return not self.is_open

    @property
    def is_connected(self) -> bool:
        return self.is_open

    def __aenter__(self) -> Operation:
        return Operation(self._enter)

    def _enter(self) -> Connection:
        self.world.entered(self)
        self.world.may_fail(waits=True)
        return self

    def __aexit__(self, *_: object) -> Operation:
        return Operation(lambda: self.release(managed=True))


class File(Resource):
    """The same without `await`."""

    def read(self, *_: object) -> None:
        self.world.may_fail()

    def jetstream(self) -> View:
        return View(self.world)

    def close(self) -> None:
        self.release(managed=called_by_manager())

    def release(self, managed: bool = False) -> None:
        self.world.released(self, managed)
        self.world.may_fail()

    @property
    def closed(self) -> bool:
        return not self.is_open

    def __enter__(self) -> File:
        self.world.entered(self)
        self.world.may_fail()
        return self

    def __exit__(self, *_: object) -> None:
        self.release(managed=True)


class View:
    """JetStream of a connection: holding it is not holding the connection."""

    def __init__(self, world: World) -> None:
        self.world = world

    def publish(self, *_: object) -> Operation:
        return Operation(lambda: self.world.may_fail(waits=True))

    def read(self, *_: object) -> None:
        self.world.may_fail()
