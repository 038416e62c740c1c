"""The jobs of one queue: those that wait, run or will be retried, and those that are scheduled. Reads only.

Only the messages of the wanted jobs are read, many with each request. The queue's consumer knows the last message that
the server has delivered: jobs behind it are queued, so that their states need not be read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import msgspec
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.connection import nats_jetstream
from naq.connection.subjects import subject_counts
from naq.errors import DeserializationError, PermissionDenied, QueueNotFound
from naq.names import check_queue_name
from naq.option_values import Priority
from naq.queue.job_head import JobHead, head_in
from naq.queue.results import stored_state
from naq.queue.schedules import SCHEDULE, TIME_ZONE, WRITTEN
from naq.queue.stored_messages import MOST_AT_ONCE, StoredMessage, read_all
from naq.queue.streams import names
from naq.queue.timing import Timing
from naq.records import JobState, State

ListedState: TypeAlias = Literal["queued", "running", "waiting", "retrying", "scheduled"]
LISTED_STATES: Final[tuple[str, ...]] = get_args(ListedState)
# A number above every sequence number.
NO_END: Final = 2**63
# How many names an error about an unknown queue lists.
MOST_NAMES: Final = 5


class ListedJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job of a queue. `number` is that of its message; times are in seconds since 1970.

    `enqueued_at` is when a program enqueued it; `due` is the next time of a scheduled job. `failures`, `worker` and
    `since` are those of its recorded state. A message that is not a job has no `id`, and the reason as its `error`.
    """

    number: int
    id: str
    queue: str
    state: State | Literal["scheduled"]
    function: str = ""
    enqueued_at: float = 0.0
    due: float | None = None
    failures: int = 0
    worker: str = ""
    since: float | None = None
    error: str = ""
    priority: Priority = "normal"


class Page(NamedTuple):
    """Some jobs of a queue. `total` is the number of its jobs in every state; `more` tells whether others follow."""

    jobs: list[ListedJob]
    total: int
    more: bool


async def list_jobs(config: Config, queue: str, *, state: str | None = None, limit: int = 100, after: int = 0) -> Page:
    """Return at most `limit` jobs of a queue in the order of their numbers, those with a number above `after`.

    `state` is one of `LISTED_STATES`; with None, jobs of every state are returned. Raises `QueueNotFound`,
    `PermissionDenied` and nats-py's errors.
    """
    where = names(config)
    async with nats_jetstream(config) as (connection, js):
        total = await _total(js, config, check_queue_name(queue))
        delivered = await delivered_until(js, config, queue)
        if delivered is None and not total:
            raise await queue_not_found(js, config, queue)
        at_once = min(limit + 1, MOST_AT_ONCE)

        def read(subject: str) -> AsyncGenerator[StoredMessage, None]:
            return read_all(connection, js, where.jobs, subject, after + 1, at_once)

        reached = {where.queue(queue): delivered or 0, **await _reached_by_others(js, config, queue)}
        subjects = {"scheduled": [where.schedule(queue, "*")], None: [*reached, where.schedule(queue, "*")]}
        # Only delivered jobs run, wait for others, or will be retried.
        end = NO_END if state in (None, "queued", "scheduled") else max(reached.values())
        chosen = subjects.get(state, [*reached]) if after < end else []
        found: list[ListedJob] = []
        async with aclosing(_merged([read(one) for one in chosen])) as messages:
            async for page in _pages(messages, at_once, end):
                listed = await _listed(js, config, queue, page, reached)
                found += [job for job in listed if state in (None, job.state)]
                if len(found) > limit:
                    break
    return Page(found[:limit], total, len(found) > limit)


async def next_message(config: Config, queue: str) -> StoredMessage | None:
    """Return the message of the next job that no worker has taken yet; None when there is none.

    Raises what `list_jobs` raises.
    """
    where = names(config)
    async with nats_jetstream(config) as (connection, js):
        delivered = await delivered_until(js, config, check_queue_name(queue))
        reached = {where.queue(queue): delivered, **await _reached_by_others(js, config, queue)}
        for subject in [one for one in where.queue_subjects(queue) if one in reached]:
            # Without the right to read the consumer, the oldest job of the queue.
            last = reached[subject]
            start = 1 if last in (None, NO_END) else last + 1
            async with aclosing(read_all(connection, js, where.jobs, subject, start, 1)) as messages:
                async for message in messages:
                    return message
        if delivered is None and not await _total(js, config, queue):
            raise await queue_not_found(js, config, queue)
    return None


async def check_queue(config: Config, queue: str) -> None:
    """Raise `QueueNotFound` for a queue that has neither jobs nor schedules, and that no worker has served."""
    async with nats_jetstream(config) as (_, js):
        if await delivered_until(js, config, check_queue_name(queue)) is None and not await _total(js, config, queue):
            raise await queue_not_found(js, config, queue)


async def _reached_by_others(js: JetStreamContext, config: Config, queue: str) -> dict[str, int]:
    """Return, by subject, the last delivered message of the jobs of each priority but "normal" that wait or run."""
    where = names(config)
    subjects = await _counts(js, where.jobs, where.levels(queue))
    return {subject: await delivered_until(js, config, queue, where.priority_of(subject)) or 0 for subject in subjects}


