"""The nine by-hand modules before and after `flake8-naq fix --unsafe-fixes`, at work on a real server: the same results."""

from __future__ import annotations

import asyncio
import gc
import importlib
import inspect
import shutil
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from flake8_naq.cli import main as command
from naq.config import Config
from naq.connection import close_all
from naq.job import Job
from naq.testing import NatsServer
from naq_support import jobs
from support.steady import steady_keys

EXAMPLES = Path(__file__).parents[4] / "examples" / "unmanaged"
# By hand is deprecated, and what the modules leave open warns when it is collected.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(120)]
DUE = datetime(2040, 1, 1, tzinfo=UTC)


def loaded(folder: Path, name: str) -> Callable[[str], ModuleType]:
    """Imports modules of the package *name* in *folder*."""
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    return lambda module: importlib.import_module(f"{name}.{module}")


def made(owner: type, url: str, *arguments: Any) -> Any:
    """An instance, given the server in the way that its constructor takes it."""
    takes = inspect.signature(owner).parameters
    return owner(Config.for_servers(url) if "config" in takes else url, *arguments)


async def result(work: Awaitable[Any]) -> Any:
    """What it gives, or the kind of its failure."""
    try:
        return await work
    except Exception as error:
        return type(error).__name__


async def queue_work(module: Callable[[str], ModuleType], url: str) -> list[Any]:
    core, scheduled, batch = module("queue.core"), module("queue.scheduled"), module("queue.batch")
    queue = made(core.Queue, url, "q")
    job = Job(id="one", function=f"{jobs.__name__}:add", args=(1, 2))
    later = made(scheduled.ScheduledQueue, url, "q")
    many = made(batch.BatchQueue, url, "q")
    found = [await result(core.check_connection(url)), await result(queue.setup()), await result(queue.peek())]
    found += [
        await result(queue.enqueue(job)),
        await result(queue.enqueue_with_retry(job)),
        await result(queue.depth()),
    ]
    found += [await result(queue.peek()), await result(queue.dequeue()), await result(many.enqueue_batch([job]))]
    found += [await result(many.dequeue_batch(5, 0.2)), await result(many.enqueue_to_queues({"q": [job]}))]
    found += [await result(later.setup()), await result(later.enqueue_at(job, DUE)), await result(later.pending())]
    found += [await result(later.modify("one", DUE + timedelta(1))), await result(later.pending())]
    found += [await result(later.cancel("one")), await result(later.cancel("one")), await result(queue.purge())]
    return found


async def worker_work(module: Callable[[str], ModuleType], url: str) -> list[Any]:
    core, status, failed = module("worker.core"), module("worker.status"), module("worker.failed")
    job = Job(id="one", function=f"{jobs.__name__}:add", args=(1, 2))
    kept = made(failed.FailedJobs, url)
    worker = made(core.Worker, url, "q")
    await result(made(module("queue.core").Queue, url, "q").setup())
    found = [await result(core.create_buckets(url)), await result(kept.setup()), await result(kept.setup())]
    found += [await result(kept.record(job, "q", ValueError("no"))), await result(kept.show(7))]
    found += [[one.error for one in await kept.list()], await result(kept.requeue(1)), await result(kept.requeue(1))]
    found += [await result(kept.purge()), await result(kept.purge("q")), await result(kept.purge(force=True))]
    found += [await result(worker.update_job_status("one", "done")), await result(worker._execute_job(job.serialize()))]
    found += [await result(worker._failed.record(job, "q", ValueError("no"))), await result(worker.process_job(b"{}"))]
    found += [await result(status.list_workers(url)), await result(status.is_alive(url, "w"))]
    return found


async def event_work(module: Callable[[str], ModuleType], url: str) -> list[Any]:
    publishing, managing, subscribing = (module(f"events.{name}") for name in ("publisher", "manager", "subscriber"))
    publisher, manager = made(publishing.EventPublisher, url), made(managing.EventManager, url)
    seen: list[Any] = []

    async def handler(event_type: str, event: dict[str, Any]) -> None:
        seen.append((event_type, event["n"]))

    waiting = asyncio.create_task(result(made(subscribing.EventSubscriber, url, "job.done").wait_for(10)))
    found = [await result(manager.setup()), await result(manager.setup())]
    await asyncio.sleep(0.5)
    found += [await result(publisher.publish_event("job.done", {"n": 1})), await waiting]
    found += [await result(publisher.publish_system_event("job.done", {"n": 2})), await result(manager.replay(handler))]
    found += [await result(publisher.publish_quickly("a", {"n": 3})), await result(publisher.request("a", {}, 0.5))]
    found += [await result(publisher.publish_many([("a", {"n": 4})])), await result(manager.announce("hello"))]
    times = await manager.round_trips([url, "nats://127.0.0.1:1"])
    return [*found, seen, [time is None for time in times.values()]]


WORK = {"queue": queue_work, "worker": worker_work, "events": event_work}


def at_work(folder: Path, name: str, part: str) -> list[str]:
    """What the package does with a separate server."""

    async def drive(url: str) -> list[Any]:
        async with asyncio.timeout(60):
            found = await WORK[part](loaded(folder, name), url)
        await close_all()
        return found

    with NatsServer() as server:
        found = asyncio.run(drive(server.url))
    sys.path.remove(str(folder))
    gc.collect()
    return [str(one).replace(f"{name}.", "") for one in found]


@pytest.mark.parametrize("part", WORK)
def test_the_fixed_modules_do_the_same_work(part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # By hand and fixed alike list buckets by nats-py's `keys()`, whose race is not what is tested here.
    steady_keys(monkeypatch)
    names = [f"before_{part}", f"after_{part}"]
    for name in names:
        shutil.copytree(EXAMPLES, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    fixed = Path(names[1], part)
    command.main(["fix", "--unsafe-fixes", str(fixed)])
    assert all("async with" in path.read_text(encoding="utf-8") for path in fixed.glob("[!_]*.py"))
    before, after = (at_work(tmp_path, name, part) for name in names)
    assert after == before
