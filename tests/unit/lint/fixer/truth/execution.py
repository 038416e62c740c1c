"""Runs one program, over all choices or under given ones, and says what it did: operations, result, what stays open.

It compares nothing: `difference` does.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from lint.fixer.truth.modules import CONFIGURED, ELSEWHERE, NAMED, Config, argument, builtins_for
from lint.fixer.truth.recording import Choices, World, described, failure
from lint.truth.fake import PROGRAM, SUBJECT, Cut
from lint.truth.runner import finish
from lint.truth.tape import Tape, all_tapes

FACTORY = "make_subject"  # a function that has the function under test inside it
_YIELDS = 3
Errors = tuple[type[Exception], ...]
_ENDS = (Exception, asyncio.CancelledError, SystemExit, Cut)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what was done in order, how it ended, what it left behind, and where each resource was acquired."""

    choices: Choices
    log: tuple[str, ...]
    end: str
    left: tuple[str, ...]
    lines: tuple[int, ...]
    open: frozenset[int]  # numbers of the resources that are open at the end, from 1
    cut: bool
    broke: int | None  # how much had been done when one of the watched errors came up in the program itself


class Loaded:
    """A program that can be run again and again."""

    def __init__(self, source: str, failures: Errors, same_server: bool = False) -> None:
        self.asynchronous = "async def " + SUBJECT in source
        self.world = World(failures, self.asynchronous)
        self._url = CONFIGURED if same_server else ELSEWHERE
        self._code = _compiled(source)
        self._namespace = {"__builtins__": builtins_for(self.world), "__name__": "program", "__turn__": self.world.turn}
        exec(self._code, self._namespace)

    def run(self, tape: Tape, replayed: Choices | None = None, watch: Errors = ()) -> Run:
        """*watch* looks for errors of the program itself, which is slow."""
        world = self.world
        self._namespace.pop("CURRENT", None)
        world.begin(tape, replayed)
        watcher = _Watcher(world, watch)
        old = sys.gettrace()
        try:
            if watch:
                sys.settrace(watcher)
            end = self._ended()
        finally:
            if watch:
                sys.settrace(old)
        log = tuple(world.log)
        left = self._left()
        return Run(
            world.choices,
            log,
            end,
            left,
            tuple(resource.line for resource in world.resources),
            frozenset(resource.number for resource in world.resources if resource.open),
            world.cut,
            watcher.broke,
        )

    def runs(self, limit: int, watch: Errors = ()) -> Iterator[Run]:
        """All runs, or the first *limit* of them."""
        for tape in all_tapes(limit):
            yield self.run(tape, None, watch)

    def _ended(self) -> str:
        self._owner: object = None
        try:
            return f"returns {described(self._result())}"
        except _ENDS as error:
            return f"raises {failure(error)}"

    def _result(self) -> object:
        function, arguments = self._call()
        result = drive(self.world, function(*arguments))
        self.world.keep(result)
        return result

    def _call(self) -> tuple[Callable[..., Any], list[object]]:
        owner = self._namespace.get("Service")
        if owner is None:
            make = self._namespace.get(FACTORY)
            function: Callable[..., Any] = inspect.unwrap(make() if make else self._namespace[SUBJECT])
            return function, [argument(name, self.world, self._url) for name in _parameters(function)]
        function = inspect.unwrap(getattr(owner, SUBJECT))
        names = _parameters(function)
        service = self._service(owner) if "__init__" in vars(owner) else argument("self", self.world, self._url)
        return function, [service, *(argument(name, self.world, self._url) for name in names[1:])]

    def _service(self, owner: type) -> object:
        """An instance, made by a caller who knows which server it wants."""
        names = _parameters(owner.__init__)[1:]  # type: ignore[misc]
        alone = "config" not in names
        values = {"nats_url": CONFIGURED if alone else self._url, "config": Config(CONFIGURED)}
        self._owner = owner(**{name: values[name] for name in names if name in values})
        return self._owner

    def _left(self) -> tuple[str, ...]:
        """What other code finds afterwards: attributes, a global name, and functions that were given away, when called."""
        found = [f"{name} = {described(value)}" for name, value in vars(self._owner).items()] if self._owner else []
        if "CURRENT" in self._namespace:
            found.append(f"CURRENT = {described(self._namespace['CURRENT'])}")
        found += [f"called later: {self._called(function)}" for function in self.world.kept[:2]]
        return tuple(found)

    def _called(self, function: Callable[..., Any]) -> str:
        before = len(self.world.log)
        try:
            end = f"returns {described(drive(self.world, function()))}"
        except _ENDS as error:
            end = f"raises {failure(error)}"
        return ", ".join([*self.world.log[before:], end])


class _Watcher:
    """A trace function that sees the program itself raise: an unbound name, a call that nothing answers to."""

    def __init__(self, world: World, errors: Errors) -> None:
        self.world = world
        self.errors = errors
        self.broke: int | None = None

    def __call__(self, frame: FrameType, event: str, value: Any) -> _Watcher | None:
        if frame.f_code.co_filename != PROGRAM:
            return None
        if event == "exception" and self.broke is None and issubclass(value[0], self.errors):
            self.broke = len(self.world.log)
        return self


def failures_of(source: str) -> Errors:
    """What the operations of a program raise: the errors that it names, and one that it does not."""
    return (*(error for name, error in NAMED.items() if name in source), RuntimeError)


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    code = function.__code__
    return tuple(code.co_varnames[: code.co_argcount])


class _CountTurns(ast.NodeTransformer):
    def __init__(self) -> None:
        self.loops = 0

    def visit_While(self, node: ast.While) -> ast.AST:
        self.loops += 1
        call = ast.Expr(ast.Call(ast.Name("__turn__", ast.Load()), [ast.Constant(self.loops)], []))
        self.generic_visit(node)
        node.body.insert(0, ast.fix_missing_locations(ast.copy_location(call, node)))
        return node


def _compiled(source: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # a return in a finally
        return compile(_CountTurns().visit(ast.parse(source, PROGRAM)), PROGRAM, "exec")


# --- driving


def drive(world: World, started: Any) -> object:
    """Run what calling a function gave to its end; a generator is resumed, thrown into or dropped at each yield."""
    if inspect.isasyncgen(started):
        return _consumed(world, _AsyncSteps(started))
    if inspect.isgenerator(started):
        return _consumed(world, _Steps(started))
    return finish(started.__await__()) if inspect.isawaitable(started) else started


class _Steps:
    """A generator, one step at a time."""

    def __init__(self, generator: Any) -> None:
        self.generator = generator

    def resume(self) -> Any:
        return next(self.generator)

    def throw(self, error: BaseException) -> Any:
        return self.generator.throw(error)

    def close(self) -> None:
        self.generator.close()


class _AsyncSteps(_Steps):
    def resume(self) -> Any:
        return finish(self.generator.asend(None))

    def throw(self, error: BaseException) -> Any:
        return finish(self.generator.athrow(error))

    def close(self) -> None:
        finish(self.generator.aclose())


def _consumed(world: World, steps: _Steps) -> object:
    try:
        value = steps.resume()
        for _ in range(_YIELDS):
            world.note(f"yields {described(value)}")
            choice = world.choose("after a yield", 2 + len(world.waiting))
            if choice == 1:
                break
            value = steps.resume() if choice == 0 else steps.throw(world.waiting[choice - 2]("thrown in"))
    except (StopIteration, StopAsyncIteration) as stop:
        return getattr(stop, "value", None)
    world.note("dropped")
    steps.close()
    return None
