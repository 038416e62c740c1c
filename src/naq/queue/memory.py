"""What this process has done to jobs lately, so that a later call knows it: bounded, and lost with the process.

Remembered are messages that were taken off a queue here, calls of `enqueue` that ended without the server's word, the
message ids of jobs that were stored again, the latest message that a queue was seen to hold, and which jobs were
enqueued. Nothing here talks to a server.
"""

import time
from array import array
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from naq.config import Config
from naq.names import names_for

REMEMBERED: Final = 10_000

Key = TypeVar("Key")
Value = TypeVar("Value")


class Place(NamedTuple):
    """A queue on a server: what makes a sequence number and a message id unique."""

    servers: tuple[str, ...]
    stream: str
    subject: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message that was sent and not confirmed. `floor` is a number that the stream had reached before."""

    message_id: str
    floor: int
    since: float


class Bounded(OrderedDict[Key, Value]):
    """A mapping that forgets its oldest entries, where they are added with `put`."""

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
    """The last things that were added, each remembered by its hash, in 8 bytes.

    Two things have the same hash of 64 bits once in 10^15 looks: for what a wrong answer does little harm to.
    """

    __slots__ = ("_hashes", "_limit", "_oldest")

    def __init__(self, limit: int) -> None:
        self._hashes = array("q")
        self._limit = limit
        self._oldest = 0

    def __contains__(self, thing: Hashable) -> bool:
        return hash(thing) in self._hashes

    def add(self, thing: Hashable) -> None:
        """Remember a thing; the oldest is forgotten where there are too many."""
        if len(self._hashes) < self._limit:
            self._hashes.append(hash(thing))
        else:
            self._hashes[self._oldest] = hash(thing)
            self._oldest = (self._oldest + 1) % self._limit


class Memory:
    """What one process remembers; shared by all its queues, as those are made anywhere and hold nothing."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._taken: Bounded[tuple[Place, str, int], None] = Bounded(limit)
        self._doubts: Bounded[tuple[Place, str], Doubt] = Bounded(limit)
        # Message ids, and when they were used for the first time.
        self._later_ids: Bounded[tuple[Place, str], tuple[str, float]] = Bounded(limit)
        self._latest: Bounded[Place, int] = Bounded(limit)
        # Each job that is enqueued leaves a mark, so a mark is small, and nothing for the garbage collector to look at.
        self._enqueued = Marks(limit)

    def take(self, place: Place, job_id: str, seq: int) -> None:
        """A message is in this process's hands: it has left its queue, or leaves it soon."""
        self._taken.put((place, job_id, seq), None)
        self.saw(place, max(seq, self.latest(place)))

    def give_back(self, place: Place, job_id: str, seq: int) -> None:
        """A message that was taken is on its queue again."""
        self._taken.drop((place, job_id, seq))

    def took(self, place: Place, job_id: str, seq: int) -> bool:
        """Whether a message was taken by this process."""
        return (place, job_id, seq) in self._taken

    def saw(self, place: Place, seq: int) -> None:
        """The stream has reached this number (0: not known). It starts again when the stream is made again."""
        if seq:
            self._latest.put(place, seq)

    def latest(self, place: Place) -> int:
        """A number that the stream is known to have reached, 0 when nothing is known."""
        return self._latest.get(place) or 0

    def doubt(self, place: Place, job_id: str, doubt: Doubt) -> None:
        """An enqueue has ended without the server's word."""
        self._doubts.put((place, job_id), doubt)

    def follow(self, place: Place, job_id: str, message_id: str) -> None:
        """A job is stored again: its earlier message ids are used up, and this one is next."""
        self._later_ids.put((place, job_id), (message_id, time.monotonic()))

    def later_id(self, place: Place, job_id: str, window: float) -> str | None:
        """The message id that was next for the job less than `window` seconds ago."""
        found = self._later_ids.get((place, job_id)) if self._later_ids else None
        return found[0] if found is not None and time.monotonic() - found[1] < window else None

    def settle(self, place: Place, job_id: str) -> None:
        """The server has stored the job."""
        if self._doubts:
            self._doubts.drop((place, job_id))
        self._enqueued.add((place.stream, job_id))

    def enqueued(self, place: Place, job_id: str) -> bool:
        """Whether this process has enqueued a job of this id lately, on any queue of the stream."""
        return (place.stream, job_id) in self._enqueued

    def doubted(self, place: Place, job_id: str, window: float) -> Doubt | None:
        """The enqueue of this job that ended without the server's word less than `window` seconds ago."""
        doubt = self._doubts.get((place, job_id)) if self._doubts else None
        return doubt if doubt is not None and time.monotonic() - doubt.since < window else None


# Of the process, like the connections: a `Queue` object is made for each call in many programs.
MEMORY: Final = Memory()


def place_of(config: Config, queue: str) -> Place:
    """Where the jobs of a queue are, under this configuration."""
    where = names_for(config.queue.prefix)
    return Place(config.nats.servers, where.jobs, where.queue(queue))
