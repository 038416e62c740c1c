"""Concurrent requests: each gets its answer, and has a separate timeout."""

from __future__ import annotations

import asyncio
from typing import Any

import nats
import nats.errors
import pytest
from nats.aio.msg import Msg

from naq.config import Config
from naq.connection import nats_connection
from naq.connection.writing import Writing
from naq.queue.pipeline import NO_RESPONDERS, Pipeline, pipeline_of
from naq.testing import NatsServer
from naq_support.aio import on_loop


@on_loop
async def test_each_request_has_its_own_time(naq_config: Config) -> None:
    """The order of the requests does not matter, nor do other requests that are answered or time out meanwhile."""
    async with nats_connection(naq_config) as connection:
        await connection.subscribe("silent")
        pipeline = await pipeline_of(connection)
        loop = asyncio.get_running_loop()
        ended: list[tuple[float, float]] = []

        async def ask(timeout: float) -> None:
            began = loop.time()
            with pytest.raises(nats.errors.TimeoutError):
                await pipeline.request("silent", timeout=timeout)
            ended.append((timeout, loop.time() - began))

        left = asyncio.ensure_future(pipeline.request("silent", timeout=0.5))
        await asyncio.sleep(0)
        left.cancel()
        await asyncio.gather(*map(ask, (0.4, 0.2, 0.6, 0.2)))
        assert [timeout for timeout, _ in ended] == [0.2, 0.2, 0.4, 0.6]
        assert all(timeout <= waited for timeout, waited in ended)
        assert pipeline.in_flight == 0
        # And once more, as nothing waited meanwhile.
        await ask(0.1)


@pytest.mark.parametrize("leased", [True, False])
@on_loop
async def test_each_request_has_its_own_answer(nats_server: NatsServer, naq_config: Config, leased: bool) -> None:
    async def echo(msg: Msg) -> None:
        await msg.respond(msg.data)

    async def exchange(pipeline: Pipeline) -> None:
        answers = await asyncio.gather(*(pipeline.request("echo", b"%d" % number) for number in range(100)))
        assert [answer.data for answer in answers] == [b"%d" % number for number in range(100)]
        assert pipeline.in_flight == 0

    async with await nats.connect(nats_server.url) as other:
        await other.subscribe("echo", cb=echo)
        await other.flush()
        if leased:
            async with nats_connection(naq_config) as connection:
                await exchange(await pipeline_of(connection))
        else:
            await exchange(await pipeline_of(other))


@on_loop
async def test_a_request_is_sent_at_once_unless_it_has_to_wait(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it can be sent at once is tried once; then nats-py sends it, and waits for room in its buffer."""
    async with nats_connection(naq_config) as connection:
        pipeline = await pipeline_of(connection)
        at_once, tried = Writing.publish, list[tuple[str, bool]]()

        def noted(writing: Writing, subject: str, *args: Any) -> bool:
            tried.append((subject, at_once(writing, subject, *args)))
            return tried[-1][1]

        monkeypatch.setattr(Writing, "publish", noted)
        # Nothing subscribes to it, and the server says so.
        assert isinstance(pipeline.request("deserted"), asyncio.Future)
        await pipeline.send("deserted", b"", None, 5.0)
        with monkeypatch.context() as full:
            full.setattr(connection._behind(), "_max_pending_size", 10)
            for ask in (pipeline.request("deserted"), await pipeline.send("deserted", b"", None, 5.0)):
                assert ((await ask).headers or {})["Status"] == NO_RESPONDERS
            await connection.publish("deserted")
        assert tried == [("deserted", True)] * 2 + [("deserted", False)] * 3


@on_loop
async def test_a_request_that_cannot_be_sent_waits_for_no_answer(naq_config: Config) -> None:
    async with nats_connection(naq_config) as connection:
        pipeline = await pipeline_of(connection)
        for ask in (pipeline.request("not a subject"), pipeline.send("not a subject", b"", None, 5.0)):
            with pytest.raises(nats.errors.BadSubjectError):
                await ask
        assert pipeline.in_flight == 0


@on_loop
async def test_the_end_of_a_request_is_told_at_once(naq_config: Config) -> None:
    """Before any task that waits for the answer runs, and also if no answer comes."""
    async with nats_connection(naq_config) as connection:
        await connection.subscribe("silent")
        pipeline = await pipeline_of(connection)
        order: list[str] = []

        async def ask(subject: str) -> None:
            future = await pipeline.send(subject, b"", None, 0.3, lambda done: order.append(f"{done.done()} {subject}"))
            await asyncio.wait({future})
            order.append(subject)

        # Without a responder the server answers; "silent" has one, which does not.
        await ask("deserted")
        await ask("silent")
        assert order == ["True deserted", "deserted", "True silent", "silent"]
