"""The number of messages in a stream by subject, also for very many subjects."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.connection import nats_jetstream
from naq.connection.client import PooledClient
from naq.connection.subjects import subject_counts
from naq_support.aio import on_loop, until

# What the server gives in one answer.
PAGE = 100_000


async def filled(connection: PooledClient, js: JetStreamContext, name: str, subjects: list[str]) -> None:
    await js.add_stream(name=name, subjects=[f"{name}.>"], storage="memory")
    # Without an answer to each message; the server drops messages when too many wait to be stored.
    for start in range(0, len(subjects), 5000):
        some = subjects[start : start + 5000]
        for subject in some:
            await connection.publish(f"{name}.{subject}", b"x")
        await until(partial(_holds, js, name, start + len(some)))


async def _holds(js: JetStreamContext, name: str, messages: int) -> bool:
    return (await js.stream_info(name)).state.messages == messages


@on_loop
async def test_a_lone_subject_is_always_found(naq_config: Config) -> None:
    name = naq_config.queue.prefix
    async with nats_jetstream(naq_config) as (connection, js):
        with pytest.raises(NotFoundError):
            await subject_counts(js, name, f"{name}.>")
        await filled(connection, js, name, ["a", "a"])
        found = await asyncio.gather(*(subject_counts(js, name, f"{name}.>") for _ in range(500)))
        assert found == [{f"{name}.a": 2}] * 500
        assert await subject_counts(js, name, f"{name}.b") == {}


@on_loop
async def test_more_subjects_than_one_answer_holds(naq_config: Config) -> None:
    name = naq_config.queue.prefix
    async with nats_jetstream(naq_config) as (connection, js):
        await filled(connection, js, name, [f"{number}.é" for number in range(PAGE + 100)])
        found = await subject_counts(js, name, f"{name}.*.é")
        assert found == {f"{name}.{number}.é": 1 for number in range(PAGE + 100)}
        await js.delete_stream(name)
