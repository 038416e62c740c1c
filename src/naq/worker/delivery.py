"""A message that a worker holds: its identity, its number of deliveries, and whether it is settled."""

import asyncio
import time
from dataclasses import dataclass, field

from nats.aio.msg import Msg

from naq.cancellation import Cut
from naq.job import Job
from naq.records import MessageState
from naq.worker.settlement import NOTHING_BEFORE, Tally

# First part of the reply subjects of consumers. The server lets no client publish a message with such a reply subject.
ACK_PREFIX = "$JS.ACK."
# Number of parts of a reply subject with domain and account; without them it has 9.
_LONG_FORM = 11


@dataclass(slots=True, eq=False)
class Delivery:
    """One message and, once it is decoded, its job.

    If the same message is delivered again while the worker holds it, `msg` becomes the newer delivery: the message is
    settled through that, and the job does not run twice.
    """

    msg: Msg = field(repr=False)
    queue: str
    seq: int
    deliveries: int
    # The loop's time when it arrived, and when the worker last reported progress to the server.
    arrived: float
    touched: float
    # When the stream stored it, in nanoseconds since 1970, as the server writes them.
    stored: str
    # A unique key of the message: sequence numbers start at 1 again in a stream that was deleted and created.
    mark: tuple[int, str] = field(init=False, repr=False)
    job: Job | None = None
    tally: Tally = NOTHING_BEFORE
    suspect: bool = False
    started: bool = False
    settled: bool = False
    # Cuts its run off, from the moment before the run is recorded.
    cut: Cut | None = None
    # Whether the server got no progress report for so long that it may have given the message to another worker.
    doubtful: bool = False
    # The revisions of the job's state and result that this delivery may replace, 0 if there is no record: any other
    # revision on the server was written by another worker. `others`: see `JobState`.
    state_revision: int = 0
    result_revision: int = 0
    others: tuple[MessageState, ...] = ()
    # Whether this delivery has written the present state, as far as it knows.
    recorded: bool = False
    # The answer to the write of the state "running" of a first delivery, or of a progress, which the run does not wait
    # for.
    start_write: asyncio.Future[Msg] | asyncio.Task[None] | None = None
    # Who waits for that answer.
    start_waiters: list[asyncio.Future[None]] | None = None

    def __post_init__(self) -> None:
        self.mark = (self.seq, self.stored)

    @classmethod
    def of(cls, msg: Msg, queue: str, now: float) -> "Delivery":
        """Return the delivery in a message from a queue's consumer; `now` is the loop's time.

        Raises ValueError for a message that did not come from a consumer.
        """
        if not msg.reply.startswith(ACK_PREFIX):
            raise ValueError(f"not a message of a consumer: its reply subject is {msg.reply!r}")
        deliveries, seq, _, stored = _tokens(msg.reply)
        return cls(msg, queue, int(seq), int(deliveries), now, now, stored)

    @property
    def attempt(self) -> int:
        """The number of this delivery of the message, starting at 1."""
        return self.deliveries

    @property
    def waited(self) -> float:
        """Seconds since the server put the message on its queue."""
        return time.time() - int(self.stored) / 1e9

    @property
    def named(self) -> str:
        """The words for it in the log: its job, or its message if that is not decoded."""
        return f"job {self.job.id}" if self.job else f"message {self.seq} of queue {self.queue}"

    def renew(self, msg: Msg, now: float) -> None:
        """Replace the message by a newer delivery of it to this worker."""
        self.msg = msg
        self.deliveries = delivery_numbers(msg.reply)[0]
        self.touched = now
        self.doubtful = False

    def touch(self, now: float, ack_wait: float) -> None:
        """Note a progress report to the server, which may be too late: `doubtful` is then true."""
        self.doubtful = self.doubtful or now - self.touched > ack_wait
        self.touched = now


def delivery_numbers(reply: str) -> tuple[int, int]:
    """Return how often a message was delivered, and its sequence number in the stream, from its reply subject.

    nats-py's `metadata` takes ten times as long, because it also makes a date. Raises ValueError or IndexError for
    another subject.
    """
    tokens = _tokens(reply)
    return int(tokens[0]), int(tokens[1])


def _tokens(reply: str) -> list[str]:
    """Return deliveries, sequence in the stream, sequence in the consumer, and time of storage (ns since 1970)."""
    parts = reply.split(".")
    first = 6 if len(parts) >= _LONG_FORM else 4
    return parts[first : first + 4]
