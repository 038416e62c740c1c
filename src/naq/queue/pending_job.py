"""A job of a batch that is being published, and its verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

import nats.errors
from nats.aio.client import Client

from naq.errors import AlreadyDone, EnqueueFailed
from naq.job import Job, note_seq
from naq.queue.deduplication import Try, Wanted, note_doubt, note_stored
from naq.queue.limits import size_of
from naq.queue.pipeline import Refusal
from naq.queue.publishing import MSG_ID, check_size, not_stored, refused

# The error of a job for which no answer has come.
SILENCE = nats.errors.TimeoutError()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one job of a batch is stored; `error` tells why it is not.

    `duplicate` is true when the job is on its queue already, and when it is not stored because it is done already.
    """

    job: Job
    stored: bool
    duplicate: bool = False
    error: EnqueueFailed | None = None


@dataclass(slots=True)
class PendingJob:
    """One job of a batch, and how it is published next."""

    wanted: Wanted
    present: Try
    verdict: Verdict | None = None
    # Headers besides the message id.
    extra: dict[str, str] | None = None
    # The sequence number of the message of which the server reports this one as a duplicate.
    duplicate_of: int | None = None
    last_error: Exception = SILENCE

    @property
    def job(self) -> Job:
        return self.wanted.job

    @property
    def subject(self) -> str:
        return self.wanted.place.subject

    @property
    def payload(self) -> bytes:
        return self.wanted.payload

    @property
    def headers(self) -> dict[str, str]:
        own = {MSG_ID: self.present.message_id}
        return {**self.extra, **own} if self.extra else own

    @property
    def size(self) -> int:
        """The size of the message, as `naq.queue.limits` counts it."""
        return size_of(self.payload, self.headers) if self.extra else len(self.payload)

    def sending(self, reached: int) -> None:
        """Note that a try follows, and that the stream has reached this sequence number."""
        if reached > self.present.floor and not self.present.unheard:
            self.present = self.present._replace(floor=reached)

    def settle(self, seq: int, duplicate: bool) -> None:
        note_stored(self.wanted, seq)
        note_seq(self.job, seq)
        self.verdict = Verdict(self.job, True, duplicate)

    def give_up(self, error: Exception) -> None:
        """Set the verdict after an error that makes further tries useless."""
        self.fail(not_stored(self.job.id, error, certain=not self.present.unheard))

    def refuse(self, refusal: Refusal) -> None:
        self.fail(refused(self.job.id, refusal, certain=not self.present.unheard))

    def fail(self, error: EnqueueFailed) -> None:
        if not error.refused:
            note_doubt(self.wanted, self.present)
        self.verdict = Verdict(self.job, False, isinstance(error, AlreadyDone), error)

    def unheard(self, error: Exception) -> None:
        """Note that the last try had no answer, so that its message may be stored."""
        self.present = self.present._replace(unheard=True)
        self.last_error = error


def check_sizes(connection: Client, pending: Sequence[PendingJob]) -> None:
    for one in pending:
        check_size(connection, one.payload, one.job.id)
