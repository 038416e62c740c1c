"""The worker: takes jobs from queues, runs them and settles them as `naq.worker.settlement` decides, until stopped.

A job is acknowledged only after its outcome is stored, so that the job is delivered again after a crash in between.
"""

import asyncio
import contextlib
import importlib
import inspect
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from naq.allowed import Allowed
from naq.cancellation import Cancellations, finish
from naq.config import Config, get_config
from naq.connection import nats_jetstream
from naq.encoding import decode_value
from naq.errors import ConnectFailed, InvalidJob, NaqError, NotAllowed, PermissionDenied
from naq.events.lifecycle import lifecycle_sink
from naq.functions import import_tasks
from naq.job import Job
from naq.limits import Limits
from naq.names import check_job_id, check_queue_name, check_worker_name
from naq.queue.limit_store import LimitStore
from naq.queue.pipeline import pipeline_of
from naq.queue.publishing import largest_payload
from naq.queue.streams import ensure_buckets, names
from naq.records import JobState, State, WorkerStatus, encode
from naq.tracing.observers import run_observers
from naq.typed_calls import loaded
from naq.worker.cancel_requests import CancelRequests
from naq.worker.delivery import Delivery
from naq.worker.delivery_history import Records
from naq.worker.exclusive_gate import Gate
from naq.worker.execution import AroundJob, Executor
from naq.worker.handling import Counts, Handler
from naq.worker.heartbeat import Heartbeat, new_worker_id, worker_status
from naq.worker.limiter import Limiter
from naq.worker.observing import Observer
from naq.worker.session import Session
from naq.worker.settlement import Forbidden, Outcome, Raised, Returned, Unimportable
from naq.worker.settler import Settler
from naq.worker.signals import on_signals
from naq.worker.stopping import Stop, run_bounded, unless_stopped
from naq.worker.stragglers import Stragglers
from naq.worker.threads import Threads
from naq.worker.vitals import Vitals
from naq.worker.waking import Waker

logger = logging.getLogger(__name__)

Hook: TypeAlias = Callable[["Worker"], Awaitable[None] | None]

STATES: frozenset[State] = frozenset({"queued", "running", "waiting", "retrying", "done", "failed", "cancelled"})
# Longest pause in seconds between two tries to open another connection after one was lost permanently.
LONGEST_PAUSE = 10.0


@dataclass(frozen=True, slots=True)
class Hooks:
    """Functions of the application that a worker calls. `on_start` and `on_stop` may be coroutine functions.

    `on_start` is called before the first job; if it raises, the worker does not start. `on_stop` is called after the
    last job; its error is logged. `around_job(job)` returns an async context manager in which the job runs: an error
    that it raises is the job's error, and a job whose error it suppresses counts as done.
    """

    on_start: Hook | None = None
    on_stop: Hook | None = None
    around_job: AroundJob | None = None


