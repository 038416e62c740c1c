"""The operations as they were before the migration: a connection opened and closed by hand around each.

As the migration document writes them, but for what never ran there: `subscriber.next` is `fetch`, a bucket takes bytes,
and the exceptions are the ones that nats-py has. `target` is the server's address.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.msg import Msg
from nats.js.api import StreamConfig

from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection


async def enqueue(target: str, subject: str, payload: bytes) -> None:
    nc = await get_nats_connection(target)
    try:
        js = await get_jetstream_context(nc)
        await js.publish(subject, payload)
    finally:
        await close_nats_connection(nc)


async def dequeue(target: str, subject: str, consumer: str) -> bytes | None:
    nc = await get_nats_connection(target)
    try:
        js = await get_jetstream_context(nc)
        subscriber = await js.pull_subscribe(subject, consumer)
        try:
            (msg,) = await subscriber.fetch(1, timeout=0.3)
        except nats.errors.TimeoutError:
            return None
        await msg.ack_sync()
        return msg.data
    finally:
        await close_nats_connection(nc)


async def process_message(target: str, msg: Msg, execute: Callable[[bytes], Awaitable[Any]]) -> None:
    nc = await get_nats_connection(target)
    try:
        await get_jetstream_context(nc)
        # Process job
        await execute(msg.data)
        # Acknowledge message
        await msg.ack()
    except Exception:
        await msg.nak()
        raise
    finally:
        await close_nats_connection(nc)


async def update_job_status(target: str, bucket: str, job_id: str, status: bytes) -> int:
    nc = await get_nats_connection(target)
    try:
        js = await get_jetstream_context(nc)
        kv = await js.key_value(bucket)
        return await kv.put(job_id, status)
    finally:
        await close_nats_connection(nc)


async def publish_event(target: str, event_type: str, data: dict[str, Any]) -> None:
    nc = await get_nats_connection(target)
    try:
        await nc.publish(f"events.{event_type}", json.dumps(data).encode())
    finally:
        await close_nats_connection(nc)


async def publish_system_event(target: str, subject: str, data: dict[str, Any]) -> None:
    nc = await get_nats_connection(target)
    try:
        js = await get_jetstream_context(nc)
        await js.publish(subject, json.dumps(data).encode())
    finally:
        await close_nats_connection(nc)


async def add_stream(target: str, config: StreamConfig) -> str:
    nc = await get_nats_connection(target)
    try:
        js = await get_jetstream_context(nc)
        await js.add_stream(config)
    except nats.js.errors.NotFoundError:
        return "not found"
    except nats.js.errors.APIError as error:
        return f"refused: {error.err_code}"
    finally:
        await close_nats_connection(nc)
    return "made"


async def closed_in_the_middle(target: str) -> str:
    nc = await get_nats_connection(target)
    try:
        await nc.close()
        await nc.publish("anything", b"")
    except nats.errors.ConnectionClosedError:
        return "closed"
    finally:
        await close_nats_connection(nc)
    return "sent"
