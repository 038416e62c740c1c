"""Reading what the pages show: a bounded number of messages for each page, however many there are on the server."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Final, NamedTuple, TypeVar

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.connection import nats_connection, nats_jetstream
from naq.connection.subjects import subject_counts
from naq.dashboard.model import FailureRow, FailuresPage, JobPage, JobsPage, Overview, QueueRow
from naq.dashboard.newest import newest
from naq.errors import DeserializationError, JobNotFound, PermissionDenied
from naq.names import Names, check_job_id, check_queue_name
from naq.option_values import PRIORITIES
from naq.queue.job_head import head_in
from naq.queue.job_status import with_end_seen
from naq.queue.limits import warning_of
from naq.queue.listing import list_jobs
from naq.queue.results import stored_result, stored_state
from naq.queue.stored_messages import StoredMessage, read_all
from naq.queue.streams import names
from naq.queue.unstarted_jobs import MOST_LOOKED_AT, find_schedule
from naq.records import FINAL, JobResult, JobState, WorkerStatus
from naq.worker.failed import FailedJob, FailedJobs, failed_job
from naq.worker.status import Status

# Rows of a page, of the latest failures on the first page, and failures in which the entry of a job is looked for.
PAGE: Final = 50
LATEST: Final = 8
MOST_SEARCHED: Final = 500
# Consumers in one answer of the server.
CONSUMERS: Final = 256
# Seconds until something that this user may not read is asked for again.
ASK_AGAIN: Final = 300.0
# The highest number that the server accepts.
HIGHEST: Final = 2**63 - 1
# Characters of arguments and results that are shown.
LONGEST: Final = 20_000

T = TypeVar("T")


class ServerAway(nats.errors.Error):
    """The connection to the server is lost at the moment."""

    def __str__(self) -> str:
        return "the connection to the NATS server is lost; naq is connecting again"


class Permitted:
    """Remembers what this user may not read, so that a page that is refreshed does not ask again each time."""

    def __init__(self) -> None:
        self._denied: dict[str, float] = {}

    async def or_none(self, what: str, read: Callable[[], Awaitable[T]]) -> T | None:
        """Return what `read` returns; None when this user may not read it. Asks again after `ASK_AGAIN` seconds."""
        if time.monotonic() < self._denied.get(what, 0.0):
            return None
        try:
            return await read()
        except PermissionDenied:
            self._denied[what] = time.monotonic() + ASK_AGAIN
            return None


class _Payload(msgspec.Struct):
    """The arguments of a stored job, not decoded."""

    call: msgspec.Raw = msgspec.Raw(b"null")
    pickled: str | None = None


async def read_overview(config: Config, permitted: Permitted) -> Overview:
    """Return all queues, workers and the latest failures. Raises `ServerAway`, `PermissionDenied`, nats-py's errors."""
    where = names(config)
    async with nats_jetstream(config) as (connection, js):
        _check_connected(connection)
        queues, workers, latest, warnings = await asyncio.gather(
            _queues(js, config, permitted),
            Status(config).workers(),
            permitted.or_none(
                "failures", lambda: newest(connection, js, where.failed, where.failed_queue("*"), LATEST)
            ),
            _warnings(js, where.jobs),
        )
    serving = Counter(queue for worker in workers for queue in worker.queues)
    rows = {queue: msgspec.structs.replace(row, workers=serving[queue]) for queue, row in queues.items()}
    for queue in serving:
        rows.setdefault(queue, QueueRow(queue=queue, waiting=0, taken=0, workers=serving[queue]))
    failures = None if latest is None else [_failure(_failed(one)) for one in latest[0]]
    ordered = [rows[name] for name in sorted(rows)]
    return Overview(queues=ordered, workers=workers, failures=failures, warnings=warnings)


async def read_workers(config: Config) -> list[WorkerStatus]:
    """Return the workers with a recent heartbeat. Raises what `read_overview` raises."""
    async with nats_connection(config) as connection:
        _check_connected(connection)
        return await Status(config).workers()


async def read_jobs(config: Config, permitted: Permitted, queue: str, state: str | None, after: int) -> JobsPage:
    """Return a page of the jobs of a queue. Raises `QueueNotFound`, and what `read_overview` raises."""
    async with nats_jetstream(config) as (connection, js):
        _check_connected(connection)
        queues, workers, page = await asyncio.gather(
            _queues(js, config, permitted, check_queue_name(queue)),
            Status(config).workers(queue),
            list_jobs(config, queue, state=state, limit=PAGE, after=after),
        )
    row = queues.get(queue) or QueueRow(queue=queue, waiting=0, taken=0)
    following = page.jobs[-1].number if page.more and page.jobs else None
    row = msgspec.structs.replace(row, workers=len(workers))
    return JobsPage(queue=row, state=state, jobs=page.jobs, after=following)


