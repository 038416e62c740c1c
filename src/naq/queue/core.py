"""A queue: put a job on it, take one off, look at what waits, wait for a result.

Each operation leases the shared connection for as long as it takes; a queue object holds nothing open, can be made
anywhere and needs no shutdown. Streams and consumers are made when an operation finds them missing.
"""

import asyncio
import contextlib
import importlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from naq.cancellation import cancel_until_ended, finish
from naq.config import Config, get_config
from naq.connection import nats_connection, nats_jetstream
from naq.errors import ConnectFailed, DeserializationError, InvalidJob
from naq.events.lifecycle import emit, lifecycle_sink
from naq.job import Job, JobOptions, job_options
from naq.names import check_job_id, check_queue_name
from naq.queue.batch import BatchResult, enqueue_batch
from naq.queue.deduplication import Wanted, id_after, note_given_back, note_taken, store_job
from naq.queue.dependencies import dependency_headers
from naq.queue.failures import set_aside
from naq.queue.fetch import acknowledge, give_back, pull_one
from naq.queue.memory import place_of
from naq.queue.message import job_in
from naq.queue.publishing import publish_job
from naq.queue.results import wait_for_result
from naq.queue.streams import (
    ack_wait_of,
    ensure_buckets,
    ensure_consumer,
    ensure_failed,
    ensure_jobs,
    names,
    purge_stream,
)
from naq.records import as_dict
from naq.retry import Backoff

logger = logging.getLogger(__name__)

# For the signs of life of a received job to stop.
KEEPING_GRACE = 3.0


