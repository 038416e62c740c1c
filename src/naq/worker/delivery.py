"""A message in a worker's hands: which one it is, how often it came, and whether it is settled yet."""

import asyncio
import time
from dataclasses import dataclass, field

from nats.aio.msg import Msg

from naq.job import Job
from naq.records import MessageState
from naq.worker.settlement import NOTHING_BEFORE, Tally

# Parts of the subject to which a message is acknowledged, with and without domain and account.
_LONG_FORM = 11


@dataclass(slots=True, eq=False)
class Delivery:
    """One message and, once it is decoded, its job.

    When the same message is delivered again while it is in hand, `msg` becomes the newer one: it is then settled
    through that, and not run twice.
    """

    msg: Msg = field(repr=False)
    queue: str
    seq: int
    deliveries: int
    # When it arrived, and when the server last heard that it is worked on: in the loop's time.
    arrived: float
    touched: float
    # When the stream stored it: nanoseconds since 1970, as the server writes them.
    stored: str
    job: Job | None = None
    tally: Tally = NOTHING_BEFORE
    suspect: bool = False
    started: bool = False
    settled: bool = False
    # Out of touch with the server for so long that it may have given the message to another worker.
    doubtful: bool = False
    # The revisions of the job's state and result that this delivery may replace, 0 for none: another revision on the
    # server was written by another worker. `others`: see `JobState`.
    state_revision: int = 0
    result_revision: int = 0
    others: tuple[MessageState, ...] = ()
    # The server's answer to the state "running" of a first delivery, which is not waited for.
    begun: asyncio.Future[Msg] | asyncio.Future[None] | None = None

    @classmethod
    def of(cls, msg: Msg, queue: str, now: float) -> "Delivery":
        """The delivery in a message from a queue's consumer; `now` is the loop's time."""
        deliveries, seq, _, stored = _tokens(msg.reply)
        return cls(msg, queue, int(seq), int(deliveries), now, now, stored)

    @property
    def mark(self) -> tuple[int, str]:
        """A unique key of the message: sequences begin at 1 in a stream that is created again, times do not."""
        return self.seq, self.stored

    @property
    def attempt(self) -> int:
        """The number of this delivery of the message, from 1."""
        return self.deliveries

    @property
    def waited(self) -> float:
        """Seconds since the server put the message on its queue."""
        return time.time() - int(self.stored) / 1e9

    def renew(self, msg: Msg, now: float) -> None:
        """The same message came again: it is this worker that has it."""
        self.msg = msg
        self.deliveries = delivery_numbers(msg.reply)[0]
        self.touched = now
        self.doubtful = False

    def touch(self, now: float, ack_wait: float) -> None:
        """The server is about to hear that this is worked on; it may be too late for that."""
        self.doubtful = self.doubtful or now - self.touched > ack_wait
        self.touched = now


def delivery_numbers(reply: str) -> tuple[int, int]:
    """How often a message was delivered, and its sequence number in the stream, from its reply subject.

    nats-py's `metadata` says the same and takes ten times as long, because it makes a date too.
    """
    tokens = _tokens(reply)
    return int(tokens[0]), int(tokens[1])


def _tokens(reply: str) -> list[str]:
    """Deliveries, sequence in the stream, sequence in the consumer, and when the stream stored it (ns since 1970)."""
    parts = reply.split(".")
    first = 6 if len(parts) >= _LONG_FORM else 4
    return parts[first : first + 4]