async def read_failures(config: Config, queue: str | None, before: int | None) -> FailuresPage:
    """Return a page of failed jobs, of one queue or of all. Raises what `read_overview` raises."""
    where = names(config)
    subject = where.failed_queue("*" if queue is None else check_queue_name(queue))
    async with nats_jetstream(config) as (connection, js):
        _check_connected(connection)
        (found, following), total = await asyncio.gather(
            newest(connection, js, where.failed, subject, PAGE, before), FailedJobs(config).count(queue)
        )
    failures = [_failure(_failed(one)) for one in found]
    return FailuresPage(queue=queue, total=total, failures=failures, before=following)


async def read_failure(config: Config, number: int, *, with_arguments: bool) -> FailureRow:
    """Return a failed job with its traceback. Raises `JobNotFound`, and what `read_overview` raises."""
    missing = JobNotFound(f"there is no failed job number {number}; it may have been requeued or deleted")
    if number > HIGHEST:
        raise missing
    async with nats_jetstream(config) as (connection, js):
        _check_connected(connection)
        try:
            raw = await js.get_msg(names(config).failed, number, direct=True)
        except (NotFoundError, nats.errors.NoRespondersError):
            raise missing from None
    failed = failed_job(number, raw.subject or "", raw.headers or {}, raw.data or b"")
    arguments = arguments_in(failed.payload) if with_arguments else None
    return msgspec.structs.replace(_failure(failed), traceback=failed.details.traceback, arguments=arguments)


async def read_job(config: Config, permitted: Permitted, job_id: str, *, with_values: bool) -> JobPage:
    """Return a job by its id. Raises `JobNotFound`, and what `read_overview` raises."""
    async with nats_jetstream(config) as (connection, js):
        _check_connected(connection)
        state, result = await asyncio.gather(
            stored_state(js, config, check_job_id(job_id)),
            permitted.or_none("results", lambda: _result(js, config, job_id)),
        )
        if result is None and state is not None:
            state = await with_end_seen(js, config, state)
        page = _recorded(job_id, state, result.value if result is not None else None, with_values=with_values)
        if page is None:
            return await _unstarted(connection, js, config, job_id)
        if page.state == "failed":
            number = await permitted.or_none("failures", lambda: _number_of(connection, js, config, job_id))
            page = msgspec.structs.replace(page, failure=number)
    return page


