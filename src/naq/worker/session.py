"""The session of a worker over one connection: pulling, distributing jobs to slots, keeping them alive, stopping.

If a loop ends before the session is stopped, the session ends with the loop's error. `naq.worker.handling` handles a
single job, `naq.worker.core` starts and stops a worker.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Sequence
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from naq.cancellation import cancel_until_ended, finish
from naq.config import Config
from naq.queue.pipeline import Pipeline
from naq.queue.streams import (
    ack_wait_of,
    ensure_advisory_consumer,
    ensure_buckets,
    ensure_consumer,
    ensure_failed,
    ensure_jobs,
    names,
)
from naq.worker.advisories import AdvisoryHandler
from naq.worker.cancel_requests import CancelRequests
from naq.worker.delivery import Delivery
from naq.worker.exclusive_gate import Gate
from naq.worker.handling import Handler
from naq.worker.heartbeat import Heartbeat
from naq.worker.intake import HOLD, Intake
from naq.worker.limiter import Limiter
from naq.worker.priority_pull import PriorityPuller
from naq.worker.priority_watch import PriorityPulling
from naq.worker.pull import Puller
from naq.worker.settler import Settler
from naq.worker.stopping import Stop
from naq.worker.stragglers import Stragglers

logger = logging.getLogger(__name__)

# Seconds between two checks of whether the queues are empty, in burst mode.
BURST_LOOK = 0.05
# Seconds between two reads of the consumers' ack wait.
ACK_WAIT_LOOK = 5.0
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
        self._names = names(config)
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
        self._new_pace = asyncio.Event()
        self._pullers: list[Puller] = []
        self._ahead: list[Puller] = []
        self._priorities = PriorityPulling(connection, js, config, queues, self._room_now, self._take)
        self._limiter: Limiter | None = None
        self._hurry = False
        # Messages to give back: those that arrived beyond the limit, and those that were not started before the end.
        self._surplus: list[Delivery] = []
        self._unstarted: list[Delivery] = []
        # The number of messages that were given back at the end.
        self.returned = 0
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
        return bool(self._pullers) and not self._stop.requested.is_set()

    @property
    def reconnects(self) -> int:
        """How often the connection was replaced since the session was made."""
        return int(self._connection.stats["reconnects"]) - self._reconnects_before

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
        await self._priorities.look()

    async def run(
        self, pipeline: Pipeline, handler: Handler, settler: Settler, heartbeat: Heartbeat, limiter: Limiter
    ) -> None:
        """Run jobs until stopped, then let them finish or give them back. Raises the error of a loop that has ended."""
        # Before the first job is pulled, as a job that was cancelled while no worker ran must not run.
        await self.requests.open()
        self._limiter = limiter
        standing = [self._puller(queue) for queue in self._queues]
        self._ahead = [self._puller_ahead(queue, standing) for queue in self._queues]
        self._pullers = [*standing, *self._ahead]
        self._stragglers.watch(self._changed)
        self._intake.recount()
        advisories = AdvisoryHandler(self._connection, self._js, pipeline, self._config, settler.scarcity)
        advisory_puller = self._advisory_puller(advisories)
        every_puller: list[Puller | PriorityPuller] = [*self._pullers, *self._priorities.pullers, advisory_puller]
        plain = [*zip(self._queues, standing, strict=True), *zip(self._queues, self._ahead, strict=True)]
        pulling = [
            *(self._task(self._priorities.until_begun(queue, puller), "pull") for queue, puller in plain),
            *(self._task(puller.run(), "pull") for puller in self._priorities.pullers),
            self._task(advisory_puller.run(), "pull"),
        ]
        slots = [self._task(self._slot(handler), "slot") for _ in range(self._concurrency)]
        others = [
            self._task(self._keep_alive(), "keep alive"),
            self._task(self._return_overdue(settler), "return overdue"),
            self._task(self._watch_ack_wait(), "watch ack wait"),
            self._task(self._priorities.watch(), "watch for priorities"),
            self._task(heartbeat.run(), "heartbeat"),
            self._task(self.requests.run(), "cancel requests"),
            self._task(advisories.run(), "advisories"),
            self._task(limiter.run(), "limits"),
        ]
        if self._burst:
            others.append(self._task(self._watch_for_empty(), "burst"))
        try:
            await self._until_stopped([*pulling, *slots, *others])
        except BaseException:
            self._hurry = True
            raise
        finally:
            self._unstarted = self._intake.close()
            await finish(self._wind_down(pulling, every_puller, [*slots, *others], settler), self._hurry_up)

    async def _wind_down(
        self,
        pulling: list["asyncio.Task[None]"],
        pullers: Sequence[Puller | PriorityPuller],
        others: list["asyncio.Task[None]"],
        settler: Settler,
    ) -> None:
        """End the session in order. Pulling ends first, or the server would deliver the given-back messages to us."""
        await cancel_until_ended(pulling, LAST_GRACE)
        await asyncio.gather(*(puller.stop() for puller in pullers))
        await self._give_back_unstarted(settler)
        await self._let_finish()
        await settler.confirm(CONFIRMING)
        await cancel_until_ended(others, LAST_GRACE)
        await self._give_back_rest(settler)

    def _hurry_up(self) -> None:
        """Stop waiting for running jobs: the worker was cancelled while it winds down."""
        self._hurry = True

    def _task(self, work: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
        return asyncio.create_task(work, name=f"naq {name}")

    async def _until_stopped(self, loops: list["asyncio.Task[None]"]) -> None:
        requested = asyncio.create_task(self._stop.requested.wait())
        try:
            done, _ = await asyncio.wait([requested, *loops], return_when=asyncio.FIRST_COMPLETED)
        finally:
            requested.cancel()
        if self._stop.requested.is_set():
            return
        for ended in done - {requested}:
            error = None if ended.cancelled() else ended.exception()
            raise error or LoopEnded(f"the worker's loop {ended.get_name()!r} ended before it was stopped")

    def _puller(self, queue: str) -> Puller:
        """Return a puller of messages that can start at once."""
        return Puller(
            self._connection,
            self._names.jobs,
            self._names.consumer(queue),
            room=lambda: self._room(queue),
            deliver=lambda msg: self._take(msg, queue),
            repair=self.prepare,
        )

    def _puller_ahead(self, queue: str, standing: list[Puller]) -> Puller:
        """Return a puller of messages that will start soon; its requests are short, as another worker may be free."""
        return Puller(
            self._connection,
            self._names.jobs,
            self._names.consumer(queue),
            room=lambda: self._room_ahead(queue, standing),
            deliver=lambda msg: self._take(msg, queue),
            # The other puller makes the consumer.
            repair=_nothing,
            expires=HOLD,
        )

    def _room_ahead(self, queue: str, standing: list[Puller]) -> int:
        if queue in self._priorities.active:
            return 0
        return self._within_limit(queue, self._intake.room_ahead(queue, sum([puller.requested for puller in standing])))

    def _room(self, queue: str) -> int:
        return 0 if queue in self._priorities.active else self._within_limit(queue, self._intake.room(queue))

    def _room_now(self, queue: str) -> int:
        return self._within_limit(queue, self._intake.room_now(queue))

    def _within_limit(self, queue: str, room: int) -> int:
        return room if self._limiter is None else self._limiter.room(queue, room)

    def wake_pullers(self) -> None:
        """Have all pullers check whether there is room for more messages."""
        for puller in self._pullers:
            puller.wake()
        self._priorities.wake()

    def _advisory_puller(self, advisories: AdvisoryHandler) -> Puller:
        return Puller(
            self._connection,
            self._names.jobs,
            advisories.consumer,
            room=advisories.room,
            deliver=advisories.take,
            repair=self.prepare,
        )

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
        elif not self._intake.take(delivery, ahead=queue not in self._priorities.active):
            self._surplus.append(delivery)
            self._intake.waiting.set()
        elif self._intake.full:
            for puller in self._ahead:
                puller.wake()

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

    async def _return_overdue(self, settler: Settler) -> None:
        """Give back messages that have waited too long for a slot: another worker may have a free slot."""
        while True:
            await self._intake.waiting.wait()
            await asyncio.sleep(HOLD / 4)
            overdue, self._surplus = [*self._surplus, *self._intake.overdue()], []
            for delivery in overdue:
                await settler.give_back(delivery)

    async def _keep_alive(self) -> None:
        """Report progress to the server for all messages that the worker holds."""
        while True:
            ack_wait = self._intake.ack_wait
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ack_wait / 6):
                    await self._new_pace.wait()
            self._new_pace.clear()
            self._intake.tick()
            due = self._loop.time() - ack_wait / 6
            for delivery in [one for one in self._intake.in_hand.values() if one.touched <= due and not one.settled]:
                delivery.touch(self._loop.time(), ack_wait)
                if delivery.doubtful:
                    continue
                try:
                    await self._connection.publish(delivery.msg.reply, b"+WPI")
                except nats.errors.ConnectionClosedError:
                    raise
                except (nats.errors.Error, OSError) as error:
                    logger.debug("no progress report for message %d: %r", delivery.seq, error)

    async def _watch_ack_wait(self) -> None:
        """Follow the consumers' ack wait, which other workers may change."""
        while True:
            await asyncio.sleep(ACK_WAIT_LOOK)
            try:
                consumers = self._priorities.consumers()
                waits = [await ack_wait_of(self._js, self._config, *consumer) for consumer in consumers]
            except nats.errors.ConnectionClosedError:
                raise
            except (nats.errors.Error, OSError) as error:
                logger.debug("the consumers cannot be read: %r", error)
            else:
                if self._intake.ack_wait != min(waits):
                    self._intake.ack_wait = min(waits)
                    self._new_pace.set()

    async def _watch_for_empty(self) -> None:
        """Request a stop once no job of the queues waits or runs anywhere; used in burst mode."""
        while True:
            await asyncio.sleep(BURST_LOOK)
            try:
                if not self._intake.in_hand and await self._all_empty() and not self._intake.in_hand:
                    self._stop.finish()
                    return
            except nats.errors.ConnectionClosedError:
                raise
            except (nats.errors.Error, OSError) as error:
                logger.info("cannot check whether the queues are empty: %r", error)

    async def _all_empty(self) -> bool:
        for queue in self._queues:
            info = await self._js.consumer_info(self._names.jobs, self._names.consumer(queue))
            if info.num_pending or info.num_ack_pending:
                return False
        return await self._priorities.none_wait()

    async def _give_back_unstarted(self, settler: Settler) -> None:
        for delivery in [*self._unstarted, *self._surplus]:
            self.returned += 1
            await settler.give_back(delivery)

    async def _let_finish(self) -> None:
        """Wait for running jobs until `shutdown_timeout` seconds have passed or an immediate stop is requested."""
        limit = self._config.worker.shutdown_timeout
        while self._intake.busy and not (self._stop.at_once.is_set() or self._hurry):
            if self._loop.time() > self._stop.since + limit:
                logger.warning("%d jobs still run after %g s; they are given back", self._intake.busy, limit)
                return
            await asyncio.sleep(FINISH_LOOK)

    async def _give_back_rest(self, settler: Settler) -> None:
        for delivery in list(self._intake.in_hand.values()):
            if not delivery.settled:
                self.returned += 1
                await settler.give_back(delivery)
        self._intake.in_hand.clear()


async def _nothing() -> None:
    return None
