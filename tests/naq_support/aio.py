"""Tests that are coroutines, each on a separate event loop that must be left clean."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import time
from collections.abc import Awaitable, Callable
from typing import Any

from naq.config import Config
from naq.testing import NatsCluster, NatsServer


def on_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """The test as a plain function: runs to its end, leaves no task behind, and nothing for the collector to warn of."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(_clean(test, args, kwargs))
        gc.collect()

    return run


async def _clean(test: Callable[..., Awaitable[None]], args: Any, kwargs: Any) -> None:
    await test(*args, **kwargs)
    left = tasks_of_naq()
    assert not left, f"tasks left behind: {left}"


def tasks_of_naq() -> list[str]:
    """Names of the tasks that run naq's own code outside of a connection's."""
    return [
        str(task)
        for task in asyncio.all_tasks()
        if task is not asyncio.current_task() and ("naq " in task.get_name() or "job " in task.get_name())
    ]


def deaf_to_cancellation() -> Callable[..., Awaitable[None]]:
    """In place of a publish, the first of which waits for room: nats-py swallows its cancellation."""
    calls: list[object] = []

    async def publish(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 1:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    return publish


async def until(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait for a condition, plain or awaitable, to be true; returns its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, f"not true after {seconds} s"
        await asyncio.sleep(0.01)


async def until_at_least(count: Callable[[], int], number: int, seconds: float = 60.0) -> None:
    """Wait for a count to reach a number."""
    await until(lambda: count() >= number, seconds)


async def leader_of(cluster: NatsCluster, stream: str) -> NatsServer:
    """The server that leads a replicated stream, once there is one: a busy machine may have them elect another."""

    def look() -> NatsServer | None:
        try:
            return cluster.leader_of(stream)
        except LookupError:
            return None

    leader: NatsServer = await until(lambda: asyncio.to_thread(look), 60)
    return leader


def configured(config: Config, **changes: dict[str, Any]) -> Config:
    """The configuration with values of its sections changed: `configured(config, worker={"concurrency": 2})`."""
    sections = {name: getattr(config, name).model_copy(update=values) for name, values in changes.items()}
    return config.model_copy(update=sections)
