"""Finding a job that no worker has taken yet: its message on the queue is the only trace of it."""

from collections.abc import Mapping
from typing import Final

import nats.errors
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.connection import nats_jetstream
from naq.connection.headers import stored_headers
from naq.connection.subjects import subject_counts
from naq.errors import DeserializationError
from naq.names import check_job_id
from naq.queue.message import RUN_ID, job_in
from naq.queue.streams import names
from naq.records import JobState

# Messages cannot be found by their job's id, so they are read in the order of the stream, at most so many.
MOST_LOOKED_AT: Final = 5_000


async def find_waiting(config: Config, job_id: str) -> JobState | None:
    """Return the state of a job on any queue, with the time at which it was enqueued; None when it was not found."""
    return (await _search(config, check_job_id(job_id)))[0]


async def may_wait(config: Config, job_id: str) -> bool:
    """Return whether a job is on any queue, or may be among the messages that were not read."""
    found, complete = await _search(config, check_job_id(job_id))
    return found is not None or not complete


async def _search(config: Config, job_id: str) -> tuple[JobState | None, bool]:
    """Return the state of a job on any queue, None if not found, and whether the search was complete."""
    where = names(config)
    async with nats_jetstream(config) as (_, js):
        sequence = 1
        for _number in range(MOST_LOOKED_AT):
            raw = await _next(js, where.jobs, sequence, where.queues)
            if raw is None:
                return None, True
            sequence = (raw.seq or 0) + 1
            found = _state(raw, job_id, config)
            if found is not None:
                return found, True
    return None, False


async def find_schedule(config: Config, job_id: str) -> str | None:
    """Return the queue on which a job is scheduled under its id; None when there is none."""
    where = names(config)
    async with nats_jetstream(config) as (_, js):
        try:
            subjects = await subject_counts(js, where.jobs, where.schedule("*", check_job_id(job_id)))
        except NotFoundError:
            return None
    return next((subject.split(".")[-2] for subject in subjects), None)


async def _next(js: JetStreamContext, stream: str, sequence: int, subject: str) -> RawStreamMsg | None:
    try:
        try:
            return await js.get_msg(stream, seq=sequence, subject=subject, next=True, direct=True)
        except nats.errors.NoRespondersError:
            # The server does not answer a direct read of a stream that is missing or was created a moment ago.
            return await js.get_msg(stream, seq=sequence, subject=subject, next=True)
    except NotFoundError:
        return None


def _state(raw: RawStreamMsg, job_id: str, config: Config) -> JobState | None:
    if not may_contain(raw.data or b"", stored_headers(raw), raw.seq or 0, job_id):
        return None
    try:
        job = job_in(raw.data or b"", stored_headers(raw), raw.seq or 0, config.serializer)
    except DeserializationError:
        return None
    if job.id != job_id:
        return None
    return JobState(
        job_id=job_id, state="queued", queue=job.queue, function=job.function, seq=raw.seq or 0, at=job.enqueued_at
    )


def may_contain(data: bytes, headers: Mapping[str, str], seq: int, job_id: str) -> bool:
    """Return whether a message may contain the job. Others are not decoded, as pickled arguments can run code."""
    schedule, _, number = job_id.rpartition("-")
    if headers.get(RUN_ID) == job_id or job_id.encode() in data:
        return True
    return bool(schedule) and number == str(seq) and schedule.encode() in data