async def delivered_until(
    js: JetStreamContext, config: Config, queue: str, priority: Priority | None = None
) -> int | None:
    """Return the number of the last message of a queue and priority that was delivered to a worker.

    Returns None when the queue has no consumer, as no worker has served it yet, and `NO_END` when this user may not
    read the consumer.
    """
    where = names(config)
    try:
        info = await js.consumer_info(where.jobs, where.consumer(queue, priority))
    except NotFoundError:
        return None
    except PermissionDenied:
        return NO_END
    return info.delivered.stream_seq if info.delivered is not None else 0


async def queue_not_found(js: JetStreamContext, config: Config, queue: str) -> QueueNotFound:
    """Return the error for an unknown queue, which names the queues that have jobs."""
    where = names(config)
    found = {where.queue_of(subject) for subject in await _counts(js, where.jobs, where.queues)}
    close = get_close_matches(queue, found, n=1)
    if close:
        hint = f"; did you mean {close[0]}?"
    else:
        shown = sorted(found)[:MOST_NAMES]
        hint = f"; queues with jobs: {', '.join(shown)}{', ...' if len(found) > len(shown) else ''}" if shown else ""
    return QueueNotFound(f"there is no queue {queue}: it has no jobs, and no worker has served it{hint}")


async def _total(js: JetStreamContext, config: Config, queue: str) -> int:
    where = names(config)
    subjects = (where.queue(queue), where.levels(queue), where.schedule(queue, "*"))
    counts = [await _counts(js, where.jobs, subject) for subject in subjects]
    return sum(sum(one.values()) for one in counts)


async def _counts(js: JetStreamContext, stream: str, pattern: str) -> dict[str, int]:
    try:
        return await subject_counts(js, stream, pattern)
    except NotFoundError:
        return {}


async def _merged(sources: Sequence[AsyncGenerator[StoredMessage, None]]) -> AsyncGenerator[StoredMessage, None]:
    """Yield the messages of all sources in the order of their numbers; closes the sources."""
    try:
        first = [(message, source) for source in sources if (message := await anext(source, None)) is not None]
        while first:
            message, source = min(first, key=lambda one: one[0].seq)
            first.remove((message, source))
            yield message
            following = await anext(source, None)
            if following is not None:
                first.append((following, source))
    finally:
        for source in sources:
            await source.aclose()


async def _pages(
    messages: AsyncIterator[StoredMessage], size: int, end: int
) -> AsyncGenerator[list[StoredMessage], None]:
    """Yield the messages with numbers up to `end`, `size` at a time."""
    page: list[StoredMessage] = []
    async for message in messages:
        if message.seq > end:
            break
        page.append(message)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page


async def _listed(
    js: JetStreamContext, config: Config, queue: str, messages: list[StoredMessage], delivered: Mapping[str, int]
) -> list[ListedJob]:
    """Return the jobs in messages; reads the states of those up to the last `delivered` one of their subject."""
    where = names(config)
    schedules = where.schedule(queue, "")

    async def one(message: StoredMessage) -> ListedJob:
        try:
            head = head_in(message.data, message.headers, message.seq)
        except DeserializationError as error:
            return ListedJob(number=message.seq, id="", queue=queue, state="queued", error=str(error))
        if message.subject.startswith(schedules):
            return _scheduled(message, head, queue)
        taken = message.seq <= delivered.get(message.subject, 0)
        job = _queued(message, head, queue, await stored_state(js, config, head.id) if taken else None)
        return msgspec.structs.replace(job, priority=where.priority_of(message.subject))

    return await asyncio.gather(*(one(message) for message in messages))


def _queued(message: StoredMessage, head: JobHead, queue: str, record: JobState | None) -> ListedJob:
    job = ListedJob(
        number=message.seq,
        id=head.id,
        queue=queue,
        state="queued",
        function=head.function,
        enqueued_at=head.enqueued_at,
    )
    own = record.of_message(message.seq, str(message.stored)) if record is not None else None
    if record is None or own is None:
        # A worker may have it in hand without having started it.
        return job
    newest = own.seq == record.seq
    return msgspec.structs.replace(
        job,
        state=own.state,
        failures=own.failures,
        since=own.at,
        worker=record.worker if newest and own.state == "running" else "",
        error=record.error if newest else "",
    )


def _scheduled(message: StoredMessage, head: JobHead, queue: str) -> ListedJob:
    headers = message.headers
    try:
        due = Timing.parse(headers.get(SCHEDULE, ""), headers.get(TIME_ZONE), headers.get(WRITTEN)).next_after(
            datetime.now(UTC)
        )
        error = ""
    except ValueError as problem:
        due, error = None, f"its schedule cannot be read: {problem}"
    return ListedJob(
        number=message.seq,
        # The schedule's id, by which it can be cancelled.
        id=message.subject.rpartition(".")[2],
        queue=queue,
        state="scheduled",
        function=head.function,
        enqueued_at=head.enqueued_at,
        due=None if due is None else due.timestamp(),
        error=error,
    )
