"""Shared parts of the commands: configuration, event loop, signals, and common options."""

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
    from rich.console import Console

    from naq.config import Config

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

INTERRUPTED = 130

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("text", "json")
LEVEL_HELP = "Log from this level on, to standard error."
FORMAT_HELP = "json: each log line is a JSON object."

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Settings:
    """The options before the command's name."""

    servers: tuple[str, ...]
    prefix: str | None
    log_level: str | None = None
    log_format: str | None = None

    def set_up_logs(self, default: str = "warning", terminal: Console | None = None) -> None:
        """Send log lines to standard error as the options say, without `--log-level` from `default` on."""
        # Imported here, like the others below, as the help needs none of them.
        from naq.command.logs import set_up_logs

        set_up_logs(self.log_level, default, self.log_format, terminal)

    def config(self) -> Config:
        """Return the configuration with these options. Raises `ConfigError`."""
        if self.log_level is not None or self.log_format is not None:
            self.set_up_logs()
        from naq.config import get_config

        config = get_config()
        if self.servers:
            config = config.model_copy(update={"nats": config.nats.model_copy(update={"servers": self.servers})})
        if self.prefix is not None:
            config = config.model_copy(update={"queue": config.queue.model_copy(update={"prefix": self.prefix})})
        return config

    def options(self) -> dict[tuple[str, ...], str]:
        """Return the option that was given for each setting that an option sets."""
        given: dict[tuple[str, ...], str] = {("nats", "servers"): "--server"} if self.servers else {}
        return given if self.prefix is None else {**given, ("queue", "prefix"): "--prefix"}


def _set_servers(context: click.Context, _: click.Parameter, servers: tuple[str, ...]) -> None:
    if servers:
        context.obj = replace(context.obj, servers=servers)


def _set_prefix(context: click.Context, _: click.Parameter, prefix: str | None) -> None:
    if prefix is not None:
        context.obj = replace(context.obj, prefix=prefix)


def _set_logging(context: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.obj = replace(context.obj, **{str(option.name): value})


def logging_options(function: F) -> F:
    """Add the options --log-level and --log-format to a command."""
    level = click.option("--log-level", type=click.Choice(LEVELS, case_sensitive=False), help=LEVEL_HELP)
    form = click.option("--log-format", type=click.Choice(FORMATS), help=FORMAT_HELP)
    return level(form(function))


def add_common_options(command: click.Command) -> None:
    """Let a command, and all commands of a group, accept the options of `naq` after its name too."""
    if isinstance(command, click.Group):
        for one in command.commands.values():
            add_common_options(one)
    command.params += [
        click.Option(
            ["--server", "-s", "servers"], multiple=True, metavar="URL", expose_value=False, callback=_set_servers,
            help="NATS server; may be repeated.",
        ),
        click.Option(
            ["--prefix"], metavar="NAME", expose_value=False, callback=_set_prefix,
            help="First part of every stream, subject and bucket.",
        ),
        click.Option(
            ["--log-level"], type=click.Choice(LEVELS, case_sensitive=False), expose_value=False, callback=_set_logging,
            help=LEVEL_HELP,
        ),
        click.Option(
            ["--log-format"], type=click.Choice(FORMATS), expose_value=False, callback=_set_logging, help=FORMAT_HELP,
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
    """Have SIGINT and SIGTERM call `stop` inside the block; yields the list of received signals."""
    import asyncio

    loop = asyncio.get_running_loop()
    received: list[signal.Signals] = []

    def on_signal(number: signal.Signals) -> None:
        received.append(number)
        stop()

    numbers = (signal.SIGINT, signal.SIGTERM)
    with contextlib.suppress(NotImplementedError):
        for number in numbers:
            loop.add_signal_handler(number, on_signal, number)
    try:
        yield received
    finally:
        with contextlib.suppress(NotImplementedError):
            for number in numbers:
                loop.remove_signal_handler(number)


def exit_code(signals: Sequence[signal.Signals]) -> int:
    """Return 130 for a command that was interrupted, as shells do; 0 otherwise, also after SIGTERM."""
    return INTERRUPTED if signal.SIGINT in signals else 0


def duration(text: str | float) -> float:
    """Return the seconds for a number with or without unit: 90, 1.5, 30s, 10m, 2h, 7d. Raises `BadParameter`."""
    if isinstance(text, float):
        return text
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text)
    if found is None:
        raise click.BadParameter(f"{text!r} is not a duration: write seconds, or a number with s, m, h or d.")
    return float(found[1]) * _UNITS[found[2]]


def json_option(function: F) -> F:
    """Add the option --json to a command."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def import_from_here() -> None:
    """Let jobs be imported from the working directory, as `python -m` does."""
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
