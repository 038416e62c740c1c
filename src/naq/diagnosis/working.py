"""Checks of workers and queues: stalled workers, wrong clocks of workers, and jobs that no worker works on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import aclosing
from typing import Final, NamedTuple

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.connection.subjects import server_time, subject_counts
from naq.diagnosis.check import Check, counted, listed
from naq.diagnosis.clock import compared
from naq.errors import DeserializationError, PermissionDenied
from naq.queue.stored_messages import nanoseconds, read_all, read_page
from naq.queue.streams import names
from naq.records import WorkerStatus, decode
from naq.worker.status import Status

WORKERS, QUEUES, FAILED = "workers", "queues", "failed"
# After so many missed heartbeats a worker counts as stalled.
MISSED: Final = 2.5
# How many queues without a worker are named one by one.
MOST_SINGLE: Final = 5


class Seen(NamedTuple):
    """A worker's last heartbeat; `stored` is when the server stored it, in seconds since 1970, None if unknown."""

    status: WorkerStatus
    stored: float | None


async def present_workers(connection: Client, js: JetStreamContext, config: Config) -> list[Seen]:
    """Return the workers whose heartbeats have not expired. Raises nats-py's errors."""
    where = names(config)
    found: dict[str, Seen] = {}
    try:
        messages = read_all(connection, js, f"KV_{where.workers}", where.key(where.workers, ">"))
        async with aclosing(messages):
            async for message in messages:
                if "KV-Operation" in message.headers:
                    continue
                try:
                    status = decode(message.data, WorkerStatus)
                except DeserializationError:
                    continue
                found[status.worker_id] = Seen(status, message.stored / 1e9 or None)
    except PermissionDenied:
        # A viewer may read each record, and not all at once.
        return [Seen(status, None) for status in await Status(config).workers()]
    return list(found.values())


async def workers(js: JetStreamContext, config: Config, present: list[Seen]) -> list[Check]:
    """Return the checks of the workers. Raises nats-py's errors."""
    if not present:
        text = "none runs, or none has written a heartbeat yet"
        return [Check(WORKERS, "ok", text)]
    now = await _now(js, config)
    found: list[Check] = []
    for status, stored in present:
        name = f"worker {status.worker_id}"
        silent = now - stored if stored is not None and now is not None else 0.0
        if silent > MISSED * config.worker.heartbeat_interval:
            text = f"{name} has given no sign of life for {silent:.0f} s; {counted(status.running, 'job')} ran in it"
            remedy = (
                f"look at process {status.pid} on {status.host}: it was killed, or a job blocks it; its jobs are given "
                "to other workers"
            )
            found.append(Check(WORKERS, "warning", text, remedy))
        elif stored is not None:
            # The server stores a heartbeat a moment after the worker has read its clock.
            found += [one for one in [compared(name, status.beat - stored, 0.5)] if one.level != "ok"]
        if status.state == "stopping":
            text = f"{name} is stopping; {counted(status.running, 'job')} still in it"
            found.append(Check(WORKERS, "ok", text))
    serving = sum(1 for one in present if one.status.state == "working")
    return found or [Check(WORKERS, "ok", f"{serving} working, each with a recent heartbeat")]


async def _now(js: JetStreamContext, config: Config) -> float | None:
    try:
        at = await server_time(js, f"KV_{names(config).workers}")
    except NotFoundError:
        return None
    return None if at is None else nanoseconds(at) / 1e9


async def queues(
    connection: Client, js: JetStreamContext, config: Config, counts: dict[str, int], present: list[Seen]
) -> list[Check]:
    """Return the checks of the queues that have jobs; `counts` are the numbers of jobs. Raises nats-py's errors."""
    serving: defaultdict[str, list[WorkerStatus]] = defaultdict(list)
    for seen in present:
        for queue in seen.status.queues:
            serving[queue].append(seen.status)
    now = await _now_of_jobs(js, config) if counts else None
    alone = {queue: count for queue, count in sorted(counts.items()) if not serving[queue]}
    if not alone:
        total = counted(sum(counts.values()), "job")
        text = f"{total} on {counted(len(counts), 'queue')}, each served by a worker" if counts else "no jobs"
        return [Check(QUEUES, "ok", text)]
    if len(alone) > MOST_SINGLE:
        text = f"no worker serves {len(alone)} queues with {counted(sum(alone.values()), 'job')}: {listed(alone)}"
        return [Check(QUEUES, "warning", text, "start workers for these queues: naq worker QUEUE...")]
    found: list[Check] = []
    for queue, count in alone.items():
        age = await _oldest(connection, js, config, queue, now)
        waits = f"; the oldest is there for {age:.0f} s" if age is not None else ""
        text = f"no worker serves queue {queue}, which has {counted(count, 'job')}{waits}"
        found.append(Check(QUEUES, "warning", text, f"naq worker {queue}"))
    return found


async def _now_of_jobs(js: JetStreamContext, config: Config) -> float | None:
    at = await server_time(js, names(config).jobs)
    return None if at is None else nanoseconds(at) / 1e9


async def _oldest(
    connection: Client, js: JetStreamContext, config: Config, queue: str, now: float | None
) -> float | None:
    """Return how long the oldest job of a queue has been there, in seconds; None if unknown."""
    where = names(config)
    try:
        pages = [await read_page(connection, js, where.jobs, one, 1, 1) for one in where.queue_subjects(queue)]
    except PermissionDenied:
        return None
    stored = [message.stored / 1e9 for page in pages for message in page if message.stored]
    return max(0.0, now - min(stored)) if now is not None and stored else None


async def job_counts(js: JetStreamContext, config: Config) -> dict[str, int]:
    """Return the number of jobs of each queue that has any. Raises nats-py's errors."""
    where = names(config)
    try:
        counts = await subject_counts(js, where.jobs, where.queues)
    except NotFoundError:
        return {}
    found: Counter[str] = Counter()
    for subject, count in counts.items():
        found[where.queue_of(subject)] += count
    return dict(found)


async def failed(js: JetStreamContext, config: Config) -> list[Check]:
    """Return the check of the failed store. Raises nats-py's errors."""
    where = names(config)
    try:
        counts = await subject_counts(js, where.failed, where.failed_queue("*"))
    except NotFoundError:
        counts = {}
    if not counts:
        return [Check(FAILED, "ok", "no job has failed permanently")]
    named = listed(sorted(subject.rpartition(".")[2] for subject in counts))
    total = counted(sum(counts.values()), "permanently failed job")
    return [Check(FAILED, "ok", f"{total} of {named}; see `naq failed list`")]


def all_queues(given: Iterable[str], counts: dict[str, int], present: list[Seen]) -> list[str]:
    """Return the names of the queues to look at: those that were given, have jobs, or are served."""
    served = (queue for seen in present for queue in seen.status.queues)
    return sorted({*given, *counts, *served})
