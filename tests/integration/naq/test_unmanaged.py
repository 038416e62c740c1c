"""The nine by-hand modules of `examples/unmanaged`, driven on the library against a real server.

They do their work, and fail where they are written to fail: that is what the linter is shown on.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from naq.job import Job
from naq.testing import NatsServer
from naq_support import jobs
from naq_support.aio import until
from support.steady import steady_keys

EXAMPLES = Path(__file__).parents[3] / "examples"
# By hand is deprecated, and what they leave open warns when it is collected.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def unmanaged() -> Iterator[Callable[[str], Any]]:
    """Imports one of the modules."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        yield lambda name: import_module(f"unmanaged.{name}")
    finally:
        sys.path.remove(str(EXAMPLES))
        for name in [name for name in sys.modules if name.split(".")[0] == "unmanaged"]:
            del sys.modules[name]


@pytest.fixture
def url() -> Iterator[str]:
    """A server of the test's own: their streams have fixed names."""
    with NatsServer() as server:
        yield server.url


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """They list buckets by nats-py's `keys()`, whose race is not what is tested here."""
    steady_keys(monkeypatch)


def drive(work: Awaitable[None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await work

    asyncio.run(bounded())
    gc.collect()


def job(*args: Any, function: Any = jobs.add) -> Job:
    return Job.create(function, args)


def test_queue_core(unmanaged: Any, url: str) -> None:
    core = unmanaged("queue.core")

    async def work() -> None:
        assert await core.check_connection(url)
        queue = core.Queue(url)
        assert await queue.setup()
        first, second = job(1, 2), job(3, 4)
        await queue.enqueue(first)
        assert await queue.enqueue_with_retry(second)
        assert await queue.enqueue_with_retry(second)
        assert await queue.depth() == 2
        assert await queue.peek() == first
        with pytest.raises(AttributeError, match="next"):
            await queue.dequeue()
        assert await queue.purge() == 2
        assert await queue.peek() is None
        # A failed connect leaves its name unbound, and that is what comes out.
        with pytest.raises(UnboundLocalError):
            await core.check_connection("nats://127.0.0.1:1")

    drive(work())


def test_queue_batch(unmanaged: Any, url: str) -> None:
    core, batch = unmanaged("queue.core"), unmanaged("queue.batch")

    async def several(count: int) -> Any:
        for number in range(count):
            yield job(number)

    async def work() -> None:
        await core.Queue(url).setup()
        await core.Queue(url, "mail").setup()
        queue = batch.BatchQueue(url)
        many = [job(number) for number in range(40)]
        assert await queue.enqueue_batch(many) == {one.id: True for one in many}
        assert [one.id for one in await queue.dequeue_batch(40)] == [one.id for one in many]
        assert await queue.dequeue_batch(1, timeout=0.1) == []
        assert await queue.enqueue_to_queues({"default": [job()], "mail": [job(), job()]}) == 3
        assert await queue.enqueue_stream(several(3)) == 3
        with NatsServer() as other:
            await core.Queue(other.url).setup()
            assert await queue.move_to(other.url) == 4
            assert await core.Queue(other.url).depth() == 4

    drive(work())


def test_queue_scheduled(unmanaged: Any, url: str) -> None:
    core, scheduled = unmanaged("queue.core"), unmanaged("queue.scheduled")

    async def work() -> None:
        await core.Queue(url).setup()
        queue = scheduled.ScheduledQueue(url)
        await queue.setup()
        soon, late, never = job(1), job(2), job(3)
        await queue.enqueue_in(soon, timedelta(milliseconds=1))
        await queue.enqueue_at(late, datetime.now(UTC) + timedelta(hours=1))
        await queue.enqueue_in(never, timedelta(hours=2))
        assert [one for _, one in await queue.pending()] == [soon, late, never]
        assert await queue.cancel(never.id)
        assert not await queue.cancel(never.id)
        assert await queue.modify(late.id, datetime.now(UTC) + timedelta(days=1))
        running = asyncio.create_task(queue.run(0.01))

        async def released() -> bool:
            return bool(await core.Queue(url).depth())

        await until(released)
        queue.stop()
        await running
        assert await core.Queue(url).peek() == soon
        assert [one for _, one in await queue.pending()] == [late]

    drive(work())


def test_worker_core(unmanaged: Any, url: str) -> None:
    core, working, failed = unmanaged("queue.core"), unmanaged("worker.core"), unmanaged("worker.failed")

    async def work() -> None:
        await core.Queue(url).setup()
        await failed.FailedJobs(url).setup()
        await working.create_buckets(url)
        worker = working.Worker(url)
        key = job().id
        await core.Queue(url).enqueue(job(key, function=jobs.count))
        await core.Queue(url).enqueue(job(function=jobs.fail))
        running = asyncio.create_task(worker.run())
        await until(lambda: jobs.runs.get(key))

        async def given_up() -> bool:
            return len(await failed.FailedJobs(url).list()) == 1

        await until(given_up)
        worker.stop()
        await running
        assert jobs.runs[key] == 1
        await worker.process_job(job(1, 2).serialize())
        # A bucket takes bytes, and the state is text.
        with pytest.raises(TypeError):
            await worker.update_job_status("one", "done")

    drive(work())


def test_worker_failed(unmanaged: Any, url: str) -> None:
    core, failed = unmanaged("queue.core"), unmanaged("worker.failed")

    async def work() -> None:
        await core.Queue(url).setup()
        jobs_failed = failed.FailedJobs(url)
        await jobs_failed.setup()
        await jobs_failed.setup(max_age=60)
        many = [job(number) for number in range(4)]
        for one in many:
            await jobs_failed.record(one, "default", ValueError("no\nway"))
        assert [one.job for one in await jobs_failed.list()] == many
        shown = await jobs_failed.show(2)
        assert (shown.job, shown.error) == (many[1], "ValueError: no way")
        assert await jobs_failed.show(99) is None
        assert await jobs_failed.requeue(1)
        assert not await jobs_failed.requeue(1)
        assert await jobs_failed.requeue_all(limit=1) == 1
        assert await core.Queue(url).depth() == 2
        assert await jobs_failed.purge() == 0
        assert await jobs_failed.purge("default") == 2
        assert await jobs_failed.purge(force=True) == 0

    drive(work())


def test_worker_status(unmanaged: Any, url: str) -> None:
    working, status = unmanaged("worker.core"), unmanaged("worker.status")

    async def work() -> None:
        assert await status.list_workers(url) == []
        await working.create_buckets(url)
        heartbeat = status.Heartbeat(url, "one", interval=0.5)
        await heartbeat.start()
        assert [one.worker_id for one in await status.list_workers(url)] == ["one"]
        assert await status.is_alive(url, "one")
        assert not await status.is_alive(url, "two")
        async with aclosing(status.watch_workers(url)) as beats:
            assert [(await anext(beats)).worker_id for _ in range(2)] == ["one", "one"]
        await heartbeat.stop()
        async with status.JobStatusReader(url) as reader:
            assert await reader.get("seven") is None
            await reader._kv.put("seven", b"running")
            assert await reader.get("seven") == "running"
            await reader._kv.put("seven", b"done")
        assert [state async for state in status.follow_job(url, "seven")] == ["done"]

    drive(work())


def test_events_publisher(unmanaged: Any, url: str) -> None:
    publishing, listening = unmanaged("events.publisher"), unmanaged("events.subscriber")
    managing = unmanaged("events.manager")

    async def work() -> None:
        await managing.EventManager(url).setup()
        heard: list[Any] = []

        async def note(kind: str, event: Any) -> None:
            heard.append((kind, event))

        subscriber = listening.EventSubscriber(url)
        await subscriber.start(note)
        publisher = publishing.EventPublisher(url)
        await publisher.publish_event("a", {"n": 1})
        await publisher.publish_quickly("b", {"n": 2})
        assert await publisher.publish_many([("c", {}), ("d", {})]) == 2
        await publisher.publish_system_event("e", {})
        async with publishing.BufferedEventPublisher(url) as buffered:
            await buffered.publish_event("f", {})
        assert await publisher.request("g", {}, timeout=0.1) is None
        await until(lambda: len(heard) == 6)
        await subscriber.stop()
        assert sorted(kind for kind, _ in heard) == ["a", "b", "c", "d", "f", "g"]

    drive(work())


def test_events_subscriber(unmanaged: Any, url: str) -> None:
    publishing, listening = unmanaged("events.publisher"), unmanaged("events.subscriber")
    managing = unmanaged("events.manager")

    async def work() -> None:
        publisher, subscriber = publishing.EventPublisher(url), listening.EventSubscriber(url, "tick")
        ticking = asyncio.create_task(_ticks(publisher))
        assert "n" in await subscriber.wait_for()
        assert len(await subscriber.collect(3)) == 3
        async with aclosing(subscriber.events()) as events:
            assert (await anext(events))[0] == "tick"
        ticking.cancel()
        assert await listening.EventSubscriber(url, "silence").wait_for(0.05) is None
        await managing.EventManager(url).setup()
        for _ in range(3):
            await publisher.publish_system_event("kept", {})
        stop = asyncio.Event()
        heard: list[str] = []

        async def note(kind: str, event: Any) -> None:
            heard.append(kind)
            if len(heard) == 3:
                stop.set()

        assert await subscriber.consume(note, "reader", stop) == 3
        assert heard == ["kept"] * 3

    drive(work())


async def _ticks(publisher: Any) -> None:
    number = 0
    while True:
        number += 1
        await publisher.publish_event("tick", {"n": number})
        await asyncio.sleep(0.01)


def test_events_manager(unmanaged: Any, url: str) -> None:
    publishing, managing = unmanaged("events.publisher"), unmanaged("events.manager")

    async def work() -> None:
        manager = managing.EventManager(url)
        await manager.setup()
        await manager.setup()
        heard: list[str] = []

        async def note(kind: str, event: Any) -> None:
            heard.append(kind)
            if event.get("bad"):
                raise ValueError("bad")

        manager.register("a", note)
        with pytest.raises(ValueError, match="registered already"):
            manager.register("a", note)
        await manager.start()
        publisher = publishing.EventPublisher(url)
        await publisher.publish_event("a", {})
        await publisher.publish_event("a", {"bad": True})
        await until(lambda: manager.counts["a.failed"])
        await manager.restart("a")
        await publisher.publish_event("a", {})
        await until(lambda: len(heard) == 3)
        assert (await publisher.request("control.ping", {}))["a"] == 3
        await manager.announce("hello")
        await manager.stop()
        times = await manager.round_trips([url, "nats://127.0.0.1:1"])
        assert times[url] is not None
        assert times["nats://127.0.0.1:1"] is None
        await publisher.publish_system_event("kept", {})
        assert await manager.replay(note) == 1
        assert heard[-1] == "kept"

    drive(work())
