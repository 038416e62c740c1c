"""One limit as a worker keeps it: its places and starts, and the messages that wait for it. Talks to no server."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from naq.limits import Limit
from naq.option_values import PRIORITIES, Priority
from naq.worker.places import Place, Places
from naq.worker.rates import Starts

# Seconds before the end of its delay in which a message is not given back again, see `naq.worker.waking`.
MARGIN: Final = 0.5
# How many messages of one limit a worker remembers. The others are delivered when their delay is over.
MOST_WAITING: Final = 10_000


@dataclass(slots=True)
class Waiting:
    """The messages of one limit that this worker has given back, by priority: reply subject, end of the delay."""

    by_priority: dict[Priority, deque[tuple[str, float]]] = field(
        default_factory=lambda: {level: deque() for level in PRIORITIES}
    )

    def add(self, reply: str, until: float, priority: Priority) -> None:
        """Remember a message until the end of its delay, if there is room."""
        if sum(map(len, self.by_priority.values())) < MOST_WAITING:
            self.by_priority[priority].append((reply, until))

    def drop_overdue(self, now: float) -> None:
        """Forget the messages that the server delivers by itself, or will soon."""
        for waiting in self.by_priority.values():
            while waiting and waiting[0][1] <= now + MARGIN:
                waiting.popleft()

    def next(self, now: float) -> str | None:
        """Remove and return the first message of the highest priority, None when there is none."""
        for waiting in self.by_priority.values():
            while waiting:
                reply, until = waiting.popleft()
                if until > now + MARGIN:
                    return reply
        return None

    def __len__(self) -> int:
        return sum(map(len, self.by_priority.values()))


@dataclass(slots=True, eq=False)
class KeptLimit:
    """One limit as this worker keeps it. Until `full_until` it is known to be full, as far as nothing is heard."""

    key: str
    limit: Limit
    places: Places | None
    starts: Starts | None
    waiting: Waiting = field(default_factory=Waiting)
    full_until: float = float("-inf")
    heard: float = float("-inf")
    subscribed: bool = False

    def hear(self, now: float) -> None:
        """Note that a place may be free."""
        self.heard = now
        self.full_until = float("-inf")


Taken: TypeAlias = tuple[KeptLimit, Place]
