"""The pullers of a worker's queues, and how many messages each of them may request."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from naq.config import Config
from naq.queue.streams import names
from naq.worker.intake import HOLD, Intake
from naq.worker.limiter import Limiter
from naq.worker.priority_pull import PriorityPuller
from naq.worker.priority_watch import PriorityPulling
from naq.worker.pull import Puller


class Pulling:
    """Pulls the messages of queues over one connection, and calls `deliver` with each and its queue.

    `repair` makes what the server has lost.
    """

    def __init__(
        self,
        connection: Client,
        js: JetStreamContext,
        config: Config,
        queues: tuple[str, ...],
        intake: Intake,
        deliver: Callable[[Msg, str], None],
        repair: Callable[[], Awaitable[Any]],
    ) -> None:
        self._connection = connection
        self._names = names(config)
        self._queues = queues
        self._intake = intake
        self._deliver = deliver
        self._repair = repair
        self.priorities = PriorityPulling(connection, js, config, queues, self._room_now, deliver)
        self._limiter: Limiter | None = None
        self._standing: list[Puller] = []
        self._ahead: list[Puller] = []
        # Both, as they are woken after each job.
        self._plain: list[Puller] = []

    @property
    def begun(self) -> bool:
        """Whether there are pullers."""
        return bool(self._plain)

    @property
    def pullers(self) -> list[Puller | PriorityPuller]:
        """All pullers; each must be stopped."""
        return [*self._plain, *self.priorities.pullers]

    def begin(self, limiter: Limiter) -> None:
        """Make the pullers, two for each queue."""
        self._limiter = limiter
        self._standing = [self._puller(queue) for queue in self._queues]
        self._ahead = [self._puller_ahead(queue) for queue in self._queues]
        self._plain = [*self._standing, *self._ahead]

    def loops(self) -> list[Coroutine[Any, Any, None]]:
        """Return the work of the pullers, to be run in tasks."""
        queues = (*self._queues, *self._queues)
        return [
            *(self.priorities.until_begun(queue, puller) for queue, puller in zip(queues, self._plain, strict=True)),
            *(puller.run() for puller in self.priorities.pullers),
        ]

    def wake(self) -> None:
        """Have all pullers check whether there is room for more messages."""
        for puller in self._plain:
            puller.wake()
        self.priorities.wake()

    def wake_ahead(self) -> None:
        """Have the pullers of messages that will wait for a slot check whether there is room."""
        for puller in self._ahead:
            puller.wake()

    def _puller(self, queue: str) -> Puller:
        """Return a puller of messages that can start at once."""
        return Puller(
            self._connection,
            self._names.jobs,
            self._names.consumer(queue),
            room=lambda: self._room(queue),
            deliver=lambda msg: self._deliver(msg, queue),
            repair=self._repair,
        )

    def _puller_ahead(self, queue: str) -> Puller:
        """Return a puller of messages that will start soon; its requests are short, as another worker may be free."""
        return Puller(
            self._connection,
            self._names.jobs,
            self._names.consumer(queue),
            room=lambda: self._room_ahead(queue),
            deliver=lambda msg: self._deliver(msg, queue),
            # The other puller makes the consumer.
            repair=_nothing,
            expires=HOLD,
        )

    def _room_ahead(self, queue: str) -> int:
        if queue in self.priorities.active:
            return 0
        requested = sum([puller.requested for puller in self._standing])
        return self._within_limit(queue, self._intake.room_ahead(queue, requested))

    def _room(self, queue: str) -> int:
        return 0 if queue in self.priorities.active else self._within_limit(queue, self._intake.room(queue))

    def _room_now(self, queue: str) -> int:
        return self._within_limit(queue, self._intake.room_now(queue))

    def _within_limit(self, queue: str, room: int) -> int:
        return room if self._limiter is None else self._limiter.room(queue, room)


async def _nothing() -> None:
    return None
