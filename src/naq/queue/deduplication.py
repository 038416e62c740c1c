"""Storing a job on its queue once, and finding out what it means when the server calls it a duplicate.

A message id is made of queue and job, so that whoever repeats a call, in any process, has the job stored once. Within
its duplicate window the server passes over a message whose id it has had, also when the message of that id has left
the queue since. So a duplicate is looked at: a job that still waits is stored; one that has left the queue is stored
again under the next id, which is made of the number of the message that has left.
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
from naq.job import Job, same_job
from naq.queue.memory import MEMORY, Doubt, Place
from naq.queue.publishing import MSG_ID, Patience, publish_job, publish_once, until_answered
from naq.queue.results import forget_outcome, outcome_of
from naq.records import State


def first_id(job: Job) -> str:
    """The message id under which a job is stored on its queue for the first time."""
    # A dot occurs in neither part.
    return f"{job.queue}.{job.id}"


def id_after(job: Job, seq: int) -> str:
    """The message id under which a job is stored again, when its message of this number has left the queue."""
    return f"{first_id(job)}.{seq}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job that is to be stored, encoded, on its queue."""

    job: Job
    payload: bytes = field(repr=False)
    place: Place


class Try(NamedTuple):
    """A message id to publish under. `unheard` says that a message of this id may have been stored without an answer.

    `floor` is a number that the stream had reached before that message was sent.
    """

    message_id: str
    floor: int
    unheard: bool = False


def first_try(config: Config, wanted: Wanted) -> Try:
    """How to begin: where an earlier call of this process for the same job had no answer, with its message id."""
    doubt = MEMORY.doubted(wanted.place, wanted.job.id, config.queue.duplicate_window)
    if doubt is not None:
        return Try(doubt.message_id, doubt.floor, True)
    later = MEMORY.later_id(wanted.place, wanted.job.id, config.queue.duplicate_window)
    return Try(later or first_id(wanted.job), MEMORY.latest(wanted.place))


def note_doubt(wanted: Wanted, present: Try) -> None:
    """A call ends without the server's word: the next one for the same job begins with the same message id."""
    doubt = Doubt(present.message_id, present.floor, time.monotonic())
    MEMORY.doubt(wanted.place, wanted.job.id, doubt)


def note_stored(wanted: Wanted, seq: int) -> None:
    """The server has stored the job, or has it."""
    MEMORY.saw(wanted.place, seq)
    MEMORY.settle(wanted.place, wanted.job.id)


def note_taken(place: Place, job_id: str, seq: int) -> None:
    """A message is in this process's hands: who enqueues its job again here wants it stored again."""
    MEMORY.take(place, job_id, seq)


def note_given_back(place: Place, job_id: str, seq: int) -> None:
    """A message that was in this process's hands is on its queue again."""
    MEMORY.give_back(place, job_id, seq)


async def store_job(config: Config, wanted: Wanted, *, fresh: bool, headers: dict[str, str] | None = None) -> None:
    """Have the server store a job on its queue, and return when it has confirmed that; `fresh` jobs are new for sure.

    Raises `AlreadyDone`, `EnqueueFailed`, `PayloadTooLarge`, and what leasing a connection raises.
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
            # The server answers: the next id has the time of a call.
            present, answer, patience = following, None, Patience(config)
            sent[MSG_ID] = present.message_id
    except ConnectFailed:
        # The first try did not reach a server: nothing was sent.
        raise
    except (EnqueueFailed, nats.errors.Error, OSError, asyncio.CancelledError) as error:
        if not (isinstance(error, EnqueueFailed) and error.refused):
            note_doubt(wanted, _as_sent(present, patience))
        raise
    note_stored(wanted, answer.seq)


def _as_sent(present: Try, patience: Patience) -> Try:
    return Try(present.message_id, max(present.floor, patience.floor), patience.unheard)


async def after_duplicate(config: Config, wanted: Wanted, present: Try, seq: int, patience: Patience) -> Try | None:
    """What to do when the server has had a message of this id, number `seq`: None when the job is stored.

    Otherwise what to publish next. Raises `AlreadyDone` and, for another job of the same id, `EnqueueFailed`.
    """
    job = wanted.job

    async def look(connection: Client) -> tuple[bytes | None, State | None]:
        async with jetstream_context(connection) as js:
            return await _payload_of(js, wanted.place, seq), await outcome_of(js, config, job.id, seq)

    stored, ended = await until_answered(config, job.id, patience, look)
    if stored is not None and ended is None and not MEMORY.took(wanted.place, job.id, seq):
        if not same_job(stored, wanted.payload):
            raise EnqueueFailed(
                f"job {job.id} is not stored: another job with this id is on queue {job.queue}; "
                "each job needs a unique id",
                job.id,
                refused=True,
            )
        return None
    if present.unheard and seq > present.floor:
        # The message is ours: it was stored, and its job has been worked off meanwhile.
        return None
    if ended == "done":
        raise AlreadyDone(
            f"job {job.id} is not stored: it was enqueued in the last {config.queue.duplicate_window:g} s and is done; "
            "make another job to have it run again",
            job.id,
            refused=True,
        )
    if ended == "failed":

        async def forget(connection: Client) -> None:
            await forget_outcome(connection, config, job.id, queue=job.queue, function=job.function)

        await until_answered(config, job.id, patience, forget)
    following = id_after(job, seq)
    MEMORY.follow(wanted.place, job.id, following)
    return Try(following, max(seq, MEMORY.latest(wanted.place)))


async def _payload_of(js: JetStreamContext, place: Place, seq: int) -> bytes | None:
    """What a message of the jobs stream holds, None when it has left; the stream's leader is asked, not a copy."""
    try:
        return (await js.get_msg(place.stream, seq)).data or b""
    except NotFoundError:
        return None
