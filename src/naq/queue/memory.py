"""What this process has done with jobs recently, for later calls; bounded, and lost when the process ends.

It remembers messages that were taken off a queue here, calls of `enqueue` that ended without an answer of the server,
the message ids of jobs that were stored again, the latest known message of each queue, and which jobs were enqueued.
Nothing here talks to a server.
"""

import time
from array import array
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from naq.config import Config
from naq.names import names_for
from naq.option_values import Priority

REMEMBERED: Final = 10_000

Key = TypeVar("Key")
Value = TypeVar("Value")


class Place(NamedTuple):
    """The jobs of one queue and priority on a server, within which sequence numbers and message ids are unique."""

    servers: tuple[str, ...]
    stream: str
    subject: str

    def of_normal(self, priority: Priority) -> "Place":
        """Return the place of the "normal" jobs of this queue, when this is the place of its jobs with `priority`."""
        return self._replace(subject=self.subject.removesuffix(f".{priority}"))


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message that was sent and not confirmed. `floor` is a sequence number that the stream had reached before."""

    message_id: str
    floor: int
    since: float


class Bounded(OrderedDict[Key, Value]):
    """A mapping that drops its oldest entry when `put` adds one beyond the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def put(self, key: Key, value: Value) -> None:
        """Add or replace an entry."""
        self[key] = value
        if len(self) > self._limit:
            self.popitem(last=False)

    def drop(self, key: Key) -> None:
        """Remove the entry if there is one."""
        self.pop(key, None)


class Marks:
    """A set of the values that were added last, which stores the hash of each in 8 bytes.

    Two values have the same 64-bit hash about once in 10^15 checks: use it only where a wrong answer does little harm.
    """

    __slots__ = ("_hashes", "_limit", "_oldest")

    def __init__(self, limit: int) -> None:
        self._hashes = array("q")
        self._limit = limit
        self._oldest = 0

    def __contains__(self, value: Hashable) -> bool:
        return hash(value) in self._hashes

    def add(self, value: Hashable) -> None:
        """Remember a value; beyond the limit, the oldest is forgotten."""
        if len(self._hashes) < self._limit:
            self._hashes.append(hash(value))
        else:
            self._hashes[self._oldest] = hash(value)
            self._oldest = (self._oldest + 1) % self._limit


class Memory:
    """The memory of one process, shared by all its `Queue` objects, which hold no state."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._taken: Bounded[tuple[Place, str, int], None] = Bounded(limit)
        self._doubts: Bounded[tuple[Place, str], Doubt] = Bounded(limit)
        # Message ids, each with the time of its first use.
        self._later_ids: Bounded[tuple[Place, str], tuple[str, float]] = Bounded(limit)
        self._latest: Bounded[Place, int] = Bounded(limit)
        # Queues that had no jobs but "normal" ones, each with the time at which this was found.
        self._without_priorities: Bounded[Place, float] = Bounded(limit)
        # One mark for each enqueued job: small, and not tracked by the garbage collector.
        self._enqueued = Marks(limit)

    def take(self, place: Place, job_id: str, seq: int) -> None:
        """Remember a message that this process has taken: it has left its queue, or will soon."""
        self._taken.put((place, job_id, seq), None)
        self.note_reached(place, max(seq, self.latest(place)))

    def give_back(self, place: Place, job_id: str, seq: int) -> None:
        """Forget a message that was taken and is on its queue again."""
        self._taken.drop((place, job_id, seq))

    def taken(self, place: Place, job_id: str, seq: int) -> bool:
        """Return whether this process has taken a message."""
        return (place, job_id, seq) in self._taken

    def note_reached(self, place: Place, seq: int) -> None:
        """Remember a sequence number of the stream (0: unknown). Numbers start at 1 again in a new stream."""
        if seq:
            self._latest.put(place, seq)

    def latest(self, place: Place) -> int:
        """Return a sequence number that the stream has reached, 0 if unknown."""
        return self._latest.get(place) or 0

    def doubt(self, place: Place, job_id: str, doubt: Doubt) -> None:
        """Remember an enqueue that ended without an answer of the server."""
        self._doubts.put((place, job_id), doubt)

    def follow(self, place: Place, job_id: str, message_id: str) -> None:
        """Remember the next message id of a job that is stored again."""
        self._later_ids.put((place, job_id), (message_id, time.monotonic()))

    def later_id(self, place: Place, job_id: str, window: float) -> str | None:
        """Return the next message id of a job if it was set less than `window` seconds ago, else None."""
        found = self._later_ids.get((place, job_id)) if self._later_ids else None
        return found[0] if found is not None and time.monotonic() - found[1] < window else None

    def settle(self, place: Place, job_id: str) -> None:
        """Remember that the server has stored a job."""
        if self._doubts:
            self._doubts.drop((place, job_id))
        self._enqueued.add((place.stream, job_id))

    def note_without_priorities(self, place: Place) -> None:
        """Remember that a queue, named by the place of its "normal" jobs, has only these at present."""
        self._without_priorities.put(place, time.monotonic())

    def note_priority(self, place: Place) -> None:
        """Forget that a queue had only "normal" jobs."""
        if self._without_priorities:
            self._without_priorities.drop(place)

    def without_priorities(self, place: Place, window: float) -> bool:
        """Return whether a queue was found to have only "normal" jobs less than `window` seconds ago."""
        return time.monotonic() - self._without_priorities.get(place, float("-inf")) < window

    def enqueued(self, place: Place, job_id: str) -> bool:
        """Return whether this process has recently enqueued a job with this id, on any queue of the stream."""
        return (place.stream, job_id) in self._enqueued

    def doubted(self, place: Place, job_id: str, window: float) -> Doubt | None:
        """Return the enqueue of this job that ended without an answer less than `window` seconds ago, else None."""
        doubt = self._doubts.get((place, job_id)) if self._doubts else None
        return doubt if doubt is not None and time.monotonic() - doubt.since < window else None


# One for the process, as many programs make a `Queue` object for each call.
MEMORY: Final = Memory()


def place_of(config: Config, queue: str, priority: Priority | None = None) -> Place:
    """Return the place of a queue's jobs with a priority under this configuration."""
    where = names_for(config.queue.prefix)
    return Place(config.nats.servers, where.jobs, where.queue(queue, priority))
