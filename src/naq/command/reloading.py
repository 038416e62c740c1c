"""`naq worker --reload`: a worker in another process, which is started again when a source file changes.

Another process, as a module that was imported cannot be imported again completely. The old worker finishes its jobs or
gives them back, as it does for SIGTERM, before the new one starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from asyncio import FIRST_COMPLETED
from asyncio.subprocess import Process
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import click
from watchfiles import Change, PythonFilter, awatch

from naq.command.context import Settings, exit_code, stopping
from naq.settings.kept import setting_files

Task: TypeAlias = "asyncio.Task[None]"

logger = logging.getLogger(__name__)

# The options that are not passed on.
OWN: Final = frozenset({"reload", "reload_dirs"})
# How many changed files a log line names.
NAMED: Final = 3


class Sources(PythonFilter):
    """Chooses Python files and the files of settings, and nothing of environments, caches and version control."""

    def __init__(self) -> None:
        super().__init__()
        self._settings = {str(path.absolute()) for path in setting_files()}

    def __call__(self, change: Change, path: str) -> bool:
        """Return whether a change counts."""
        return path in self._settings or super().__call__(change, path)


def arguments_of(context: click.Context, settings: Settings) -> list[str]:
    """Return the arguments of the command `worker` with the values that it was given, without `OWN`."""
    given: Mapping[str, Any] = context.params
    options: list[str] = []
    operands: list[str] = []
    for parameter in context.command.params:
        value = given.get(str(parameter.name))
        if parameter.name in OWN or value in (None, False, ()):
            continue
        if isinstance(parameter, click.Argument):
            operands += value
        elif isinstance(parameter, click.Option) and parameter.is_flag:
            options.append(parameter.opts[0])
        else:
            options += _valued(parameter.opts[0], value)
    common = [("--server", settings.servers), ("--prefix", settings.prefix)]
    common += [("--log-level", settings.log_level), ("--log-format", settings.log_format)]
    options += [part for name, value in common if value for part in _valued(name, value)]
    return [context.command.name or "worker", *options, "--", *operands]


def _valued(name: str, value: Any) -> list[str]:
    values = value if isinstance(value, tuple) else (value,)
    return [part for one in values for part in (name, str(one))]


async def supervise(arguments: Sequence[str], folders: Sequence[Path]) -> int:
    """Run `naq` with these arguments in a process, again after each change of a source file, until SIGINT or SIGTERM.

    Both signals are passed on to the process, which has the time that it needs. Returns the exit code. Raises
    `ClickException` when the folders cannot be watched.
    """
    stop, changed = asyncio.Event(), asyncio.Event()
    paths: set[str] = set()
    worker: Process | None = None

    def request() -> None:
        stop.set()
        _terminate(worker)

    async def watch() -> None:
        async for found in awatch(*folders, watch_filter=Sources(), stop_event=stop, ignore_permission_denied=True):
            paths.update(path for _, path in found)
            changed.set()

    with stopping(request) as signals:
        watching = asyncio.create_task(watch())
        # The watch begins before the first worker imports anything.
        await asyncio.sleep(0)
        try:
            while not (stop.is_set() or watching.done()):
                changed.clear()
                paths.clear()
                worker = await _started(arguments)
                if stop.is_set():
                    # The signal came before there was a process.
                    _terminate(worker)
                await _first(stop.wait(), changed.wait(), worker.wait(), watching)
                if not stop.is_set():
                    await _until_a_change(worker, stop, changed, watching)
                    logger.info("%s changed: the worker starts again", _named(paths))
                    _terminate(worker)
                await worker.wait()
        finally:
            stop.set()
            _terminate(worker)
            await asyncio.wait((watching, *([asyncio.ensure_future(worker.wait())] if worker is not None else [])))
    try:
        watching.result()
    # watchfiles raises errors of several types.
    except Exception as error:
        raise click.ClickException(
            f"the files cannot be watched: {error}; with WATCHFILES_FORCE_POLLING=true they are looked at repeatedly"
        ) from error
    return exit_code(signals)


async def _until_a_change(worker: Process, stop: asyncio.Event, changed: asyncio.Event, watching: Task) -> None:
    """Wait for a change of a file, if the worker has ended by itself."""
    if changed.is_set() or worker.returncode is None:
        return
    logger.warning("the worker has ended with exit code %d; it starts again when a file changes", worker.returncode)
    await _first(stop.wait(), changed.wait(), watching)


async def _started(arguments: Sequence[str]) -> Process:
    """Start the worker. Signals of the terminal reach only this process; standard input ends with this process."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "naq.command.reloaded",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        process_group=0,
        # Python takes the bytecode of an earlier version for that of a file with the same size and second of change.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


def _terminate(worker: Process | None) -> None:
    if worker is not None and worker.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            worker.terminate()


async def _first(*waits: Coroutine[Any, Any, Any] | Task) -> None:
    """Wait for the first to end, and cancel the others that are not tasks."""
    own = [asyncio.ensure_future(one) for one in waits if not isinstance(one, asyncio.Task)]
    try:
        await asyncio.wait(
            [*own, *(one for one in waits if isinstance(one, asyncio.Task))], return_when=FIRST_COMPLETED
        )
    finally:
        for task in own:
            task.cancel()


def _named(paths: set[str]) -> str:
    """Return the changed files in a sentence, relative to the working directory where they are in it."""
    here = Path.cwd()
    names = sorted(str(path.relative_to(here)) if path.is_relative_to(here) else str(path) for path in map(Path, paths))
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{rest}"
