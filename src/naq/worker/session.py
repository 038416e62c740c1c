"""A worker's work over one connection: pull, hand out to slots, keep alive, and come to an end in order.

No loop here ends silently: one that ends before it is told to ends the session with its error. What happens to a
single job is in `naq.worker.handling`, when a worker starts and stops in `naq.worker.core`.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from naq.config import Config
from naq.queue.pipeline import Pipeline
from naq.queue.streams import (
    ensure_advisory_consumer,
    ensure_buckets,
    ensure_consumer,
    ensure_failed,
    ensure_jobs,
    names,
)
from naq.shielded import cancel_until_ended
from naq.worker.advisories import AdvisoryHandler
from naq.worker.delivery import Delivery
from naq.worker.gate import Gate
from naq.worker.handling import Handler
from naq.worker.heartbeat import Heartbeat
from naq.worker.pull import Puller
from naq.worker.settler import Settler

logger = logging.getLogger(__name__)

# Between two looks at whether a queue that is to be run empty is empty.
BURST_LOOK = 0.05
# Between two looks at whether what runs has finished.
FINISH_LOOK = 0.01
# For cancelled jobs to end, and for what they leave to be given back.
LAST_GRACE = 3.0


class LoopEnded(RuntimeError):
    """A loop of the worker ended although nobody had told it to."""


class Stop:
    """Whether and how a worker is to stop: a flag beside cancellation, which nats-py may swallow."""

    def __init__(self) -> None:
        self.requested = asyncio.Event()
        self.at_once = asyncio.Event()

    def request(self) -> None:
        """The first time: finish what runs. The second time: stop at once."""
        if self.requested.is_set():
            self.at_once.set()
        self.requested.set()


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
    ) -> None:
        self._connection = connection
        self._js = js
        self._config = config
        self._names = names(config)
        self._queues = queues
        self._concurrency = concurrency
        self._burst = burst
        self._stop = stop
        self._loop = asyncio.get_running_loop()
        self._in_hand: dict[tuple[int, str], Delivery] = {}
        self._ready: asyncio.Queue[Delivery] = asyncio.Queue()
        self._busy = 0
        self._pullers: list[Puller] = []
        self._ending = False
        self._hurry = False
        self.gate = Gate()
        # How many messages were given back at the end.
        self.returned = 0

    @property
    def running(self) -> int:
        """How many jobs run now."""
        return sum(delivery.started for delivery in self._in_hand.values())

    async def prepare(self) -> None:
        """Make the streams, buckets and consumers: at the start, and when the server has lost one of them."""
        await ensure_jobs(self._connection, self._js, self._config)
        await ensure_failed(self._js, self._config)
        await ensure_buckets(self._js, self._config)
        for queue in self._queues:
            await ensure_consumer(self._js, self._config, queue)
        await ensure_advisory_consumer(self._js, self._config)

    async def run(self, pipeline: Pipeline, handler: Handler, settler: Settler, heartbeat: Heartbeat) -> None:
        """Work until told to stop; then finish or give back what is in hand. Raises what ended a loop too early."""
        self._pullers = [self._puller(queue) for queue in self._queues]
        advisories = AdvisoryHandler(self._connection, self._js, pipeline, self._config)
        advisory_puller = self._advisory_puller(advisories)
        pulling = [self._task(puller.run(), "pull") for puller in [*self._pullers, advisory_puller]]
        slots = [self._task(self._slot(handler), "slot") for _ in range(self._concurrency)]
        others = [
            self._task(self._keep_alive(), "keep alive"),
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
            self._ending = True
            pullers = [*self._pullers, advisory_puller]
            await self._to_the_end(self._wind_down(pulling, pullers, [*slots, *others], settler))

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

    async def _to_the_end(self, work: Coroutine[Any, Any, None]) -> None:
        """Whoever cancels meanwhile gets it done faster, not left undone."""
        task = asyncio.ensure_future(work)
        cancelled: asyncio.CancelledError | None = None
        while not task.done():
            try:
                await asyncio.wait((task,))
            except asyncio.CancelledError as error:
                self._hurry = True
                cancelled = error
        if cancelled is not None:
            task.exception()
            raise cancelled
        task.result()

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
        return Puller(
            self._connection,
            self._names.jobs,
            self._names.consumer(queue),
            room=self._room,
            deliver=lambda msg: self._take(msg, queue),
            repair=self.prepare,
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

    def _room(self) -> int:
        """How many more messages fit, shared out between the queues."""
        if self._ending:
            return 0
        room = self._concurrency + self._config.worker.prefetch - len(self._in_hand)
        # A queue without jobs must not keep the others from asking, so each may ask for all that is free.
        return max(0, room)

    def _take(self, msg: Msg, queue: str) -> None:
        now = self._loop.time()
        delivery = Delivery.of(msg, queue, now)
        known = self._in_hand.get(delivery.mark)
        if known is not None:
            known.renew(msg, now)
            return
        self._in_hand[delivery.mark] = delivery
        self._ready.put_nowait(delivery)

    async def _slot(self, handler: Handler) -> None:
        """Handles one delivery after the other."""
        while not self._ending:
            delivery = await self._ready.get()
            if self._ending:
                self._ready.put_nowait(delivery)
                return
            await self._handle(handler, delivery)

    async def _handle(self, handler: Handler, delivery: Delivery) -> None:
        self._busy += 1
        try:
            await handler.handle(delivery)
        # Whatever is wrong with one message, or with our handling of it: the worker goes on.
        except Exception:
            logger.exception("message %d of queue %s is left, and comes again", delivery.seq, delivery.queue)
            delivery.settled = True
        finally:
            self._busy -= 1
            if delivery.settled:
                self._in_hand.pop(delivery.mark, None)
                for puller in self._pullers:
                    puller.wake()

    async def _keep_alive(self) -> None:
        """Tell the server of everything in hand that it is still being worked on."""
        interval = self._config.worker.ack_wait / 3
        while True:
            await asyncio.sleep(interval / 2)
            due = self._loop.time() - interval / 2
            for delivery in [one for one in self._in_hand.values() if one.touched <= due and not one.settled]:
                delivery.touch(self._loop.time(), self._config.worker.ack_wait)
                if delivery.doubtful:
                    continue
                try:
                    await self._connection.publish(delivery.msg.reply, b"+WPI")
                except nats.errors.ConnectionClosedError:
                    raise
                except (nats.errors.Error, OSError) as error:
                    logger.debug("no sign of life for message %d: %r", delivery.seq, error)

    async def _watch_for_empty(self) -> None:
        """In burst mode, ask to stop once no job of the queues waits or is being worked on anywhere."""
        while True:
            await asyncio.sleep(BURST_LOOK)
            try:
                if not self._in_hand and await self._all_empty() and not self._in_hand:
                    self._stop.requested.set()
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
        while not self._ready.empty():
            delivery = self._ready.get_nowait()
            self._in_hand.pop(delivery.mark, None)
            self.returned += 1
            await settler.give_back(delivery)

    async def _let_finish(self) -> None:
        """Wait for what runs, at most `shutdown_timeout` seconds, and not when told to stop at once."""
        limit = self._config.worker.shutdown_timeout
        deadline = self._loop.time() + limit
        while self._busy and not (self._stop.at_once.is_set() or self._hurry):
            if self._loop.time() > deadline:
                logger.warning("%d jobs still run after %g s; they are given back", self._busy, limit)
                return
            await asyncio.sleep(FINISH_LOOK)

    async def _give_back_rest(self, settler: Settler) -> None:
        for delivery in list(self._in_hand.values()):
            if not delivery.settled:
                self.returned += 1
                await settler.give_back(delivery)
        self._in_hand.clear()
