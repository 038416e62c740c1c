from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import nats
from naq.connection import (
    close_nats_connection,
    get_jetstream_context,
    get_nats_connection as open_connection,
)

if TYPE_CHECKING:
    from nats.aio.client import Client

conn = "taken"


async def taken(url: str) -> None:
    nc: Client = await open_connection(url)
    js = await get_jetstream_context(nc)
    try:
        await nc.publish("a", conn.encode())
        await js.publish("b", f"{js!r}".encode())
    finally:
        await close_nats_connection(nc)


async def inside(url: str) -> int:
    nc = None
    try:
        nc = await nats.connect(url)
        if await nc.rtt() > 1:
            return 1
        return 2
    finally:
        if nc:
            await nc.close()


async def handled(url: str) -> int:
    nc = await nats.connect(url)
    try:
        await nc.flush()
    except nats.errors.TimeoutError:
        await nc.close()
        return 1
    except Exception:
        await nc.close()
        raise
    await nc.close()
    return 0


async def drained(url: str) -> None:
    nc = await nats.connect(url)
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.drain()
        await nc.close()


async def quiet(url: str) -> None:
    nc = await nats.connect(url)
    try:
        await nc.publish("a", b"b")
    finally:
        with suppress(Exception):
            await nc.close()


async def two(url: str) -> None:
    first = await nats.connect(url)
    second = await nats.connect(url, name="second")
    try:
        await first.flush()
        await second.flush()
    finally:
        await second.close()
        await first.close()


async def limited(url: str) -> None:
    nc = await asyncio.wait_for(nats.connect(url), 5)
    try:
        await nc.flush()
    finally:
        await nc.close()


async def made(url: str) -> None:
    nc = nats.NATS()
    await nc.connect(url)
    await nc.flush()
    await nc.close()


async def late(url: str) -> bool:
    nc = await nats.connect(url)
    await nc.flush()
    await nc.close()
    return nc.is_closed


async def nested(url: str) -> None:
    nc = await open_connection(url)
    try:

        async def on_message(msg):
            await nc.publish("seen", f"{nc.client_id} {msg.subject}".encode())

        await nc.subscribe("a", cb=on_message)
        await asyncio.sleep(1)
    finally:
        await close_nats_connection(nc)


async def kept(url: str) -> None:
    nc = await nats.connect(url)
    holder = {}
    holder["nc"] = nc
    await nc.close()
