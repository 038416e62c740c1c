"""The session of a worker over one connection: pulling, distributing jobs to slots, keeping them alive, stopping.

If a loop ends before the session is stopped, the session ends with the loop's error. `naq.worker.handling` handles a
single job, `naq.worker.core` starts and stops a worker.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from naq.cancellation import cancel_until_ended, finish
from naq.config import Config
from naq.queue.pipeline import Pipeline
from naq.queue.streams import ensure_advisory_consumer, ensure_buckets, ensure_consumer, ensure_failed, ensure_jobs
from naq.worker.advisories import AdvisoryHandler
from naq.worker.burst import stop_when_empty
from naq.worker.cancel_requests import CancelRequests
from naq.worker.delivery import Delivery
from naq.worker.exclusive_gate import Gate
from naq.worker.handling import Handler
from naq.worker.heartbeat import Heartbeat
from naq.worker.intake import Intake
from naq.worker.keep_alive import KeepAlive
from naq.worker.limiter import Limiter
from naq.worker.priority_pull import PriorityPuller
from naq.worker.pull import Puller
from naq.worker.pulling import Pulling
from naq.worker.returns import Returns
from naq.worker.settler import Settler
from naq.worker.stopping import Stop
from naq.worker.stragglers import Stragglers

logger = logging.getLogger(__name__)

# Seconds between two checks of whether running jobs have finished.
FINISH_LOOK = 0.01
# Seconds for the server to confirm that it has processed the last acknowledgements.
CONFIRMING = 1.0
# Seconds for cancelled tasks to end.
LAST_GRACE = 3.0


class LoopEnded(RuntimeError):
    """A loop of the worker ended before it was stopped."""


class Session:
    """The work of a worker over one connection."""

    def __init__(
        self,
        connection: Client,
        js: JetStreamContext,
        config: Config,
        *,
        queues: tuple[str, ...],
        concurrency: int,
        burst: bool,
        stop: Stop,
        stragglers: Stragglers,
    ) -> None:
        self._connection = connection
        self._js = js
        self._config = config
        self._queues = queues
        self._concurrency = concurrency
        self._stragglers = stragglers
        self._burst = burst
        self._stop = stop
        self._loop = asyncio.get_running_loop()
        self.gate = Gate()
        self._intake = Intake(
            queues,
            concurrency,
            config.worker.prefetch,
            stragglers=stragglers.count,
            gate=self.gate,
            ack_wait=config.worker.ack_wait,
        )
        self.requests = CancelRequests(connection, js, config, self._intake.in_hand.values)
        self._pulling = Pulling(connection, js, config, queues, self._intake, self._take, self.prepare)
        self._returns = Returns(self._intake)
        self._hurry = False
        self._reconnects_before = connection.stats["reconnects"]

    @property
    def running(self) -> int:
        """The number of running jobs."""
        return self._intake.running

    @property
    def connected(self) -> bool:
        """Whether the server can be reached."""
        return self._connection.is_connected

    @property
    def pulling(self) -> bool:
        """Whether the session takes jobs: it is prepared, and was not told to stop."""
        return self._pulling.begun and not self._stop.requested.is_set()

    @property
    def reconnects(self) -> int:
        """How often the connection was replaced since the session was made."""
        return int(self._connection.stats["reconnects"]) - self._reconnects_before

    @property
    def returned(self) -> int:
        """The number of messages that were given back at the end."""
        return self._returns.at_the_end

    async def prepare(self) -> None:
        """Make the streams, buckets and consumers, at the start and when the server has lost one of them.

        Raises nats-py's errors and `PermissionDenied`.
        """
        await ensure_jobs(self._connection, self._js, self._config)
        await ensure_failed(self._js, self._config)
        await ensure_buckets(self._js, self._config)
        waits = [await ensure_consumer(self._js, self._config, queue) for queue in self._queues]
        self._intake.ack_wait = min(waits)
        await ensure_advisory_consumer(self._js, self._config)
        await self._pulling.priorities.look()

    async def run(
        self, pipeline: Pipeline, handler: Handler, settler: Settler, heartbeat: Heartbeat, limiter: Limiter
    ) -> None:
        """Run jobs until stopped, then let them finish or give them back. Raises the error of a loop that has ended."""
        # Before the first job is pulled, as a job that was cancelled while no worker ran must not run.
        await self.requests.open()
        self._pulling.begin(limiter)
        self._stragglers.watch(self._changed)
        self._intake.recount()
        priorities = self._pulling.priorities
        advisories = AdvisoryHandler(self._connection, self._js, pipeline, self._config, settler.scarcity)
        advisory_puller = advisories.puller(self.prepare)
        keeping = KeepAlive(self._connection, self._js, self._config, self._intake, priorities.consumers)
        pulling = [_task(loop, "pull") for loop in (*self._pulling.loops(), advisory_puller.run())]
        slots = [_task(self._slot(handler), "slot") for _ in range(self._concurrency)]
        others = [
            _task(keeping.run(), "keep alive"),
            _task(self._returns.run(settler), "return overdue"),
            _task(keeping.watch_ack_wait(), "watch ack wait"),
            _task(priorities.watch(), "watch for priorities"),
            _task(heartbeat.run(), "heartbeat"),
            _task(self.requests.run(), "cancel requests"),
            _task(advisories.run(), "advisories"),
            _task(limiter.run(), "limits"),
        ]
        if self._burst:
            empty = stop_when_empty(self._stop, self._intake, self._js, self._config, self._queues, priorities)
            others.append(_task(empty, "burst"))
        try:
            await _until_stopped(self._stop, [*pulling, *slots, *others])
        except BaseException:
            self._hurry = True
            raise
        finally:
            unstarted = self._intake.close()
            pullers = [*self._pulling.pullers, advisory_puller]
            ending = self._wind_down(pulling, pullers, [*slots, *others], settler, unstarted)
            await finish(ending, self._hurry_up)

    async def _wind_down(
        self,
        pulling: list["asyncio.Task[None]"],
        pullers: Sequence[Puller | PriorityPuller],
        others: list["asyncio.Task[None]"],
        settler: Settler,
        unstarted: list[Delivery],
    ) -> None:
        """End the session in order. Pulling ends first, or the server would deliver the given-back messages to us."""
        await cancel_until_ended(pulling, LAST_GRACE)
        await asyncio.gather(*(puller.stop() for puller in pullers))
        await self._returns.give_back_unstarted(settler, unstarted)
        await self._let_finish()
        await settler.confirm(CONFIRMING)
        await cancel_until_ended(others, LAST_GRACE)
        await self._returns.give_back_rest(settler)

    def _hurry_up(self) -> None:
        """Stop waiting for running jobs: the worker was cancelled while it winds down."""
        self._hurry = True

    def wake_pullers(self) -> None:
        """Have all pullers check whether there is room for more messages."""
        self._pulling.wake()

    def _take(self, msg: Msg, queue: str) -> None:
        now = self._loop.time()
        try:
            delivery = Delivery.of(msg, queue, now)
        except ValueError:
            logger.warning("a message that does not come from a stream is dropped: %s", msg.subject)
            return
        known = self._intake.in_hand.get(delivery.mark)
        if known is not None and not known.settled:
            known.renew(msg, now)
        elif not self._intake.take(delivery, ahead=queue not in self._pulling.priorities.active):
            self._returns.add(delivery)
        elif self._intake.full:
            self._pulling.wake_ahead()

    def _changed(self) -> None:
        """Wake slots and pullers: there may be a free slot, and room for more messages."""
        self._intake.recount()
        self._intake.wake()
        self.wake_pullers()

    async def _slot(self, handler: Handler) -> None:
        """Handle one delivery after the other."""
        while True:
            delivery = await self._intake.next()
            begun = self._loop.time()
            try:
                await handler.handle(delivery)
            # An unexpected error in handling one message must not end the worker.
            except Exception:
                logger.exception("message %d of queue %s will be delivered again", delivery.seq, delivery.queue)
                delivery.settled = True
            finally:
                self._intake.ended(delivery, self._loop.time() - begun)
                self.wake_pullers()

    async def _let_finish(self) -> None:
        """Wait for running jobs until `shutdown_timeout` seconds have passed or an immediate stop is requested."""
        limit = self._config.worker.shutdown_timeout
        while self._intake.busy and not (self._stop.at_once.is_set() or self._hurry):
            if self._loop.time() > self._stop.since + limit:
                logger.warning("%d jobs still run after %g s; they are given back", self._intake.busy, limit)
                return
            await asyncio.sleep(FINISH_LOOK)


def _task(work: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
    return asyncio.create_task(work, name=f"naq {name}")


async def _until_stopped(stop: Stop, loops: list["asyncio.Task[None]"]) -> None:
    requested = asyncio.create_task(stop.requested.wait())
    try:
        done, _ = await asyncio.wait([requested, *loops], return_when=asyncio.FIRST_COMPLETED)
    finally:
        requested.cancel()
    if stop.requested.is_set():
        return
    for ended in done - {requested}:
        error = None if ended.cancelled() else ended.exception()
        raise error or LoopEnded(f"the worker's loop {ended.get_name()!r} ended before it was stopped")
