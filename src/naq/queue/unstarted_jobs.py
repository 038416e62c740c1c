"""Looking for a job that no worker has taken yet: nothing is written of it but its message on the queue."""

from typing import Final

import nats.errors
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.connection import nats_jetstream
from naq.connection.subjects import subject_counts
from naq.errors import DeserializationError
from naq.names import check_job_id
from naq.queue.message import RUN_ID, job_in
from naq.queue.streams import names
from naq.records import JobState

# Messages are not found by their job's id: they are looked at in the order of the stream, and only so many.
MOST_LOOKED_AT: Final = 5_000


async def find_waiting(config: Config, job_id: str) -> JobState | None:
    """The state of a job on any queue, with the time at which it was enqueued; None when it was not found."""
    return (await _search(config, check_job_id(job_id)))[0]


async def may_wait(config: Config, job_id: str) -> bool:
    """Whether a job is on any queue, or may be: beyond the messages that were looked at."""
    found, complete = await _search(config, check_job_id(job_id))
    return found is not None or not complete


async def _search(config: Config, job_id: str) -> tuple[JobState | None, bool]:
    """The state of a job on any queue, and whether everything was looked at."""
    where = names(config)
    async with nats_jetstream(config) as (_, js):
        sequence = 1
        for _looked_at in range(MOST_LOOKED_AT):
            raw = await _next(js, where.jobs, sequence, where.queue("*"))
            if raw is None:
                return None, True
            sequence = (raw.seq or 0) + 1
            found = _state(raw, job_id, config)
            if found is not None:
                return found, True
    return None, False


async def find_schedule(config: Config, job_id: str) -> str | None:
    """The queue on which a job is scheduled under its id; None when there is none."""
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
            # A direct read of a stream that is missing, or was only just made, has no answer.
            return await js.get_msg(stream, seq=sequence, subject=subject, next=True)
    except NotFoundError:
        return None


def _state(raw: RawStreamMsg, job_id: str, config: Config) -> JobState | None:
    if not _may_be(raw, job_id):
        return None
    try:
        job = job_in(raw.data or b"", raw.headers, raw.seq or 0, config.serializer)
    except DeserializationError:
        return None
    if job.id != job_id:
        return None
    return JobState(
        job_id=job_id, state="queued", queue=job.queue, function=job.function, seq=raw.seq or 0, at=job.enqueued_at
    )


def _may_be(raw: RawStreamMsg, job_id: str) -> bool:
    """Whether a message may hold the job: what cannot is not decoded, as pickled arguments run code."""
    schedule, _, number = job_id.rpartition("-")
    data = raw.data or b""
    if (raw.headers or {}).get(RUN_ID) == job_id or job_id.encode() in data:
        return True
    return bool(schedule) and number == str(raw.seq) and schedule.encode() in data
