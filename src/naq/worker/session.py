"""A worker's work over one connection: pull, hand out to slots, keep alive, and come to an end in order.

No loop here ends silently: one that ends before it is told to ends the session with its error. What happens to a
single job is in `naq.worker.handling`, when a worker starts and stops in `naq.worker.core`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
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
from naq.worker.delivery import Delivery
from naq.worker.exclusive_gate import Gate
from naq.worker.handling import Handler
from naq.worker.heartbeat import Heartbeat
from naq.worker.intake import HOLD, Intake
from naq.worker.pull import Puller
from naq.worker.settler import Settler
from naq.worker.stopping import Stop
from naq.worker.stragglers import Stragglers

logger = logging.getLogger(__name__)

# Between two looks at whether a queue that is to be run empty is empty.
BURST_LOOK = 0.05
# Between two looks at the ack wait of the consumers.
ACK_WAIT_LOOK = 5.0
# Between two looks at whether what runs has finished.
FINISH_LOOK = 0.01
# For cancelled jobs to end, and for what they leave to be given back.
LAST_GRACE = 3.0


class LoopEnded(RuntimeError):
    """A loop of the worker ended without having been stopped."""


class Session:
    """One connection's worth of a worker."""

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
        self._new_pace = asyncio.Event()
        self._pullers: list[Puller] = []
        self._ahead: list[Puller] = []
        self._hurry = False
        # What came when there was enough, and what was not started when the end came: to be given back.
        self._surplus: list[Delivery] = []
        self._unstarted: list[Delivery] = []
        # How many messages were given back at the end.
        self.returned = 0

    @property
    def running(self) -> int:
        """How many jobs run now."""
        return self._intake.running

    async def prepare(self) -> None:
        """Make the streams, buckets and consumers: at the start, and when the server has lost one of them."""
        await ensure_jobs(self._connection, self._js, self._config)
        await ensure_failed(self._js, self._config)
        await ensure_buckets(self._js, self._config)
        waits = [await ensure_consumer(self._js, self._config, queue) for queue in self._queues]
        self._intake.ack_wait = min(waits)
        await ensure_advisory_consumer(self._js, self._config)

    async def run(self, pipeline: Pipeline, handler: Handler, settler: Settler, heartbeat: Heartbeat) -> None:
        """Work until told to stop; then finish or give back what is in hand. Raises what ended a loop too early."""
        standing = [self._puller(queue) for queue in self._queues]
        self._ahead = [self._puller_ahead(queue, standing) for queue in self._queues]
        self._pullers = [*standing, *self._ahead]
        self._stragglers.watch(self._changed)
        self._intake.recount()
        advisories = AdvisoryHandler(self._connection, self._js, pipeline, self._config)
        advisory_puller = self._advisory_puller(advisories)
        pulling = [self._task(puller.run(), "pull") for puller in [*self._pullers, advisory_puller]]
        slots = [self._task(self._slot(handler), "slot") for _ in range(self._concurrency)]
        others = [
            self._task(self._keep_alive(), "keep alive"),
            self._task(self._return_overdue(settler), "return overdue"),
            self._task(self._watch_ack_wait(), "watch ack wait"),
            self._task(heartbeat.run(), "heartbeat"),
            self._task(advisories.run(), "advisories"),
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
            pullers = [*self._pullers, advisory_puller]
            await finish(self._wind_down(pulling, pullers, [*slots, *others], settler), self._hurry_up)

    async def _wind_down(
        self,
        pulling: list["asyncio.Task[None]"],
        pullers: list[Puller],
        others: list["asyncio.Task[None]"],
        settler: Settler,
    ) -> None:
        """Ask for nothing more before anything is given back: it would come straight back to us."""
        await cancel_until_ended(pulling, LAST_GRACE)
        await asyncio.gather(*(puller.stop() for puller in pullers))
        await self._give_back_unstarted(settler)
        await self._let_finish()
        await cancel_until_ended(others, LAST_GRACE)
        await self._give_back_rest(settler)

    def _hurry_up(self) -> None:
        """A cancellation while the worker winds down makes it wait for no job any more."""
        self._hurry = True

    def _task(self, work: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
        return asyncio.create_task(work, name=f"naq {name}")

    async def _until_stopped(self, loops: list["asyncio.Task[None]"]) -> None:
        asked = asyncio.create_task(self._stop.requested.wait())
        try:
            done, _ = await asyncio.wait([asked, *loops], return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
        if self._stop.requested.is_set():
            return
        for ended in done - {asked}:
            error = None if ended.cancelled() else ended.exception()
            raise error or LoopEnded(f"the worker's loop {ended.get_name()!r} ended by itself")

    def _puller(self, queue: str) -> Puller:
        """Asks for what can be started at once."""
        return Puller(
            self._connection,
            self._names.jobs,
            self._names.consumer(queue),
            room=lambda: self._intake.room(queue),
            deliver=lambda msg: self._take(msg, queue),
            repair=self.prepare,
        )

    def _puller_ahead(self, queue: str, standing: list[Puller]) -> Puller:
        """Asks for what will be started soon; not for long, as another worker may be free sooner."""
        return Puller(
            self._connection,
            self._names.jobs,
            self._names.consumer(queue),
            room=lambda: self._intake.room_ahead(queue, sum([one.asked for one in standing])),
            deliver=lambda msg: self._take(msg, queue),
            # The other puller makes the consumer.
            repair=_nothing,
            expires=HOLD,
        )

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
        except (ValueError, IndexError):
            logger.warning("a message that no stream has sent is dropped: %s", msg.subject)
            return
        known = self._intake.in_hand.get(delivery.mark)
        if known is not None:
            known.renew(msg, now)
        elif not self._intake.take(delivery):
            self._surplus.append(delivery)
            self._intake.waiting.set()
        elif self._intake.full:
            for puller in self._ahead:
                puller.wake()

    def _changed(self) -> None:
        """There may be a free slot, and room for more."""
        self._intake.recount()
        self._intake.wake()
        self._wake_pullers()

    def _wake_pullers(self) -> None:
        for puller in self._pullers:
            puller.wake()

    async def _slot(self, handler: Handler) -> None:
        """Handles one delivery after the other."""
        while True:
            await self._handle(handler, await self._intake.next())

    async def _handle(self, handler: Handler, delivery: Delivery) -> None:
        begun = self._loop.time()
        try:
            await handler.handle(delivery)
        # Whatever is wrong with one message, or with our handling of it: the worker goes on.
        except Exception:
            logger.exception("message %d of queue %s is left, and comes again", delivery.seq, delivery.queue)
            delivery.settled = True
        finally:
            self._intake.ended(delivery, self._loop.time() - begun)
            self._wake_pullers()

    async def _return_overdue(self, settler: Settler) -> None:
        """Give back what has come and finds no slot: another worker may have one."""
        while True:
            await self._intake.waiting.wait()
            await asyncio.sleep(HOLD / 4)
            overdue, self._surplus = [*self._surplus, *self._intake.overdue()], []
            for delivery in overdue:
                await settler.give_back(delivery)

    async def _keep_alive(self) -> None:
        """Tell the server of everything in hand that it is still being worked on."""
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
                    logger.debug("no sign of life for message %d: %r", delivery.seq, error)

    async def _watch_ack_wait(self) -> None:
        """Keep the pace of the consumer: other workers may have given it another ack wait."""
        while True:
            await asyncio.sleep(ACK_WAIT_LOOK)
            try:
                waits = [await ack_wait_of(self._js, self._config, queue) for queue in self._queues]
            except nats.errors.ConnectionClosedError:
                raise
            except (nats.errors.Error, OSError) as error:
                logger.debug("the consumers cannot be looked at: %r", error)
            else:
                if self._intake.ack_wait != min(waits):
                    self._intake.ack_wait = min(waits)
                    self._new_pace.set()

    async def _watch_for_empty(self) -> None:
        """In burst mode, ask to stop once no job of the queues waits or is being worked on anywhere."""
        while True:
            await asyncio.sleep(BURST_LOOK)
            try:
                if not self._intake.in_hand and await self._all_empty() and not self._intake.in_hand:
                    self._stop.finish()
                    return
            except nats.errors.ConnectionClosedError:
                raise
            except (nats.errors.Error, OSError) as error:
                logger.info("cannot see whether the queues are empty: %r", error)

    async def _all_empty(self) -> bool:
        for queue in self._queues:
            info = await self._js.consumer_info(self._names.jobs, self._names.consumer(queue))
            if info.num_pending or info.num_ack_pending:
                return False
        return True

    async def _give_back_unstarted(self, settler: Settler) -> None:
        for delivery in [*self._unstarted, *self._surplus]:
            self.returned += 1
            await settler.give_back(delivery)

    async def _let_finish(self) -> None:
        """Wait for what runs, until `shutdown_timeout` seconds have passed or the stop is to be at once."""
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