class Queue:
    """A named queue of jobs.

    `config` defaults to `get_config()`. `options` is what each job enqueued through this object asks for;
    `queue.options(max_retries=3)` gives a copy that asks for more.
    """

    def __init__(
        self, name: str = "default", config: Config | None = None, *, options: JobOptions | None = None
    ) -> None:
        self.name = check_queue_name(name)
        self.config = config or get_config()
        where = names(self.config)
        self.stream_name = where.jobs
        self.subject = where.queue(name)
        self.consumer_name = where.consumer(name)
        self._place = place_of(self.config, name)
        self._options = options or JobOptions()
        self.events = lifecycle_sink(self.config)

    def __repr__(self) -> str:
        return f"Queue({self.name!r}, stream={self.stream_name!r})"

    def options(
        self,
        *,
        max_retries: int | None = None,
        retry_delay: float | Sequence[float] | Backoff | None = None,
        timeout: float | None = None,
        result_ttl: float | None = None,
        depends_on: "str | Job | Iterable[str | Job]" = (),
    ) -> "Queue":
        """The same queue, whose jobs ask for these options too, see `JobOptions`; `InvalidJob` names a wrong one."""
        options = job_options(
            max_retries=max_retries,
            retry_delay=retry_delay,
            timeout=timeout,
            result_ttl=result_ttl,
            depends_on=depends_on,
        )
        asked = {name: value for name, value in as_dict(options).items() if value not in (None, ())}
        return Queue(self.name, self.config, options=msgspec.structs.replace(self._options, **asked))

    def job(self, function: Callable[..., Any] | str | Job, /, *args: Any, **kwargs: Any) -> Job:
        """A job of this queue that is not enqueued yet; a `Job` is taken over as it is, for this queue."""
        if not isinstance(function, Job):
            return Job.create(function, args, kwargs, queue=self.name, options=self._options)
        if args or kwargs:
            raise InvalidJob("a Job carries its own arguments; pass either a Job or a function with arguments")
        return function if function.queue == self.name else msgspec.structs.replace(function, queue=self.name)

    async def setup(self) -> None:
        """Make the streams, the buckets and this queue's consumer; otherwise this happens on first use."""
        async with nats_jetstream(self.config) as (connection, js):
            await ensure_jobs(connection, js, self.config)
            await ensure_failed(js, self.config)
            await ensure_buckets(js, self.config)
            await ensure_consumer(js, self.config, self.name)

    async def enqueue(self, function: Callable[..., Any] | str | Job, /, *args: Any, **kwargs: Any) -> Job:
        """Put a job at the end of the queue; when this returns, the server has stored it.

        `function` is an importable function, its path `package.module:name`, or a `Job`. Raises `InvalidJob` and
        `SerializationError` before anything is sent, `ConnectFailed`, and `EnqueueFailed` when the server refuses the
        job or does not confirm it within `queue.publish_attempts` times `queue.publish_timeout` seconds.

        A `Job` that is on this queue already is not stored twice: after an error, the call can be repeated. One that
        has left the queue (taken off, purged, failed for good) is stored again. One that is done raises `AlreadyDone`
        for `queue.duplicate_window` seconds after it was enqueued; later, and on another queue, it counts as another.
        Another job with the id of one that is on the queue raises `EnqueueFailed`.
        """
        job = self.job(function, *args, **kwargs)
        payload = job.serialize(self.config.serializer)
        headers = await dependency_headers(self.config, job) if job.options.depends_on else None
        try:
            wanted = Wanted(job, payload, self._place)
            await store_job(self.config, wanted, fresh=not isinstance(function, Job), headers=headers)
        except ConnectFailed as error:
            # The first error that a new user meets: its words say all, the steps below here would hide them.
            raise error.with_traceback(None) from None
        if self.events is not None:
            await emit(self.events, "enqueued", job)
        return job

    async def enqueue_batch(self, jobs: Iterable[Job], *, atomic: bool = False) -> BatchResult:
        """Put many jobs on this queue at once; see `naq.queue.batch`."""
        return await enqueue_batch([self.job(job) for job in jobs], self.config, atomic=atomic)

    async def dequeue(self, timeout: float = 1.0) -> Job | None:
        """Take the next job off the queue for good, or None when there is none within `timeout` seconds.

        From then on the job is the caller's alone; `receive` keeps it safe until the work is done. A message that is
        not a job goes to the failed store and raises `DeserializationError`. Cancelled, it leaves the job on the queue.
        """
        async with nats_jetstream(self.config) as (connection, js):
            msg = await pull_one(connection, js, self.config, self.name, timeout)
            if msg is None:
                return None
            job = await self._decoded(msg)
            acknowledging = asyncio.ensure_future(acknowledge(msg, self.config.queue.publish_timeout))
            try:
                await asyncio.shield(acknowledging)
            except asyncio.CancelledError:
                await finish(self._undo(acknowledging, job, msg))
                raise
            self._take(msg, job)
        return job

    @contextlib.asynccontextmanager
    async def receive(self, timeout: float = 1.0) -> AsyncIterator[Job | None]:
        """`async with queue.receive() as job`: acknowledged when the block ends.

        `job` is None when there is none within `timeout` seconds. While the block runs, the server is told so. A block
        that raises is a failed run, as in a worker: the job comes again after its retry delay, or goes to the failed
        store when no retry is left or the error is `NotRetryable`. A block that is cancelled gives the job back.
        """
        async with nats_jetstream(self.config) as (connection, js):
            msg = await pull_one(connection, js, self.config, self.name, timeout)
            if msg is None:
                yield None
                return
            job = await self._decoded(msg)
            self._take(msg, job)
            keeping = asyncio.create_task(_keep(msg, js, self.config, self.name))
            try:
                yield job
            except Exception as error:
                await finish(_after(keeping, self._failed(connection, js, msg, job, error)))
                raise
            except BaseException:
                note_given_back(self._place, job.id, msg.metadata.sequence.stream)
                await finish(_after(keeping, give_back(msg)))
                raise
            await finish(_after(keeping, acknowledge(msg, self.config.queue.publish_timeout)))

    async def depth(self) -> int:
        """How many jobs wait or are being worked on."""
        async with nats_jetstream(self.config) as (_, js):
            try:
                info = await js.stream_info(self.stream_name, subjects_filter=self.subject)
            except NotFoundError:
                return 0
        return (info.state.subjects or {}).get(self.subject, 0)

    async def peek(self) -> Job | None:
        """The oldest job of the queue, left where it is; None when there is none."""
        async with nats_jetstream(self.config) as (_, js):
            try:
                raw = await js.get_msg(self.stream_name, seq=1, subject=self.subject, next=True)
            except NotFoundError:
                return None
        return job_in(raw.data or b"", raw.headers, raw.seq or 0, self.config.serializer)

    async def purge(self) -> int:
        """Throw away all jobs of this queue, and return how many there were. Schedules stay."""
        async with nats_connection(self.config) as connection:
            return await purge_stream(connection, self.stream_name, self.subject)

    async def result(self, job: Job | str, timeout: float = 5.0) -> Any:
        """What a job returned, waiting at most `timeout` seconds for it.

        Raises `JobFailed` with the worker's traceback, `JobTimeout`, and `JobNotFound` when no result was kept.
        """
        if isinstance(job, Job) and job.options.result_ttl == 0:
            raise InvalidJob(f"job {job.id} was enqueued with result_ttl=0: no result is kept")
        return await wait_for_result(self.config, job.id if isinstance(job, Job) else check_job_id(job), timeout)

    async def _decoded(self, msg: Msg) -> Job:
        try:
            return job_in(msg.data, msg.headers, msg.metadata.sequence.stream, self.config.serializer)
        except DeserializationError as error:
            await finish(set_aside(self.config, self.name, msg, str(error)))
            raise

    def _take(self, msg: Msg, job: Job) -> None:
        """From now on the job is off the queue, for whoever enqueues it again in this process."""
        note_taken(self._place, job.id, msg.metadata.sequence.stream)

    async def _failed(self, connection: Client, js: JetStreamContext, msg: Msg, job: Job, error: Exception) -> None:
        """Settle a job whose block has raised; where that does not succeed, it goes back to its queue."""
        # Only here: who enqueues has no use for the worker's side.
        receiving = importlib.import_module("naq.worker.receiving")
        back = True
        try:
            back = await receiving.settle_failure(connection, js, self.config, msg, job, error, self.events)
        except (nats.errors.Error, OSError) as problem:
            logger.warning("job %s is given back, its failure is not counted: %r", job.id, problem)
            await give_back(msg, self.config.queue.retry_delay)
        if back:
            note_given_back(self._place, job.id, msg.metadata.sequence.stream)

    async def _undo(self, acknowledging: "asyncio.Future[None]", job: Job, msg: Msg) -> None:
        """Put a job back whose caller went away while its acknowledgement was under way."""
        try:
            await acknowledging
        except nats.errors.Error:
            # Not acknowledged, or not for sure: if it is still there, it comes again by itself.
            return
        again = id_after(job, msg.metadata.sequence.stream)
        await publish_job(self.config, again, self.subject, msg.data)


async def _after(keeping: "asyncio.Task[None]", settling: Awaitable[None]) -> None:
    await cancel_until_ended((keeping,), KEEPING_GRACE)
    await settling


async def _keep(msg: Msg, js: JetStreamContext, config: Config, queue: str) -> None:
    """Tell the server that a message is worked on, at the pace of the consumer that all workers share."""
    ack_wait = config.worker.ack_wait
    while True:
        with contextlib.suppress(nats.errors.Error, OSError):
            ack_wait = await ack_wait_of(js, config, queue)
        await asyncio.sleep(ack_wait / 3)
        with contextlib.suppress(nats.errors.Error, OSError):
            await msg.in_progress()
