"""The same operations after the migration, as the document writes them. `target` is the configuration."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.msg import Msg
from nats.js.api import StreamConfig

from naq.config import Config
from naq.connection import nats_connection, nats_jetstream, nats_kv_store


async def enqueue(target: Config, subject: str, payload: bytes) -> None:
    async with nats_jetstream(target) as (_, js):
        await js.publish(subject, payload)


async def dequeue(target: Config, subject: str, consumer: str) -> bytes | None:
    async with nats_jetstream(target) as (_, js):
        subscriber = await js.pull_subscribe(subject, consumer)
        try:
            (msg,) = await subscriber.fetch(1, timeout=0.3)
        except nats.errors.TimeoutError:
            return None
        await msg.ack_sync()
        return msg.data


async def process_message(target: Config, msg: Msg, execute: Callable[[bytes], Awaitable[Any]]) -> None:
    async with nats_jetstream(target):
        try:
            # Process job
            await execute(msg.data)
            # Acknowledge message
            await msg.ack()
        except Exception:
            await msg.nak()
            raise


async def update_job_status(target: Config, bucket: str, job_id: str, status: bytes) -> int:
    async with nats_kv_store(bucket, target) as kv:
        return await kv.put(job_id, status)


async def publish_event(target: Config, event_type: str, data: dict[str, Any]) -> None:
    async with nats_connection(target) as conn:
        await conn.publish(f"events.{event_type}", json.dumps(data).encode())


async def publish_system_event(target: Config, subject: str, data: dict[str, Any]) -> None:
    async with nats_jetstream(target) as (_, js):
        await js.publish(subject, json.dumps(data).encode())


async def add_stream(target: Config, config: StreamConfig) -> str:
    try:
        async with nats_jetstream(target) as (_, js):
            await js.add_stream(config)
    except nats.js.errors.NotFoundError:
        return "not found"
    except nats.js.errors.APIError as error:
        return f"refused: {error.err_code}"
    return "made"


async def closed_in_the_middle(target: Config) -> str:
    try:
        async with nats_connection(target) as conn:
            await conn.close()
            await conn.publish("anything", b"")
    except nats.errors.ConnectionClosedError:
        return "closed"
    return "sent"
