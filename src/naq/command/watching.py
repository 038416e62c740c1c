"""Showing something again and again until interrupted: on a terminal in place, elsewhere one round after the other."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import nats.errors
from rich.console import Console, ConsoleOptions, RenderableType
from rich.live import Live
from rich.text import Text

from naq.cancellation import cancel_until_ended
from naq.command.context import exit_code, stopping
from naq.command.output import console, print_json
from naq.error_text import error_text
from naq.errors import NaqError
from naq.shown_times import moment

T = TypeVar("T")

# The shortest interval in seconds.
SHORTEST: Final = 0.1
# Seconds for a read that was interrupted to end.
GRACE: Final = 2.0
# Errors that may pass: a watch goes on, and shows what is wrong.
PASSING: Final = (NaqError, nats.errors.Error, OSError)


@dataclass(frozen=True, slots=True)
class View(Generic[T]):
    """How a value is shown: drawn for a number of columns, or as fields of JSON."""

    draw: Callable[[T, int], RenderableType]
    fields: Callable[[T], dict[str, Any]]


async def watch(
    read: Callable[[], Coroutine[Any, Any, T]], view: View[T], interval: float, as_json: bool, ends: Callable[[T], bool]
) -> int:
    """Read and show a value every `interval` seconds until interrupted, or until `ends` is true of it.

    Returns the exit code. Raises the errors of the first round. Later errors are shown, and the watch goes on.
    """
    stop = asyncio.Event()
    value: T | None = None
    with stopping(stop.set) as signals, _screen(as_json) as show:
        while not stop.is_set():
            problem = ""
            try:
                found = await _unless(stop, read())
            except PASSING as error:
                if value is None:
                    raise
                problem = error_text(error)
            else:
                value = value if found is None else found
            if stop.is_set() or value is None:
                break
            show(_fields(view, value, problem) if as_json else _Round(view, value, problem, interval))
            if not problem and ends(value):
                break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(interval):
                    await stop.wait()
    return exit_code(signals)


async def _unless(stop: asyncio.Event, reading: Coroutine[Any, Any, T]) -> T | None:
    """Return what was read; None when `stop` was set meanwhile. Raises what `reading` raises."""
    task, stopped = asyncio.ensure_future(reading), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        stopped.cancel()
        await cancel_until_ended((task,), GRACE)


@contextlib.contextmanager
def _screen(as_json: bool) -> Iterator[Callable[[Any], None]]:
    """Yield a function that shows a round: fields as a line of JSON, or what rich draws."""
    if as_json:
        yield lambda fields: print_json(fields, lines=True)
        return
    output = console()
    if not output.is_terminal or output.is_dumb_terminal:

        def show(drawn: RenderableType) -> None:
            output.print(drawn)
            output.print()
            sys.stdout.flush()

        yield show
        return
    with Live(console=output, auto_refresh=False) as live:
        yield lambda drawn: live.update(drawn, refresh=True)


def _fields(view: View[T], value: T, problem: str) -> dict[str, Any]:
    at = {"at": time.time()}
    return {**at, "error": problem} if problem else {**at, **view.fields(value)}


class _Round(Generic[T]):
    """What one round shows; drawn for the width that the terminal has at that moment."""

    def __init__(self, view: View[T], value: T, problem: str, interval: float) -> None:
        self._view = view
        self._value = value
        self._head = Text(f"{moment(time.time())}, every {interval:g} s; Ctrl-C ends", style="dim")
        self._problem = Text(f"not up to date: {problem}", style="bold red") if problem else None

    def __rich_console__(self, output: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Yield the parts, from the top."""
        yield self._head
        if self._problem is not None:
            yield self._problem
        yield self._view.draw(self._value, options.max_width)
