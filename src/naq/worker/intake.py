"""The messages that a worker holds: how many more it requests, which is next, and which have waited for too long.

More messages than free slots are taken only if they will start soon, as estimated from how long slots are in use: a
message that waits here could be run by another worker. Talks to no server; used from one event loop.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from naq.worker.delivery import Delivery
from naq.worker.exclusive_gate import Gate

# Seconds that a message may wait for a slot before it is given back.
HOLD: Final = 0.25
# Seconds without a message after which a queue counts as idle: it requests one message, other queues share the rest.
IDLE: Final = 2.0
# The weight of the last job in the mean of the time for which a slot is in use.
WEIGHT: Final = 0.3
# Seconds after a stall in which an arriving message may have been sent to the worker during the stall.
DISTRUST: Final = 1.0


class Intake:
    """Counts and orders the messages of one worker.

    `stragglers` returns how many slots are used by functions that still run after their timeout; call `recount` when
    that number may have changed. `ack_wait` is the time after which the server gives a message to another worker.
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
        # The first jobs are assumed to be short: one request takes all of them, and those that wait are given back.
        self._held = 0.0
        self._known = False
        self._heard = dict.fromkeys(queues, float("-inf"))
        self._seen_alive = self._loop.time()
        self._distrust_until = float("-inf")
        self._closed = False
        # How many jobs may run at the same time, and how many more would start soon: kept here, as they are needed for
        # each message.
        self._slots = 0
        self._ahead = 0
        self.recount()

    def __repr__(self) -> str:
        return f"<{len(self.in_hand)} in hand, {self.busy} slots of {self._concurrency} busy>"

    @property
    def running(self) -> int:
        """The number of running jobs."""
        return sum(delivery.started for delivery in self.in_hand.values())

    @property
    def full(self) -> bool:
        """Whether there are exactly as many messages as slots, so that a further message would wait."""
        return len(self.in_hand) == self._slots

    def recount(self) -> None:
        """Update the number of usable slots, which excludes those of stragglers."""
        self._slots = max(0, self._concurrency - self._stragglers())
        self._set_held(self._held)

    def _set_held(self, held: float) -> None:
        """Set the mean time in seconds for which a slot is in use."""
        self._held = held
        self._ahead = min(self._prefetch, int(self._slots * HOLD / max(held, 1e-6)))

    def room(self, queue: str) -> int:
        """Return how many more messages of a queue could start at once."""
        if self._closed or self._gate.closed:
            return 0
        ahead = 0 if self._known else self._prefetch
        return self._share(queue, self._slots + ahead - len(self.in_hand))

    def room_now(self, queue: str) -> int:
        """Return how many more messages of a queue could start now, even while the length of jobs is not known."""
        if self._closed or self._gate.closed:
            return 0
        return self._share(queue, self._slots - len(self.in_hand))

    def room_ahead(self, queue: str, requested: int) -> int:
        """Return how many more messages of a queue may wait for a slot, when `requested` are under way already."""
        spare = self._slots - len(self.in_hand)
        if spare > 0 or not self._known or self._closed or self._gate.closed:
            return 0
        return self._share(queue, spare + self._ahead - requested)

    def _share(self, queue: str, total: int) -> int:
        """Return a queue's share of `total`: an idle queue gets one message, the other queues share the rest."""
        if total <= 0:
            return 0
        if len(self._heard) == 1:
            return total
        now = self._loop.time()
        active = sum(now - heard < IDLE for heard in self._heard.values())
        if now - self._heard[queue] >= IDLE:
            return 1
        return max(1, (total - (len(self._heard) - active)) // active)

    def take(self, delivery: Delivery, *, ahead: bool = True) -> bool:
        """Take a message; returns False when there are enough, so that the caller must give it back.

        Without `ahead`, a message is taken only if a slot is free for it.
        """
        now = self._loop.time()
        self._heard[delivery.queue] = now
        if len(self.in_hand) >= self._slots + (self._prefetch if ahead else 0):
            return False
        if now < self._distrust_until or now - self._seen_alive > self.ack_wait / 2:
            delivery.doubtful = True
        self.in_hand[delivery.mark] = delivery
        self._ready.append(delivery)
        self.waiting.set()
        self.wake()
        return True

    def tick(self) -> None:
        """Note that the event loop runs. Called at least three times per `ack_wait`: a longer pause is a stall."""
        now = self._loop.time()
        if now - self._seen_alive > self.ack_wait / 2:
            self._distrust_until = now + DISTRUST
        self._seen_alive = now

    async def next(self) -> Delivery:
        """Return the next message as soon as a slot is free. The slot is in use until `ended` is called."""
        while True:
            while self._ready and self.busy < self._slots and not self._gate.closed:
                delivery = self._ready.popleft()
                if self._loop.time() - delivery.touched > self.ack_wait:
                    # Its ack wait is over: the server has given the message to another worker, or will do so.
                    self._let_go(delivery)
                    continue
                self.busy += 1
                return delivery
            sleeper = self._loop.create_future()
            self._sleepers.append(sleeper)
            try:
                await sleeper
            except asyncio.CancelledError:
                # Another slot must take the message for which this one was woken.
                self.wake()
                raise

    def ended(self, delivery: Delivery, seconds: float) -> None:
        """Note that a slot is free again, which was in use for so many seconds."""
        self.busy -= 1
        self._known = True
        self._set_held(self._held + WEIGHT * (seconds - self._held))
        if delivery.settled:
            self._let_go(delivery)
        self.wake()

    def wake(self) -> None:
        """Wake as many waiting slots as can start a message now."""
        for _ in range(min(len(self._ready), self._slots - self.busy)):
            while self._sleepers:
                sleeper = self._sleepers.popleft()
                if not sleeper.done():
                    sleeper.set_result(None)
                    break

    def overdue(self) -> list[Delivery]:
        """Remove and return the messages that have waited for a slot for too long; the caller must give them back."""
        found: list[Delivery] = []
        latest = self._loop.time() - HOLD
        while self._ready and self._ready[0].arrived <= latest:
            found.append(self._remove_next())
        if found:
            # No more messages than free slots are taken until jobs are short again.
            self._set_held(max(self._held, 2 * HOLD * self._concurrency))
            self._known = True
        if not self._ready:
            self.waiting.clear()
        return found

    def close(self) -> list[Delivery]:
        """Take no more messages; remove and return those that were not started."""
        self._closed = True
        return [self._remove_next() for _ in range(len(self._ready))]

    def _remove_next(self) -> Delivery:
        delivery = self._ready.popleft()
        self._let_go(delivery)
        return delivery

    def _let_go(self, delivery: Delivery) -> None:
        """Hold a delivery no more. A later delivery of its message, which came before this one had ended, is kept."""
        if self.in_hand.get(delivery.mark) is delivery:
            del self.in_hand[delivery.mark]