class Worker:
    """Runs the jobs of queues: `await Worker(["mail", "images"]).run()`.

    `concurrency` is how many jobs run at the same time (default: that of the configuration). With `burst`, `run`
    returns once the queues are empty, including retries and waiting jobs. `name` must be unique among workers; the
    default name is.
    """

    def __init__(
        self,
        queues: str | Sequence[str] = ("default",),
        config: Config | None = None,
        concurrency: int | None = None,
        *,
        burst: bool = False,
        name: str | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        given = (queues,) if isinstance(queues, str) else tuple(queues)
        self.queues = tuple(dict.fromkeys(check_queue_name(queue) for queue in given))
        if not self.queues:
            raise InvalidJob("a worker needs at least one queue")
        self.config = config or get_config()
        self.concurrency = self.config.worker.concurrency if concurrency is None else concurrency
        if type(self.concurrency) is not int or self.concurrency < 1:
            raise InvalidJob(f"concurrency is a number of jobs from 1, not {self.concurrency!r}")
        self.burst = burst
        self._limits = Limits(self.config)
        self.worker_id = new_worker_id() if name is None else check_worker_name(name)
        self.counts = Counts()
        self._hooks = hooks or Hooks()
        self._stop = Stop()
        self._runs = False
        self._worked = False
        self._session: Session | None = None
        # Connections that were lost, with those that the present session has replaced.
        self._reconnects = 0
        self._observers = self._tracing = run_observers(self.config)
        self._started = time.time()
        self._events = lifecycle_sink(self.config)

    def __repr__(self) -> str:
        return f"Worker({', '.join(self.queues)}; {self.worker_id}, {self.concurrency} at once, {self.counts})"

    def stop(self) -> None:
        """Take no more jobs, let running jobs finish, and return from `run`. A second call stops at once.

        Call it on the worker's event loop.
        """
        self._stop.request()

    async def run(self, *, handle_signals: bool = True) -> Counts:
        """Run jobs until stopped; returns how many. In the main thread, SIGTERM and SIGINT call `stop`.

        Raises `ConfigError` when a module of `worker.imports` cannot be imported, `ConnectFailed` when there is no
        server at the start, and `PermissionDenied`. If the server is lost later, the worker waits for it. A cancelled
        worker stops at once and gives its jobs back. `run` can be called again; the counts continue.
        """
        if self._runs:
            raise NaqError(f"{self.worker_id} runs already; make another Worker")
        import_tasks(self.config.worker.imports)
        self._runs = True
        self._started = time.time()
        threads = Threads(f"naq-{self.worker_id}")
        stragglers = Stragglers(threads)
        self._reconnects = 0
        try:
            with on_signals(self.stop) if handle_signals else contextlib.nullcontext():
                async with self._monitoring() as observers:
                    self._observers = (*self._tracing, *observers)
                    await self._run(threads, stragglers)
        finally:
            self._runs = False
            self._stop = Stop()
            stragglers.forget()
            threads.close()
        return self.counts

    async def _run(self, threads: Threads, stragglers: Stragglers) -> None:
        """Call the hooks, and run sessions between them until stopped."""
        await _call(self._hooks.on_start, self)
        try:
            limit = self.config.worker.shutdown_timeout
            await run_bounded(self._sessions(threads, stragglers), self._stop, limit, self.worker_id)
        except ConnectFailed as error:
            # As in `Queue.enqueue`, the message is complete.
            raise error.with_traceback(None) from None
        finally:
            await self._call_on_stop()

    def _monitoring(self) -> contextlib.AbstractAsyncContextManager[tuple[Observer, ...]]:
        """Return a block in which metrics and health checks are served; its value are their observers of jobs."""
        if self.config.worker.metrics is None and self.config.worker.health is None:
            return contextlib.nullcontext(())
        # Imported here, as most workers need no HTTP server.
        serving = importlib.import_module("naq.metrics.serving")
        block: contextlib.AbstractAsyncContextManager[tuple[Observer, ...]] = serving.monitoring(
            self.config, self.vitals
        )
        return block

    def vitals(self) -> Vitals:
        """Return the present condition of this worker. Call it on the worker's event loop."""
        session = self._session
        return Vitals(
            worker_id=self.worker_id,
            queues=self.queues,
            concurrency=self.concurrency,
            started=self._started,
            running=session.running if session else 0,
            connected=session is not None and session.connected,
            pulling=session is not None and session.pulling,
            stopping=self._stop.requested.is_set(),
            reconnects=self._reconnects + (session.reconnects if session else 0),
        )

    def status(self) -> WorkerStatus:
        """Return the status of this worker that its heartbeat writes."""
        return worker_status(
            self.worker_id,
            self.queues,
            self.concurrency,
            self._started,
            stopping=self._stop.requested.is_set(),
            running=self._session.running if self._session else 0,
            succeeded=self.counts.succeeded,
            failed=self.counts.failed,
            retried=self.counts.retried,
            cancelled=self.counts.cancelled,
        )

    async def process_message(self, msg: Msg) -> None:
        """Run the job in a message and settle the message, for programs that pull messages themselves.

        A failed job is given back or stored as failed, and its exception is raised.
        """
        outcome = await self._alone(lambda handler: handler.handle(_delivery(msg)))
        if isinstance(outcome, Raised) and outcome.exception is not None:
            raise outcome.exception

    async def process_job(self, data: bytes) -> Any:
        """Run a job that did not come from a queue, store its result as a worker does, and return it.

        Raises `DeserializationError`, `NotAllowed`, `InvalidJob` when the function cannot be imported, and the
        exceptions of the job.
        """
        job = Job.deserialize(data, self.config.serializer)
        outcome = await self._alone(lambda handler: handler.run_detached(job))
        if isinstance(outcome, Raised) and outcome.exception is not None:
            raise outcome.exception
        if isinstance(outcome, Unimportable):
            raise InvalidJob(outcome.error)
        if isinstance(outcome, Forbidden):
            raise NotAllowed(outcome.error)
        value = outcome.value if isinstance(outcome, Returned) else None
        # The function was allowed, as it has run.
        return None if value is None else decode_value(value, self.config.serializer, loaded(job.function))

    async def update_job_status(self, job_id: str, status: State) -> None:
        """Write the state of a job to the bucket that `naq.worker.status` reads, and wait for the confirmation.

        Raises `InvalidJob` for an unknown state, and nats-py's errors.
        """
        if status not in STATES:
            raise InvalidJob(f"job state {status!r}: expected one of {', '.join(sorted(STATES))}")
        state = JobState(
            job_id=check_job_id(job_id), state=status, queue=self.queues[0], worker=self.worker_id, at=time.time()
        )
        where = names(self.config)
        async with nats_jetstream(self.config) as (_, js):
            await ensure_buckets(js, self.config)
            await js.publish(
                where.key(where.states, job_id), encode(state), msg_ttl=max(1, self.config.queue.state_ttl)
            )

    async def _sessions(self, threads: Threads, stragglers: Stragglers) -> None:
        """Run one session after the other, a further one each time a connection is lost permanently."""
        pause = self.config.nats.reconnect_time_wait
        self._worked = False
        cancellations = Cancellations()
        while not self._stop.requested.is_set():
            try:
                async with nats_jetstream(self.config) as (connection, js):
                    with self._present(self._new_session(connection, js, stragglers)) as session:
                        if not await unless_stopped(session.prepare(), self._stop):
                            return
                        cancellations.check()
                        self._worked = True
                        await self._work(connection, js, session, threads, stragglers)
                        return
            except PermissionDenied:
                raise
            except (ConnectFailed, nats.errors.Error, OSError) as error:
                if not self._worked:
                    raise
                logger.warning("%s has lost the server: %r; next try in %g s", self.worker_id, error, pause)
                # The connection of the next session is another one.
                self._reconnects += 1
            await self._stop.wait(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    @contextlib.contextmanager
    def _present(self, session: Session) -> Iterator[Session]:
        """Have `status` and `vitals` tell of this session inside the block."""
        self._session = session
        try:
            yield session
        finally:
            self._reconnects += session.reconnects
            self._session = None

    def _new_session(self, connection: Client, js: JetStreamContext, stragglers: Stragglers) -> Session:
        return Session(
            connection,
            js,
            self.config,
            queues=self.queues,
            concurrency=self.concurrency,
            burst=self.burst,
            stop=self._stop,
            stragglers=stragglers,
        )

    async def _work(
        self, connection: Client, js: JetStreamContext, session: Session, threads: Threads, stragglers: Stragglers
    ) -> None:
        heartbeat = Heartbeat(connection, self.config, self.status)
        pipeline = await pipeline_of(connection)
        settler = Settler(connection, js, pipeline, self.config, self.worker_id, self._events, patient=True)
        executor = self._executor(connection, threads, stragglers)
        waker = Waker(connection, self.config, Records(js, self.config).final_state)
        store = LimitStore(connection, js, pipeline, self.config)
        limiter = Limiter(store, self._limits, self.config, self.worker_id, session.wake_pullers)
        await limiter.prepare()
        handler = self._handler(js, settler, executor, session.gate, waker, session.requests, limiter)
        allowed = Allowed(self.config.worker.allowed).describe()
        logger.info("%s works on %s; it runs %s", self.worker_id, ", ".join(self.queues), allowed)
        try:
            await session.run(pipeline, handler, settler, heartbeat, limiter)
        finally:
            waker.close()
            await finish(limiter.close())
            self.counts.returned += session.returned
            await finish(executor.close())
            await heartbeat.end()

    def _executor(self, connection: Client, threads: Threads, stragglers: Stragglers) -> Executor:
        return Executor(self.config, threads, stragglers, largest_payload(connection), self._hooks.around_job)

    def _handler(
        self,
        js: JetStreamContext,
        settler: Settler,
        executor: Executor,
        gate: Gate,
        waker: Waker | None = None,
        requests: CancelRequests | None = None,
        limiter: Limiter | None = None,
    ) -> Handler:
        return Handler(
            js,
            self.config,
            settler,
            executor,
            self.counts,
            self.worker_id,
            self._events,
            gate,
            waker,
            self._observers,
            requests,
            limiter,
        )

    async def _alone(self, work: Callable[[Handler], Awaitable[Outcome | None]]) -> Outcome | None:
        """Call `work` with a handler outside of `run`, with a separate lease; returns its result."""
        threads = Threads(f"naq-{self.worker_id}-alone")
        try:
            async with nats_jetstream(self.config) as (connection, js):
                await ensure_buckets(js, self.config)
                pipeline = await pipeline_of(connection)
                settler = Settler(connection, js, pipeline, self.config, self.worker_id, self._events)
                executor = self._executor(connection, threads, Stragglers(threads))
                try:
                    return await work(self._handler(js, settler, executor, Gate()))
                finally:
                    await finish(executor.close())
        finally:
            threads.close()

    async def _call_on_stop(self) -> None:
        try:
            await _call(self._hooks.on_stop, self)
        # The worker has done its work, so an error of the hook is only logged.
        except Exception:
            logger.exception("%s: the hook on_stop failed", self.worker_id)
        if self._worked:
            logger.info("%s has stopped: %s", self.worker_id, self.counts)


async def _call(hook: Hook | None, worker: Worker) -> None:
    if hook is not None:
        result = hook(worker)
        if inspect.isawaitable(result):
            await result


def _delivery(msg: Msg) -> Delivery:
    # The queue is the third part of the subject, which another priority than "normal" follows.
    return Delivery.of(msg, msg.subject.split(".")[2], asyncio.get_running_loop().time())
