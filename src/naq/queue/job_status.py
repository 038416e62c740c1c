"""The state of one job, as found in the buckets, on its queue, or among the schedules."""

import logging

import nats.errors
from msgspec.structs import replace
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.connection import nats_jetstream
from naq.connection.headers import stored_headers
from naq.errors import DeserializationError, JobNotFound, PermissionDenied
from naq.names import check_job_id
from naq.queue.message import job_in
from naq.queue.results import last_value, record_of, stored_result
from naq.queue.streams import names
from naq.queue.unstarted_jobs import MOST_LOOKED_AT, find_schedule, find_waiting
from naq.records import JobState

logger = logging.getLogger(__name__)


async def job_status(config: Config, job_id: str, seq: int = 0) -> JobState:
    """Return the state of a job: `scheduled` before its time, `queued` until a worker takes it, then what that records.

    `seq` is the sequence number of the job's message if it is known, with which the job is found on its queue at once.
    Raises `JobNotFound` when nothing is known of the job: it was never enqueued, it was purged, or its records have
    expired.
    """
    async with nats_jetstream(config) as (_, js):
        state = await recorded_state(js, config, check_job_id(job_id)) or await _at(js, config, job_id, seq)
    if state is not None:
        return state
    scheduled = await find_schedule(config, job_id)
    if scheduled is not None:
        return JobState(job_id=job_id, state="scheduled", queue=scheduled)
    state = await find_waiting(config, job_id)
    if state is None:
        # A worker may have taken the job since the first look.
        async with nats_jetstream(config) as (_, js):
            state = await recorded_state(js, config, job_id)
    if state is None:
        raise JobNotFound(
            f"job {job_id} has no recorded state and is not among the first {MOST_LOOKED_AT} jobs on the queues: "
            "it was not enqueued, was taken off its queue, or its records have expired"
        )
    return state


async def recorded_state(js: JetStreamContext, config: Config, job_id: str) -> JobState | None:
    """Return the state that workers have recorded, in a state and in an outcome; None when there is no record.

    Raises `PermissionDenied` and nats-py's errors.
    """
    where = names(config)
    value = await last_value(js, where.states, where.key(where.states, job_id))
    state = record_of(value, JobState)
    if value and state is None:
        logger.warning("the state of job %s cannot be decoded and counts as missing", job_id)
    if state is not None and state.state in ("done", "failed") and not state.storing:
        return state
    try:
        outcome = await stored_result(js, config, job_id)
    except PermissionDenied:  # a viewer need not have the right to read results
        return state and await with_end_seen(js, config, state)
    if state is None and outcome is not None:
        state = JobState(job_id=job_id, state="queued", queue="", seq=outcome.seq, stored=outcome.stored)
    return state and state.with_outcome(outcome)


async def with_end_seen(js: JetStreamContext, config: Config, state: JobState) -> JobState:
    """Return the state of a job whose result may not be read: "done" if its last record is that it runs, and its
    message has left the queue. Every other end of a job is recorded as a state.
    """
    if state.state != "running" or not state.seq:
        return state
    try:
        await js.get_msg(names(config).jobs, state.seq, direct=True)
    except NotFoundError:
        return replace(state, state="done", progress=None, progress_text="")
    except (PermissionDenied, nats.errors.NoRespondersError):
        return state
    return state


async def _at(js: JetStreamContext, config: Config, job_id: str, seq: int) -> JobState | None:
    """Return the state of a job whose message has this sequence number, None when it has left the stream."""
    if not seq:
        return None
    try:
        raw = await js.get_msg(names(config).jobs, seq)
        job = job_in(raw.data or b"", stored_headers(raw), seq, config.serializer)
    except (NotFoundError, nats.errors.NoRespondersError, DeserializationError):
        return None
    if job.id != job_id:
        return None
    return JobState(job_id=job_id, state="queued", queue=job.queue, function=job.function, seq=seq, at=job.enqueued_at)
