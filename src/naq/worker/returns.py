"""Messages that a worker gives back: those that it has no slot for, and at its end those that it has not settled."""

import asyncio

from naq.worker.delivery import Delivery
from naq.worker.intake import HOLD, Intake
from naq.worker.settler import Settler


class Returns:
    """Gives messages of one worker back to their queues."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        # Messages that have arrived beyond the limit.
        self._surplus: list[Delivery] = []
        # The number of messages that were given back at the end.
        self.at_the_end = 0

    def add(self, delivery: Delivery) -> None:
        """Have a message given back soon that the intake has not taken."""
        self._surplus.append(delivery)
        self._intake.waiting.set()

    async def run(self, settler: Settler) -> None:
        """Give back messages that have waited too long for a slot: another worker may have a free slot."""
        while True:
            await self._intake.waiting.wait()
            await asyncio.sleep(HOLD / 4)
            overdue, self._surplus = [*self._surplus, *self._intake.overdue()], []
            for delivery in overdue:
                await settler.give_back(delivery)

    async def give_back_unstarted(self, settler: Settler, unstarted: list[Delivery]) -> None:
        """Give back at the end what has not begun."""
        for delivery in [*unstarted, *self._surplus]:
            self.at_the_end += 1
            await settler.give_back(delivery)

    async def give_back_rest(self, settler: Settler) -> None:
        """Give back at the end what has begun and is not settled."""
        for delivery in list(self._intake.in_hand.values()):
            if not delivery.settled:
                self.at_the_end += 1
                await settler.give_back(delivery)
        self._intake.in_hand.clear()
