"""The state of one job, as found in the buckets, on its queue, or among the schedules."""

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
from naq.queue.results import last_value, record_of
from naq.queue.streams import names
from naq.queue.unstarted_jobs import MOST_LOOKED_AT, find_schedule, find_waiting
from naq.records import FINAL, JobResult, JobState


async def job_status(config: Config, job_id: str, seq: int = 0) -> JobState:
    """Return the state of a job: `scheduled` before its time, `queued` until a worker takes it, then what that records.

    `seq` is the sequence number of the job's message if it is known, with which the job is found on its queue at once.
    Raises `JobNotFound` when nothing is known of the job: it was never enqueued, it was purged, or its records have
    expired.
    """
    async with nats_jetstream(config) as (_, js):
        state = await _recorded(js, config, check_job_id(job_id)) or await _at(js, config, job_id, seq)
    if state is not None:
        return state
    scheduled = await find_schedule(config, job_id)
    if scheduled is not None:
        return JobState(job_id=job_id, state="scheduled", queue=scheduled)
    state = await find_waiting(config, job_id)
    if state is None:
        # A worker may have taken the job since the first look.
        async with nats_jetstream(config) as (_, js):
            state = await _recorded(js, config, job_id)
    if state is None:
        raise JobNotFound(
            f"job {job_id} has no recorded state and is not among the first {MOST_LOOKED_AT} jobs on the queues: "
            "it was not enqueued, was taken off its queue, or its records have expired"
        )
    return state


async def _recorded(js: JetStreamContext, config: Config, job_id: str) -> JobState | None:
    """Return the state that a worker has recorded; the stored outcome counts where the state is older or gone."""
    where = names(config)
    state = record_of(await last_value(js, where.states, where.key(where.states, job_id)), JobState)
    if state is not None and state.state in FINAL:
        return state
    try:
        outcome = record_of(await last_value(js, where.results, where.key(where.results, job_id)), JobResult)
    except PermissionDenied:  # a viewer need not have the right to read results
        return state
    if outcome is None or (state is not None and outcome.seq != state.seq):
        return state
    state = state or JobState(job_id=job_id, state=outcome.state, queue="", seq=outcome.seq)
    # The worker died before it wrote the final state, so the recorded progress is older.
    return replace(
        state, state=outcome.state, at=outcome.at, error=outcome.error, progress=None, progress_text=""
    )


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
