"""What a worker has in its hands: how many messages may come, which is next, and which have waited for too long.

Messages are taken ahead of those that run only as far as they will be started at once, judged by how long slots are
held: one that waits here could be run by another worker. Talks to no server; used from one event loop.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from naq.worker.delivery import Delivery
from naq.worker.exclusive_gate import Gate

# Seconds that a message may wait for a slot, before it is given back.
HOLD: Final = 0.25
# Seconds without a message after which a queue counts as idle: it keeps one request, the others share the rest.
IDLE: Final = 2.0
# The weight of the last job in the mean time for which a slot is held.
WEIGHT: Final = 0.3
# After a stall, what arrives for so many seconds may have been under way while the worker stood still.
DISTRUST: Final = 1.0


class Intake:
    """Counts and orders the messages of one worker.

    `stragglers` says how many slots are held by code that goes on although its time is over, `recount` that this may
    have changed; `ack_wait` is the time after which the server gives a message to another worker.
    """

    def __init__(
        self,
        queues: tuple[str, ...],
        concurrency: int,
        prefetch: int,
        *,
        stragglers: Callable[[], int],
        gate: Gate,
        ack_wait: float,
    ) -> None:
        self.in_hand: dict[tuple[int, str], Delivery] = {}
        self.busy = 0
        self.ack_wait = ack_wait
        self.waiting = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._concurrency = concurrency
        self._prefetch = prefetch
        self._stragglers = stragglers
        self._gate = gate
        self._ready: deque[Delivery] = deque()
        self._sleepers: deque[asyncio.Future[None]] = deque()
        # Nothing is known of the first jobs: they are taken for short ones, all with one request, and given back if
        # they are not.
        self._held = 0.0
        self._known = False
        self._heard = dict.fromkeys(queues, float("-inf"))
        self._seen_alive = self._loop.time()
        self._distrust_until = float("-inf")
        self._closed = False
        # How many jobs may run at once, and how many more would be started in time: looked at for each message.
        self._slots = 0
        self._ahead = 0
        self.recount()

    def __repr__(self) -> str:
        return f"<{len(self.in_hand)} in hand, {self.busy} slots of {self._concurrency} busy>"

    @property
    def running(self) -> int:
        """How many jobs run now."""
        return sum(delivery.started for delivery in self.in_hand.values())

    @property
    def full(self) -> bool:
        """Whether just as much is in hand as there are slots: from now on, more would wait."""
        return len(self.in_hand) == self._slots

    def recount(self) -> None:
        """The number of stragglers may have changed: the slots that they hold are not to be had."""
        self._slots = max(0, self._concurrency - self._stragglers())
        self._judge(self._held)

    def _judge(self, held: float) -> None:
        """A slot is held for so many seconds now."""
        self._held = held
        self._ahead = min(self._prefetch, int(self._slots * HOLD / max(held, 1e-6)))

    def room(self, queue: str) -> int:
        """How many more messages of a queue could be started at once."""
        if self._closed or self._gate.closed:
            return 0
        ahead = 0 if self._known else self._prefetch
        return self._share(queue, self._slots + ahead - len(self.in_hand))

    def room_ahead(self, queue: str, asked: int) -> int:
        """How many more messages of a queue may wait for a slot, when `asked` are under way already."""
        spare = self._slots - len(self.in_hand)
        if spare > 0 or not self._known or self._closed or self._gate.closed:
            return 0
        return self._share(queue, spare + self._ahead - asked)

    def _share(self, queue: str, total: int) -> int:
        """The part of a queue: a queue without jobs must keep neither the others waiting, nor more than it needs."""
        if total <= 0:
            return 0
        if len(self._heard) == 1:
            return total
        now = self._loop.time()
        active = sum(now - heard < IDLE for heard in self._heard.values())
        if now - self._heard[queue] >= IDLE:
            return 1
        return max(1, (total - (len(self._heard) - active)) // active)

    def take(self, delivery: Delivery) -> bool:
        """Take a message in hand; False when there are enough, so that it is to be given back."""
        now = self._loop.time()
        self._heard[delivery.queue] = now
        if len(self.in_hand) >= self._slots + self._prefetch:
            return False
        if now < self._distrust_until or now - self._seen_alive > self.ack_wait / 2:
            delivery.doubtful = True
        self.in_hand[delivery.mark] = delivery
        self._ready.append(delivery)
        self.waiting.set()
        self.wake()
        return True

    def tick(self) -> None:
        """The loop is alive; told at least three times in `ack_wait`. A longer pause was a stall."""
        now = self._loop.time()
        if now - self._seen_alive > self.ack_wait / 2:
            self._distrust_until = now + DISTRUST
        self._seen_alive = now

    async def next(self) -> Delivery:
        """The next message to be handled, as soon as a slot is free. Its slot is held until `ended`."""
        while True:
            while self._ready and self.busy < self._slots and not self._gate.closed:
                delivery = self._ready.popleft()
                if self._loop.time() - delivery.touched > self.ack_wait:
                    # The server has given it to another worker, or will: it comes again by itself.
                    self.in_hand.pop(delivery.mark, None)
                    continue
                self.busy += 1
                return delivery
            sleeper = self._loop.create_future()
            self._sleepers.append(sleeper)
            try:
                await sleeper
            except asyncio.CancelledError:
                # The message that it was woken for is for another slot.
                self.wake()
                raise

    def ended(self, delivery: Delivery, seconds: float) -> None:
        """A slot is free again, which was held for so many seconds."""
        self.busy -= 1
        self._known = True
        self._judge(self._held + WEIGHT * (seconds - self._held))
        if delivery.settled:
            self.in_hand.pop(delivery.mark, None)
        self.wake()

    def wake(self) -> None:
        """Something has changed: let as many slots look as can begin."""
        for _ in range(min(len(self._ready), self._slots - self.busy)):
            while self._sleepers:
                sleeper = self._sleepers.popleft()
                if not sleeper.done():
                    sleeper.set_result(None)
                    break

    def overdue(self) -> list[Delivery]:
        """The messages that have waited for a slot for too long, no longer in hand: they are to be given back."""
        found: list[Delivery] = []
        latest = self._loop.time() - HOLD
        while self._ready and self._ready[0].arrived <= latest:
            found.append(self._let_go())
        if found:
            # Nothing is taken ahead until jobs have proved to be short again.
            self._judge(max(self._held, 2 * HOLD * self._concurrency))
            self._known = True
        if not self._ready:
            self.waiting.clear()
        return found

    def close(self) -> list[Delivery]:
        """Take no more; returns the messages that were not started, no longer in hand."""
        self._closed = True
        return [self._let_go() for _ in range(len(self._ready))]

    def _let_go(self) -> Delivery:
        delivery = self._ready.popleft()
        self.in_hand.pop(delivery.mark, None)
        return delivery
