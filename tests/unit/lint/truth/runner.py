"""Runs one program over all choice sequences and says what became of each acquisition in each run.

It judges nothing: a `Fate` is what happened, `verdict` says what that means.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from lint.truth.fake import PROGRAM, PROGRAM_MODULE, SUBJECT, TURNS, Cut, Held, Site, World
from lint.truth.instrument import awaited_calls, instrumented
from lint.truth.surroundings import argument, builtins_for
from lint.truth.tape import Tape, all_tapes

RUN_LIMIT = 6000
_YIELDS = 3
_NAMED = (ValueError, KeyError)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one acquisition in one run."""

    site: Site
    open: bool
    by_hand: bool
    managed: bool
    strong: bool
    yields: bool
    weak: frozenset[int]
    borrowed: frozenset[int]
    normal: bool  # the function came to its end without an exception


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened in a traced run: `line`, `exception` (with the exception), `acquired`, `released`."""

    kind: str
    line: int
    what: object = None


class Runs:
    """A loaded program and all its runs."""

    def __init__(self, source: str, turns: int = TURNS, limit: int = RUN_LIMIT) -> None:
        """`complete` is false where there are more than *limit* runs."""
        tree = instrumented(source)
        errors = (*(error for error in _NAMED if error.__name__ in source), RuntimeError)
        self.asynchronous = "async def " + SUBJECT in source
        self.world = World(errors, self.asynchronous, turns)
        self.world.awaited = awaited_calls(source)
        self.world.yields_lend = "contextmanager" in source
        self._fixture = "fixture" in source
        self._namespace = self._load(tree)
        self._function = self._subject()
        code = self._function.__code__
        self._parameters = code.co_varnames[: code.co_argcount]
        self.fates: dict[Fate, list[tuple[int, ...]]] = {}
        self.count = 0
        self.complete = self._explore(limit)

    def _load(self, tree: Any) -> dict[str, Any]:
        world = self.world
        hooks = {"__turn__": world.turn, "__capture__": world.capture}
        hooks |= {"__given__": world.given, "__returned__": world.returned}
        namespace = {"__builtins__": builtins_for(world) | hooks, "__name__": PROGRAM_MODULE}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # a return in a finally
            code = compile(tree, PROGRAM, "exec")
        self.world.cut = True  # importing makes no choices
        exec(code, namespace)
        return namespace

    def _subject(self) -> Callable[..., Any]:
        owner = self._namespace.get("Service")
        function = getattr(owner, SUBJECT) if owner else self._namespace[SUBJECT]
        unwrapped: Callable[..., Any] = inspect.unwrap(function)
        return unwrapped

    def _explore(self, limit: int) -> bool:
        tape = Tape()
        for tape in all_tapes(limit):
            self.count += 1
            normal = self._run(tape)
            for held in self.world.lost if self.world.cut else self.world.held:
                tapes = self.fates.setdefault(_fate(held, normal), [])
                if held.open:
                    tapes.append(tuple(tape.choices))
        return not tape.choices

    def _run(self, tape: Tape) -> bool:
        """One run; whether it ended without an exception."""
        world = self.world
        world.begin(tape)
        arguments = [argument(name, world, self.asynchronous) for name in self._parameters]
        try:
            normal = drive(world, self._function(*arguments), self._fixture)
        except (Exception, asyncio.CancelledError, SystemExit, Cut):
            normal = False
        world.settle_captures()
        return normal

    def trace(self, choices: tuple[int, ...]) -> list[Step]:
        """The same run once more, with each line of the function under test and each exception that passes it."""
        recorder = _Recorder(self.world)
        self._watched(choices, recorder.step)
        return recorder.steps

    def losses(self, choices: tuple[int, ...]) -> list[tuple[int, Held]]:
        """The same run once more: each line after which no local name has an open resource, which no other code has either."""
        watch = _NameWatch(self.world)
        self._watched(choices, watch.step)
        return [(line, held) for line, held in watch.lost if held.open and not held.strong and not held.weak]

    def _watched(self, choices: tuple[int, ...], step: Callable[[FrameType, str, Any], object]) -> None:
        """The same run once more, with a trace function for the steps of the function under test."""

        def enter(frame: FrameType, _event: str, _argument: object) -> Any:
            code = frame.f_code
            return step if code.co_filename == PROGRAM and code.co_name == SUBJECT else None

        old = sys.gettrace()
        sys.settrace(enter)
        try:
            self._run(Tape(choices))
        finally:
            sys.settrace(old)


def _fate(held: Held, normal: bool) -> Fate:
    return Fate(
        held.site,
        held.open,
        held.by_hand,
        held.managed,
        held.strong,
        held.yields,
        frozenset(held.weak),
        frozenset(held.borrowed),
        normal,
    )


class _NameWatch:
    """A trace function that notes after which lines a resource has no local name any more, or is closed.

    Not so after the end of the function, where all names go.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.lost: list[tuple[int, Held]] = []
        self._named: list[Held] = []
        self._line = 0

    def step(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        named = [held for value in frame.f_locals.values() for held in self.world.inside(value)]
        if not self.world.cut:
            self.lost += [(self._line, held) for held in self._named if held not in named]
        self._named, self._line = named, frame.f_lineno
        return self.step


class _Recorder:
    """A trace function that writes the steps of the function under test."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.steps: list[Step] = []

    def step(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        if self.world.log is None:
            self.world.log = []
        self.settle(frame.f_lineno)
        if event == "exception" and not isinstance(argument[1], (StopIteration, StopAsyncIteration, Cut)):
            self.steps.append(Step(event, frame.f_lineno, argument[1]))
        elif event in ("line", "return"):
            self.steps.append(Step(event, frame.f_lineno))
        return self.step

    def settle(self, line: int) -> None:
        """What the world noted since the last step."""
        log = self.world.log
        assert log is not None
        self.steps.extend(Step(kind, line, what) for kind, what in log)
        log.clear()


# --- driving


def drive(world: World, started: Any, fixture: bool) -> bool:
    """Run what calling the function gave; whether it came to its end."""
    if inspect.isasyncgen(started):
        return _consume(world, _AsyncGenerator(started), fixture)
    if inspect.isgenerator(started):
        return _consume(world, _Generator(started), fixture)
    if inspect.iscoroutine(started):
        finish(started)
    return True


def finish(awaitable: Any) -> Any:
    """The value of a coroutine of which nothing really waits."""
    try:
        awaitable.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("a program under test waited")


class _Generator:
    def __init__(self, generator: Any) -> None:
        self.generator = generator

    def line(self) -> int:
        line: int = self.generator.gi_frame.f_lineno
        return line

    def resume(self) -> Any:
        return next(self.generator)

    def throw(self, error: BaseException) -> Any:
        return self.generator.throw(error)

    def close(self) -> None:
        self.generator.close()


class _AsyncGenerator(_Generator):
    def line(self) -> int:
        line: int = self.generator.ag_frame.f_lineno
        return line

    def resume(self) -> Any:
        return finish(self.generator.asend(None))

    def throw(self, error: BaseException) -> Any:
        return finish(self.generator.athrow(error))

    def close(self) -> None:
        finish(self.generator.aclose())


def _consume(world: World, generator: _Generator, fixture: bool) -> bool:
    """Resume it, throw into it or drop it at each yield; a fixture is always resumed."""
    failures = () if fixture else world.cancelled
    choice = 0
    try:
        value = generator.resume()
        for _ in range(_YIELDS):
            world.yielded(value, generator.line())
            choice = 0 if fixture else world.choose(2 + len(failures))
            if choice == 1:
                break
            value = generator.resume() if choice == 0 else generator.throw(failures[choice - 2]("thrown in"))
    except (StopIteration, StopAsyncIteration):
        return choice == 0
    world.cut = fixture  # who always resumes it has not come to its end
    generator.close()
    return False