def arguments_in(payload: bytes) -> str | None:
    """Return the arguments in the payload of a job as text; None for a payload that is not a job.

    Pickled arguments are not decoded, as that can run code.
    """
    try:
        found = msgspec.json.decode(payload, type=_Payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if found.pickled is not None:
        return f"pickled, {len(found.pickled)} characters: not decoded here, as that can run code"
    try:
        args, kwargs = msgspec.json.decode(found.call, type=tuple[msgspec.Raw, msgspec.Raw])
    except msgspec.MsgspecError:
        return _json(bytes(found.call))
    return f"args = {_json(bytes(args))}\nkwargs = {_json(bytes(kwargs))}"


async def _queues(
    js: JetStreamContext, config: Config, permitted: Permitted, queue: str | None = None
) -> dict[str, QueueRow]:
    """Return all queues with jobs, schedules, failed jobs or a consumer, or only one; without the workers."""
    where = names(config)
    chosen = "*" if queue is None else queue
    patterns = [where.queues] if queue is None else [where.queue(queue), where.levels(queue)]
    found, scheduled, failed, progress = await asyncio.gather(
        asyncio.gather(*(_counts(js, where.jobs, pattern) for pattern in patterns)),
        _counts(js, where.jobs, where.schedule(chosen, "*")),
        _counts(js, where.failed, where.failed_queue(chosen)),
        permitted.or_none("consumers" if queue is None else "consumer", lambda: _progress(js, config, queue)),
    )
    on_queue, schedules, failures = _by_queue(where, *found), _by_queue(where, scheduled), _by_queue(where, failed)
    known = {*on_queue, *schedules, *failures, *(progress or {})}
    rows = {}
    for name in known:
        # A queue without a consumer has no worker yet: all of its jobs wait.
        taken = None if progress is None else min(on_queue[name], progress[name])
        rows[name] = QueueRow(
            queue=name,
            jobs=on_queue[name],
            waiting=None if taken is None else on_queue[name] - taken,
            taken=taken,
            scheduled=schedules[name],
            failed=failures[name],
        )
    return rows


def _by_queue(where: Names, *counts: dict[str, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in counts:
        for subject, count in one.items():
            found[where.queue_of(subject)] += count
    return found


async def _progress(js: JetStreamContext, config: Config, queue: str | None) -> Counter[str]:
    """Return how many delivered jobs of each queue, with any priority, are not settled."""
    where = names(config)
    found: Counter[str] = Counter()
    if queue is not None:
        for priority in PRIORITIES:
            with contextlib.suppress(NotFoundError):
                info = await js.consumer_info(where.jobs, where.consumer(queue, priority))
                found[queue] += info.num_ack_pending or 0
        return found
    suffixes = [where.consumer("", priority) for priority in PRIORITIES]
    offset = 0
    with contextlib.suppress(NotFoundError):
        while page := await js.consumers_info(where.jobs, offset):
            for info in page:
                suffix = next((one for one in suffixes if info.name.endswith(one)), None)
                if suffix is not None:
                    found[info.name.removesuffix(suffix)] += info.num_ack_pending or 0
            offset += len(page)
            if len(page) < CONSUMERS:
                break
    return found


class _Result(NamedTuple):
    """The outcome of a job that this user may read, None if there is none."""

    value: JobResult | None


async def _result(js: JetStreamContext, config: Config, job_id: str) -> _Result:
    return _Result(await stored_result(js, config, job_id))


def _recorded(job_id: str, state: JobState | None, result: JobResult | None, *, with_values: bool) -> JobPage | None:
    """Return the page of a job from its records; None when there are none."""
    if state is None and result is None:
        return None
    page = JobPage(job_id=job_id, state=state.state if state is not None else "queued")
    if state is not None:
        state = state.with_outcome(result)
        progress = "" if state.progress is None else f"{100 * state.progress:.0f} % {state.progress_text}".strip()
        page = msgspec.structs.replace(
            page,
            queue=state.queue,
            function=state.function,
            worker=state.worker,
            failures=state.failures,
            since=state.at,
            error=state.error,
            progress=progress if state.state == "running" else "",
        )
    if result is None or (state is not None and state.at > result.at and state.state not in FINAL):
        # The result is of an earlier run.
        return page
    value = None
    if with_values and result.state == "done":
        pickled = result.pickled is not None and not result.typed
        value = "pickled: not decoded here" if pickled else _json(bytes(result.value))
    error = result.error or page.error
    since = page.since or result.at
    return msgspec.structs.replace(
        page, state=result.state, error=error, traceback=result.traceback, result=value, since=since
    )


async def _unstarted(connection: Client, js: JetStreamContext, config: Config, job_id: str) -> JobPage:
    """Return the page of a job that no worker has recorded, from its message. Raises `JobNotFound`."""
    where = names(config)
    number = 0
    async with aclosing(read_all(connection, js, where.jobs, where.queues)) as messages:
        async for message in messages:
            number += 1
            if number > MOST_LOOKED_AT:
                break
            try:
                head = head_in(message.data, message.headers, message.seq)
            except DeserializationError:
                continue
            if head.id == job_id:
                queue, at = where.queue_of(message.subject), head.enqueued_at
                return JobPage(job_id=job_id, state="queued", queue=queue, function=head.function, since=at)
    scheduled = await find_schedule(config, job_id)
    if scheduled is not None:
        return JobPage(job_id=job_id, state="scheduled", queue=scheduled)
    raise JobNotFound(
        f"job {job_id} is not among the first {MOST_LOOKED_AT:,} jobs on the queues, and no worker has recorded a "
        "state of it that has not expired"
    )


async def _number_of(connection: Client, js: JetStreamContext, config: Config, job_id: str) -> int | None:
    """Return the number of a job in the failed store; None when it is not among the newest."""
    where = names(config)
    found, _ = await newest(connection, js, where.failed, where.failed_queue("*"), MOST_SEARCHED)
    return next((one.seq for one in found if _failed(one).details.job_id == job_id), None)


async def _warnings(js: JetStreamContext, stream: str) -> list[str]:
    try:
        warning = warning_of((await js.stream_info(stream)).config)
    except NotFoundError:
        return []
    return [] if warning is None else [warning]


async def _counts(js: JetStreamContext, stream: str, pattern: str) -> dict[str, int]:
    try:
        return await subject_counts(js, stream, pattern)
    except NotFoundError:
        return {}


def _check_connected(connection: Client) -> None:
    if not connection.is_connected:
        raise ServerAway


def _failed(message: StoredMessage) -> FailedJob:
    return failed_job(message.seq, message.subject, message.headers, message.data)


def _failure(failed: FailedJob) -> FailureRow:
    details = failed.details
    return FailureRow(
        number=failed.sequence,
        job_id=details.job_id,
        queue=details.queue,
        function=details.function,
        kind=details.kind,
        error=details.error,
        failed_at=details.failed_at,
        failures=details.failures,
        deliveries=details.deliveries,
        worker=details.worker,
        size=len(failed.payload),
        truncated=failed.truncated,
    )


def _json(data: bytes) -> str:
    """Return JSON as text with one item on a line; text that is not JSON unchanged."""
    try:
        shown = msgspec.json.format(data, indent=2).decode(errors="replace")
    except (msgspec.MsgspecError, RecursionError):
        shown = data.decode(errors="replace")
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}\n... ({len(shown):,} characters)"
