"""A place on the server for one side of a comparison, and what can be seen there afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_hex
from types import ModuleType
from typing import Any

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import RetentionPolicy, StreamConfig

from naq.config import Config
from naq.connection import close_all
from naq.testing import NatsServer


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an operation: its results, errors as (type, text), messages, and connections opened for it."""

    results: list[Any]
    errors: list[tuple[str, str]]
    messages: list[Any]
    connections: int


@dataclass(slots=True)
class World:
    """One side: its operations, where they act, and a connection of the test's own to look with."""

    side: ModuleType
    target: Any
    look: Client
    name: str = field(default_factory=lambda: f"ref_{token_hex(4)}")
    heard: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def js(self) -> Any:
        return self.look.jetstream()

    async def stream(self, **settings: Any) -> None:
        """The work-queue stream of a queue, whose only subject is its name."""
        await self.js.add_stream(
            StreamConfig(name=self.name, subjects=[self.name], retention=RetentionPolicy.WORK_QUEUE, **settings)
        )

    async def fill(self, *payloads: bytes) -> None:
        for payload in payloads:
            await self.js.publish(self.name, payload)

    async def stored(self) -> list[Any]:
        """All messages of the stream, and how many are delivered and not acknowledged."""
        state = (await self.js.stream_info(self.name)).state
        numbers = range(state.first_seq or 1, state.last_seq + 1)
        return [(await self.js.get_msg(self.name, number)).data for number in numbers]

    async def keys(self) -> list[str]:
        """Of the bucket."""
        return await keys_of(self.js, self.name)

    async def listen(self, subject: str) -> None:
        async def note(msg: Msg) -> None:
            self.heard.append((msg.subject.replace(self.name, "NAME"), msg.data))

        await self.look.subscribe(subject, cb=note)
        await self.look.flush()

    async def pull(self) -> Msg:
        subscription = await self.js.pull_subscribe(self.name, "workers")
        (msg,) = await subscription.fetch(1, timeout=2)
        return msg


async def keys_of(js: Any, bucket: str) -> list[str]:
    """The keys that were written; nats-py's own `keys()` overlooks some now and then."""
    info = await js.stream_info(f"KV_{bucket}", subjects_filter=">")
    return sorted(subject.removeprefix(f"$KV.{bucket}.") for subject in info.state.subjects or {})


Step = Callable[[World], Awaitable[Any]]


@asynccontextmanager
async def world(side: ModuleType, target: Any, url: str) -> AsyncIterator[World]:
    async with await nats.connect(url) as look:
        yield World(side, target, look)


async def outcome(server: NatsServer, here: World, steps: list[Step], after: Step) -> Outcome:
    """Take the steps one after the other; an error ends its step only."""
    results: list[Any] = []
    errors: list[tuple[str, str]] = []
    before = await asyncio.to_thread(server.opened_connections)
    for step in steps:
        try:
            results.append(await step(here))
        # Whatever it is, both sides must raise it.
        except Exception as error:
            errors.append((type(error).__name__, str(error).replace(here.name, "NAME")))
    await close_all()
    opened = await asyncio.to_thread(server.opened_connections) - before
    return Outcome(results, errors, await after(here), opened)


def target_of(side: str, config: Config) -> Any:
    """What the operations of a side are given to find the server."""
    return config.nats.servers[0] if side == "byhand" else config
