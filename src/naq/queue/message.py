"""From a message of the jobs stream to the job in it. Knows the headers, not how messages come."""

from collections.abc import Mapping
from typing import Final

import msgspec

from naq.errors import DeserializationError
from naq.job import Job, Serializer
from naq.names import JOB_ID

# In a message that a schedule has produced: the time of the next one, or `purge` after the last.
SCHEDULE_NEXT: Final = "Nats-Schedule-Next"
LAST_OF_SCHEDULE: Final = "purge"
# Stands for the id in the payload, in a message that was put back on its queue.
RUN_ID: Final = "Naq-Job-Id"


def job_in(data: bytes, headers: Mapping[str, str] | None, seq: int, serializer: Serializer) -> Job:
    """The job in a message; `DeserializationError` when there is none.

    A repeating schedule sends the same payload each time: the message's sequence number makes an id for each run,
    which stays the same when the message is delivered again.
    """
    job = Job.deserialize(data, serializer)
    if not headers:
        return job
    run_id = headers.get(RUN_ID)
    if run_id is not None:
        if not JOB_ID.fullmatch(run_id):
            raise DeserializationError(f"not a job: its header {RUN_ID} is not an id")
        return msgspec.structs.replace(job, id=run_id)
    following = headers.get(SCHEDULE_NEXT)
    if following is not None and following != LAST_OF_SCHEDULE:
        return msgspec.structs.replace(job, id=f"{job.id}-{seq}")
    return job
