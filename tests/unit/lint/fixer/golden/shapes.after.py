from __future__ import annotations

import asyncio

import nats
from naq.config import Config
from naq.connection import (
    nats_connection,
    nats_jetstream,
)

conn = "taken"


async def taken(url: str) -> None:
    async with nats_jetstream(Config.for_servers(url)) as (nc, js):
        await nc.publish("a", conn.encode())
        await js.publish("b", f"{js!r}".encode())


async def inside(url: str) -> int:
    async with await nats.connect(url) as nc:
        if await nc.rtt() > 1:
            return 1
        return 2


async def handled(url: str) -> int:
    async with await nats.connect(url) as nc:
        try:
            await nc.flush()
        except nats.errors.TimeoutError:
            return 1
    return 0


async def drained(url: str) -> None:
    async with await nats.connect(url) as nc:
        await nc.publish("a", b"b")
        await nc.drain()


async def quiet(url: str) -> None:
    async with await nats.connect(url) as nc:
        await nc.publish("a", b"b")


async def two(url: str) -> None:
    async with await nats.connect(url) as first:
        async with await nats.connect(url, name="second") as second:
            await first.flush()
            await second.flush()


async def limited(url: str) -> None:
    async with await asyncio.wait_for(nats.connect(url), 5) as nc:
        await nc.flush()


async def made(url: str) -> None:
    nc = nats.NATS()
    await nc.connect(url)
    async with nc:
        await nc.flush()


async def late(url: str) -> bool:
    async with await nats.connect(url) as nc:
        await nc.flush()
    return nc.is_closed


async def nested(url: str) -> None:
    async with nats_connection(Config.for_servers(url)) as nc:
        async def on_message(msg):
            await nc.publish("seen", f"{nc.client_id} {msg.subject}".encode())

        await nc.subscribe("a", cb=on_message)
        await asyncio.sleep(1)


async def kept(url: str) -> None:
    nc = await nats.connect(url)
    holder = {}
    holder["nc"] = nc
    await nc.close()
