"""Schedules as the server keeps them: messages of the jobs stream, and how they are read.

`naq.queue.scheduled` stores them. Nothing here changes the stream.
"""

import asyncio
import logging
from typing import Final

import msgspec
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.connection import nats_jetstream
from naq.connection.headers import stored_headers
from naq.errors import DeserializationError, JobNotFound, PermissionDenied
from naq.job import Job, remember
from naq.queue.streams import names
from naq.queue.timing import Timing, check_id

logger = logging.getLogger(__name__)

# How many schedules are read at the same time.
AT_ONCE: Final = 50

SCHEDULE: Final = "Nats-Schedule"
TIME_ZONE: Final = "Nats-Schedule-Time-Zone"
# The cron expression as the user wrote it; the server's form has seconds.
WRITTEN: Final = "Naq-Cron"


class Schedule(msgspec.Struct, frozen=True):
    """A job that is enqueued at a later time; `timing` tells when.

    A job that is enqueued once keeps its id. Each run of a repeating job has a different id: the `id` of the schedule
    and a number.
    """

    id: str
    queue: str
    timing: Timing
    job: Job
    sequence: int = 0


async def readable_schedules(js: JetStreamContext, config: Config, pattern: str) -> list[Schedule]:
    """Return the schedules whose subjects match; those that cannot be read are only logged."""
    try:
        info = await js.stream_info(names(config).jobs, subjects_filter=pattern)
    except NotFoundError:
        return []
    subjects = sorted(info.state.subjects or {})
    found: list[Schedule] = []
    for start in range(0, len(subjects), AT_ONCE):
        part = await asyncio.gather(*(_listed(js, config, one) for one in subjects[start : start + AT_ONCE]))
        found += [schedule for schedule in part if schedule is not None]
    return found


async def schedule_of(js: JetStreamContext, config: Config, queue: str, schedule_id: str) -> Schedule:
    """Return a schedule of a queue. Raises `JobNotFound` when there is none of this id."""
    found = await _look(js, config, names(config).schedule(queue, check_id(schedule_id)))
    if found is None:
        raise JobNotFound(f"queue {queue} has no schedule {schedule_id}; its time may have come")
    return found


async def present_schedule(config: Config, subject: str) -> Schedule | None:
    """Return the schedule with this subject; None when there is none or it cannot be read."""
    async with nats_jetstream(config) as (_, js):
        try:
            # Not a direct read: the server does not answer a direct read of a missing stream.
            return _schedule_in(await js.get_msg(names(config).jobs, subject=subject), config)
        except (NotFoundError, PermissionDenied, DeserializationError) as error:
            logger.debug("the schedule at %s cannot be read: %s", subject, error)
            return None


async def _listed(js: JetStreamContext, config: Config, subject: str) -> Schedule | None:
    try:
        return await _look(js, config, subject)
    except DeserializationError as error:
        logger.warning("%s", error)
        return None


async def _look(js: JetStreamContext, config: Config, subject: str) -> Schedule | None:
    try:
        return _schedule_in(await js.get_msg(names(config).jobs, subject=subject, direct=True), config)
    except NotFoundError:
        return None


def _schedule_in(raw: RawStreamMsg, config: Config) -> Schedule:
    """Return the schedule in a message. Raises `DeserializationError`."""
    headers, subject = stored_headers(raw), raw.subject or ""
    queue, schedule_id = names(config).queue_of(subject), subject.rpartition(".")[2]
    try:
        job = Job.deserialize(raw.data or b"", config.serializer)
        remember(job, config)
        timing = Timing.parse(headers.get(SCHEDULE, ""), headers.get(TIME_ZONE), headers.get(WRITTEN))
    except ValueError as error:
        raise DeserializationError(f"schedule {schedule_id} of queue {queue} cannot be read: {error}") from error
    return Schedule(schedule_id, queue, timing, job, raw.seq or 0)
