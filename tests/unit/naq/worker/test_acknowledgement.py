"""Which acknowledgements a worker waits for, and that a lost acknowledgement costs no second run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from nats.aio.msg import Msg

from naq.config import Config
from naq.connection import nats_connection, nats_jetstream, sockets
from naq.connection.client import PooledClient
from naq.queue.core import Queue
from naq.queue.streams import ensure_buckets, names
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop, until


@contextlib.asynccontextmanager
async def acknowledgements(config: Config) -> AsyncIterator[list[tuple[int, bool]]]:
    """The acknowledgements that workers send in the block: the number of the message, whether an answer is awaited."""
    seen: list[tuple[int, bool]] = []

    async def see(msg: Msg) -> None:
        seen.append((int(msg.subject.split(".")[-4]), bool(msg.reply)))

    async with nats_connection(config) as connection:
        await connection.subscribe(f"$JS.ACK.{config.queue.prefix}_jobs.default-workers.>", cb=see)
        await connection.flush()
        yield seen


@pytest.mark.parametrize("result_ttl", [0.0, None], ids=["nothing kept", "kept"])
@on_loop
async def test_a_lost_acknowledgement_of_a_recorded_success_costs_no_second_run(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch, result_ttl: float | None
) -> None:
    """The connection is lost between the confirmation of the record and the acknowledgement."""
    config = configured(naq_config, worker={"ack_wait": 0.5}, nats={"reconnect_time_wait": 0.05})
    jobs.runs.pop("lost", None)
    publish, lost = PooledClient.publish, []

    async def lose_the_first(connection: PooledClient, subject: str, *args: Any, **kwargs: Any) -> None:
        if subject.startswith("$JS.ACK.") and not lost:
            lost.append(args)
            sockets.abort(connection)
            return
        await publish(connection, subject, *args, **kwargs)

    monkeypatch.setattr(PooledClient, "publish", lose_the_first)
    queue = Queue(config=config).options(result_ttl=result_ttl)
    # Not as quick as it can be: the result tells the success only if the start is known to be recorded.
    await queue.enqueue(jobs.count_slowly, "lost", 0.2)
    counts = await Worker(config=config, burst=True).run(handle_signals=False)
    assert len(lost) == 1
    assert jobs.runs["lost"] == 1
    assert counts.succeeded == 1
    assert await queue.depth() == 0
    assert await FailedJobs(config).count() == 0


@pytest.mark.parametrize(
    ("call", "options", "state_ttl", "awaited"),
    [
        ((jobs.nothing_async,), {"result_ttl": 0.0}, 86_400.0, False),
        # Not as quick as that: the result tells the success only if the start is known to be recorded.
        ((jobs.sleep, 0.2), {}, 86_400.0, False),
        # The record of the success may have expired when the message comes again.
        ((jobs.nothing_async,), {"result_ttl": 0.0}, 60.0, True),
        ((jobs.sleep, 0.2), {"result_ttl": 60.0}, 86_400.0, True),
        ((jobs.fail,), {"max_retries": 0}, 86_400.0, True),
    ],
    ids=["state", "result", "state that expires soon", "result that expires soon", "failure"],
)
@on_loop
async def test_only_the_acknowledgement_of_a_recorded_success_is_not_waited_for(
    naq_config: Config, call: tuple[Any, ...], options: dict[str, Any], state_ttl: float, awaited: bool
) -> None:
    config = configured(naq_config, queue={"state_ttl": state_ttl})
    await Queue(config=config).options(**options).enqueue(*call)
    async with acknowledgements(naq_config) as seen:
        await Worker(config=config, burst=True).run(handle_signals=False)
        await until(lambda: seen)
        assert seen[0] == (1, awaited)


@on_loop
async def test_an_acknowledgement_is_waited_for_when_the_success_is_not_recorded(naq_config: Config) -> None:
    """The server refuses the state, for which the job is not run again."""
    queue = Queue(config=naq_config).options(result_ttl=0.0)
    await queue.setup()
    async with nats_jetstream(naq_config) as (_, js):
        await ensure_buckets(js, naq_config)
        bucket = (await js.stream_info(f"KV_{names(naq_config).states}")).config
        await js.update_stream(bucket.evolve(max_msg_size=10))
    await queue.enqueue(jobs.nothing_async)
    async with acknowledgements(naq_config) as seen:
        await Worker(config=naq_config, burst=True).run(handle_signals=False)
        await until(lambda: seen)
        assert seen == [(1, True)]


@on_loop
async def test_a_worker_that_stops_waits_until_its_acknowledgements_are_processed(naq_config: Config) -> None:
    queue = Queue(config=naq_config).options(result_ttl=0.0)
    await queue.enqueue(jobs.nothing_async)
    await queue.enqueue(jobs.nothing_async)
    worker = Worker(config=naq_config, concurrency=1)
    async with acknowledgements(naq_config) as seen:
        task = asyncio.create_task(worker.run(handle_signals=False))
        await until(lambda: len(seen) == 2)
        worker.stop()
        await task
        await until(lambda: len(seen) == 3)
        assert seen == [(1, False), (2, False), (2, True)]
    assert await queue.depth() == 0
