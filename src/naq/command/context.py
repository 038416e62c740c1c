"""What every command shares: its configuration, running on an event loop, and the options that several have."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from naq.config import Config, get_config

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Settings:
    """The options before the command's name."""

    servers: tuple[str, ...]
    prefix: str | None

    def config(self) -> Config:
        """The configuration with these options; raises `ConfigError`."""
        config = get_config()
        if self.servers:
            config = config.model_copy(update={"nats": config.nats.model_copy(update={"servers": self.servers})})
        if self.prefix is not None:
            config = config.model_copy(update={"queue": config.queue.model_copy(update={"prefix": self.prefix})})
        return config


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do the work on an event loop of its own; connections are closed with it."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        # click would write an empty line.
        raise click.Abort from None


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
