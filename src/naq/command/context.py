"""What every command shares: its configuration, running on an event loop, and the options that several have."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from naq.config import Config

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

INTERRUPTED = 130

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Settings:
    """The options before the command's name."""

    servers: tuple[str, ...]
    prefix: str | None

    def config(self) -> Config:
        """The configuration with these options; raises `ConfigError`."""
        # Imported late, like asyncio below: the help of the command needs neither.
        from naq.config import get_config

        config = get_config()
        if self.servers:
            config = config.model_copy(update={"nats": config.nats.model_copy(update={"servers": self.servers})})
        if self.prefix is not None:
            config = config.model_copy(update={"queue": config.queue.model_copy(update={"prefix": self.prefix})})
        return config


def _take_servers(context: click.Context, _: click.Parameter, servers: tuple[str, ...]) -> None:
    if servers:
        context.obj = replace(context.obj, servers=servers)


def _take_prefix(context: click.Context, _: click.Parameter, prefix: str | None) -> None:
    if prefix is not None:
        context.obj = replace(context.obj, prefix=prefix)


def add_common_options(command: click.Command) -> None:
    """Let a command, and those below a group, take the options that stand before its name after it as well."""
    if isinstance(command, click.Group):
        for one in command.commands.values():
            add_common_options(one)
    command.params += [
        click.Option(
            ["--server", "-s", "servers"], multiple=True, metavar="URL", expose_value=False, callback=_take_servers,
            help="NATS server; may be repeated.",
        ),
        click.Option(
            ["--prefix"], metavar="NAME", expose_value=False, callback=_take_prefix,
            help="First part of every stream, subject and bucket.",
        ),
    ]  # fmt: skip


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run the work on a new event loop and return its result; connections are closed with the loop."""
    import asyncio

    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        # click would write an empty line.
        raise click.Abort from None


@contextlib.contextmanager
def stopping(stop: Callable[[], object]) -> Iterator[list[signal.Signals]]:
    """SIGINT and SIGTERM call `stop` inside the block, on a running loop; the signals that came are in the list."""
    import asyncio

    loop = asyncio.get_running_loop()
    came: list[signal.Signals] = []

    def take(number: signal.Signals) -> None:
        came.append(number)
        stop()

    numbers = (signal.SIGINT, signal.SIGTERM)
    with contextlib.suppress(NotImplementedError):
        for number in numbers:
            loop.add_signal_handler(number, take, number)
    try:
        yield came
    finally:
        with contextlib.suppress(NotImplementedError):
            for number in numbers:
                loop.remove_signal_handler(number)


def exit_code(signals: Sequence[signal.Signals]) -> int:
    """130 for a command that was interrupted, as a shell says it; 0 otherwise, also after SIGTERM."""
    return INTERRUPTED if signal.SIGINT in signals else 0


def duration(text: str | float) -> float:
    """Seconds, from a number with or without a unit: 90, 1.5, 30s, 10m, 2h, 7d."""
    if isinstance(text, float):
        return text
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text)
    if found is None:
        raise click.BadParameter(f"{text!r} is not a duration: write seconds, or a number with s, m, h or d.")
    return float(found[1]) * _UNITS[found[2]]


def json_option(function: F) -> F:
    """The option --json."""
    return click.option("--json", "as_json", is_flag=True, help="JSON for machines: one document, or one on a line.")(
        function
    )


def import_from_here() -> None:
    """Let jobs be imported from the working directory, as `python -m` does."""
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
