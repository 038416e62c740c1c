"""Finding the message of a job on the queues by the job's id.

Messages cannot be looked up by their job's id, so they are read in the order of the stream, many with one request.
"""

from contextlib import aclosing
from dataclasses import dataclass

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.connection.headers import stored_headers
from naq.errors import DeserializationError
from naq.job import Job
from naq.queue.message import job_in
from naq.queue.stored_messages import read_all
from naq.queue.streams import names
from naq.queue.unstarted_jobs import may_contain


@dataclass(frozen=True, slots=True)
class Found:
    """A message of a job: its sequence number, when the stream stored it (ns since 1970, as text), and the job.

    `delivered` is whether a worker has recorded that it was delivered.
    """

    seq: int
    stored: str
    job: Job
    delivered: bool = False


async def find_message(connection: Client, js: JetStreamContext, config: Config, job_id: str) -> Found | None:
    """Return the first message of a job on any queue; None when there is none.

    Raises `PermissionDenied` and nats-py's errors. The time grows with the number of waiting jobs:
    about a second for 20,000.
    """
    where = names(config)
    async with aclosing(read_all(connection, js, where.jobs, where.queues)) as messages:
        async for one in messages:
            if not may_contain(one.data, one.headers, one.seq, job_id):
                continue
            try:
                job = job_in(one.data, one.headers, one.seq, config.serializer)
            except DeserializationError:
                continue
            if job.id == job_id:
                return Found(one.seq, str(one.stored) if one.stored else "", job)
    return None


async def message_at(js: JetStreamContext, config: Config, job_id: str, seq: int) -> Job | None:
    """Return the job in a message of the jobs stream; None when it has left the stream or is another job.

    Reads from the stream's leader. Raises `PermissionDenied` and nats-py's errors.
    """
    try:
        raw = await js.get_msg(names(config).jobs, seq)
        job = job_in(raw.data or b"", stored_headers(raw), seq, config.serializer)
    except (NotFoundError, DeserializationError):
        return None
    return job if job.id == job_id else None
