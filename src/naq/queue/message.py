"""Decoding the job in a message of the jobs stream, from its payload and headers."""

from collections.abc import Mapping
from typing import Final

import msgspec

from naq.encoding import Serializer
from naq.errors import DeserializationError, InvalidName, UnknownOption
from naq.job import Job
from naq.names import JOB_ID, check_job_id

# Header of a message that a schedule has produced: the time of the next message, or `purge` in the last.
SCHEDULE_NEXT: Final = "Nats-Schedule-Next"
LAST_OF_SCHEDULE: Final = "purge"
# Header with the job's id, which replaces the id in the payload, of a message that was put back on its queue.
RUN_ID: Final = "Naq-Job-Id"


def job_in(data: bytes, headers: Mapping[str, str] | None, seq: int, serializer: Serializer) -> Job:
    """Return the job in a message.

    Raises `DeserializationError` when the message is not a job, and `UnknownOption` for a job of a newer version.

    A repeating schedule sends the same payload each time: the message's sequence number is added to the id, so that
    each run has a different id, which stays the same when the message is delivered again.
    """
    try:
        job = Job.deserialize(data, serializer)
    except UnknownOption as error:
        own_id = run_id(error.job_id, headers or {}, seq)
        raise UnknownOption(own_id, error.function, error.options) from error
    if not headers:
        return job
    own_id = run_id(job.id, headers, seq)
    return job if own_id == job.id else msgspec.structs.replace(job, id=own_id)


def run_id(job_id: str, headers: Mapping[str, str], seq: int) -> str:
    """Return the id of the job in a message, whose payload has `job_id`. Raises `DeserializationError`."""
    replaced = headers.get(RUN_ID)
    if replaced is not None:
        # nats-py returns headers that are not ASCII as objects, not as text, when it reads a message from a stream.
        if not isinstance(replaced, str) or not JOB_ID.fullmatch(replaced):
            raise DeserializationError(f"not a job: its header {RUN_ID} is not an id")
        return replaced
    following = headers.get(SCHEDULE_NEXT)
    if following is None or following == LAST_OF_SCHEDULE:
        return job_id
    try:
        return check_job_id(f"{job_id}-{seq}")
    except InvalidName as error:
        raise DeserializationError(f"not a job of a schedule: {error}") from error
