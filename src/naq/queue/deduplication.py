"""Storing a job on its queue once, and handling the server's answer that a job is a duplicate.

The message id is made of queue and job, so that a call that is repeated, in any process, stores the job once. Within
the duplicate window, the server ignores a message whose id was used before, also when the earlier message has left the
queue. So a duplicate is checked: if the earlier message still waits, the job is stored; if it has left the queue, the
job is stored again under the next id, which contains the sequence number of the earlier message.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import NamedTuple

import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.connection import jetstream_context
from naq.errors import AlreadyDone, ConnectFailed, EnqueueFailed
from naq.job import Job
from naq.job_wire import same_job
from naq.queue.memory import MEMORY, Doubt, Place
from naq.queue.pipeline import Refusal
from naq.queue.publishing import MSG_ID, Patience, publish_job, publish_once, refused, until_answered
from naq.queue.results import forget_outcome, outcome_of
from naq.records import State


def first_id(job: Job) -> str:
    """Return the message id under which a job is stored on its queue for the first time."""
    # Neither part can contain a dot.
    return f"{job.queue}.{job.id}"


def id_after(job: Job, seq: int) -> str:
    """Return the message id under which a job is stored again after its message `seq` has left the queue."""
    return f"{first_id(job)}.{seq}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job to be stored on its queue, with its encoded form."""

    job: Job
    payload: bytes = field(repr=False)
    place: Place


class Try(NamedTuple):
    """A message id to publish under. `unheard`: an earlier message with this id had no answer and may be stored.

    `floor` is a sequence number that the stream had reached before that message was sent.
    """

    message_id: str
    floor: int
    unheard: bool = False


def first_try(config: Config, wanted: Wanted) -> Try:
    """Return the first try. If an earlier call of this process for this job had no answer, its message id is reused."""
    doubt = MEMORY.doubted(wanted.place, wanted.job.id, config.queue.duplicate_window)
    if doubt is not None:
        return Try(doubt.message_id, doubt.floor, True)
    later = MEMORY.later_id(wanted.place, wanted.job.id, config.queue.duplicate_window)
    return Try(later or first_id(wanted.job), MEMORY.latest(wanted.place))


def note_doubt(wanted: Wanted, present: Try) -> None:
    """Remember that a call ended without an answer: the next call for this job starts with the same message id."""
    doubt = Doubt(present.message_id, present.floor, time.monotonic())
    MEMORY.doubt(wanted.place, wanted.job.id, doubt)


def note_stored(wanted: Wanted, seq: int) -> None:
    """Remember that the server has stored the job, now or earlier."""
    MEMORY.note_reached(wanted.place, seq)
    MEMORY.settle(wanted.place, wanted.job.id)
    if wanted.job.options.priority is not None:
        MEMORY.note_priority(wanted.place.of_normal(wanted.job.options.priority))


def note_taken(place: Place, job_id: str, seq: int) -> None:
    """Remember that this process has taken a message: a later call here that enqueues its job stores it again."""
    MEMORY.take(place, job_id, seq)


def note_given_back(place: Place, job_id: str, seq: int) -> None:
    """Remember that a message that this process had taken is on its queue again."""
    MEMORY.give_back(place, job_id, seq)


async def store_job(config: Config, wanted: Wanted, *, fresh: bool, headers: dict[str, str] | None = None) -> int:
    """Store a job on its queue, and return the sequence number of its message when the server has confirmed it.

    A `fresh` job was never enqueued before.

    Raises `AlreadyDone`, `EnqueueFailed`, `PayloadTooLarge` and `ConnectFailed`.
    """
    place, job_id, payload = wanted.place, wanted.job.id, wanted.payload
    present = Try(first_id(wanted.job), 0) if fresh else first_try(config, wanted)
    patience = Patience(config)
    patience.unheard = present.unheard
    sent = {**headers, MSG_ID: present.message_id} if headers else {MSG_ID: present.message_id}
    try:
        answer = await publish_once(config, place, job_id, payload, sent, patience)
        while answer is None or (answer.duplicate and not fresh):
            if answer is None:
                answer = await publish_job(config, job_id, place.subject, payload, sent, patience)
                continue
            following = await after_duplicate(config, wanted, _as_sent(present, patience), answer.seq, patience)
            if following is None:
                break
            # The server answers, so the try with the next id gets the full time of a call.
            present, answer, patience = following, None, Patience(config)
            sent[MSG_ID] = present.message_id
    except ConnectFailed:
        # The first try has not reached a server, so nothing was sent.
        raise
    except (EnqueueFailed, nats.errors.Error, OSError, asyncio.CancelledError) as error:
        if not (isinstance(error, EnqueueFailed) and error.refused):
            note_doubt(wanted, _as_sent(present, patience))
        raise
    note_stored(wanted, answer.seq)
    return answer.seq


def _as_sent(present: Try, patience: Patience) -> Try:
    return Try(present.message_id, max(present.floor, patience.floor), patience.unheard)


async def after_duplicate(config: Config, wanted: Wanted, present: Try, seq: int, patience: Patience) -> Try | None:
    """Check a job that the server calls a duplicate of message `seq`; returns None when the job is stored.

    Otherwise returns the next try. Raises `AlreadyDone`, and `EnqueueFailed` for a different job with the same id.
    """
    job = wanted.job

    async def look(connection: Client) -> tuple[bytes | None, State | None]:
        async with jetstream_context(connection) as js:
            return await _payload_of(js, wanted.place, seq), await outcome_of(js, config, job.id, seq)

    stored, ended = await until_answered(config, job.id, patience, look)
    if stored is not None and ended is None and not MEMORY.taken(wanted.place, job.id, seq):
        if not same_job(stored, wanted.payload):
            raise EnqueueFailed(
                f"job {job.id} is not stored: another job with this id is on queue {job.queue}; "
                "each job needs a unique id",
                job.id,
                refused=True,
            )
        return None
    if present.unheard and seq > present.floor:
        # The message is the one of the unanswered try: it was stored, and its job has ended since.
        return None
    if ended == "done":
        raise AlreadyDone(
            f"job {job.id} is not stored: it was enqueued in the last {config.queue.duplicate_window:g} s and is done; "
            "make another job to have it run again",
            job.id,
            refused=True,
        )
    if ended in ("failed", "cancelled"):

        async def forget(connection: Client) -> Refusal | None:
            return await forget_outcome(connection, config, job.id, queue=job.queue, function=job.function)

        refusal = await until_answered(config, job.id, patience, forget)
        if refusal is not None:
            raise refused(job.id, refusal)
    following = id_after(job, seq)
    MEMORY.follow(wanted.place, job.id, following)
    return Try(following, max(seq, MEMORY.latest(wanted.place)))


async def _payload_of(js: JetStreamContext, place: Place, seq: int) -> bytes | None:
    """Return the payload of a message of the jobs stream, None when it has left. Reads from the stream's leader."""
    try:
        return (await js.get_msg(place.stream, seq)).data or b""
    except NotFoundError:
        return None
