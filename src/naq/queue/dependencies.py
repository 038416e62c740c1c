"""What can be seen, when a job is enqueued, of the jobs that it depends on; it travels in headers of the message.

Records of a job expire, also while another waits for it, perhaps for a scheduled time. What is done when the other is
enqueued needs no record later. What was there, and is on no queue and in no record later, has been done meanwhile; what
was never there has not.
"""

import logging
from collections.abc import Collection, Mapping
from typing import Final

import nats.errors
from nats.js import JetStreamContext

from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import NaqError
from naq.job import Job
from naq.queue.memory import MEMORY, place_of
from naq.queue.results import last_value, record_of
from naq.queue.streams import names
from naq.queue.unstarted_jobs import find_schedule, may_wait
from naq.records import JobResult, JobState

logger = logging.getLogger(__name__)

# Ids of the jobs that were done, and of those that were there, when the dependent was enqueued.
DONE: Final = "Naq-Done"
SEEN: Final = "Naq-Seen"


async def dependency_headers(config: Config, job: Job, together: Collection[str] = ()) -> dict[str, str]:
    """What is known of a job's dependencies; `together` are ids of jobs that are enqueued along with it.

    A dependency of which there is no trace is warned of: it may be misspelt. Raises nothing of the server's.
    """
    done: list[str] = []
    seen: list[str] = []
    for needed in job.options.depends_on:
        try:
            state = "seen" if needed in together else await _state_of(config, job, needed)
        except (nats.errors.Error, OSError, NaqError) as error:
            logger.debug("job %s, which job %s depends on, is not looked at: %r", needed, job.id, error)
            continue
        if state == "done":
            done.append(needed)
        elif state is not None:
            seen.append(needed)
        else:
            logger.warning(
                "job %s depends on job %s, of which there is no trace: is its id misspelt? Unless it is enqueued and "
                "done, job %s fails after %g s",
                job.id,
                needed,
                job.id,
                config.worker.dependency_timeout,
            )
    return {name: " ".join(ids) for name, ids in ((DONE, done), (SEEN, seen)) if ids}


def ids_in(headers: Mapping[str, str] | None, name: str) -> frozenset[str]:
    """The ids in one of the headers."""
    return frozenset((headers or {}).get(name, "").split())


async def _state_of(config: Config, job: Job, needed: str) -> str | None:
    """Whether a job is `done`, or at least was `seen`; None when there is no trace of it."""
    async with nats_jetstream(config) as (_, js):
        recorded = await _recorded(js, config, needed)
    if recorded is not None:
        return "done" if recorded == "done" else "seen"
    place = place_of(config, job.queue)
    if MEMORY.enqueued(place, needed) or await find_schedule(config, needed) is not None:
        return "seen"
    return "seen" if await may_wait(config, needed) else None


async def _recorded(js: JetStreamContext, config: Config, job_id: str) -> str | None:
    where = names(config)
    result = record_of(await last_value(js, where.results, where.key(where.results, job_id)), JobResult)
    if result is not None:
        return result.state
    state = record_of(await last_value(js, where.states, where.key(where.states, job_id)), JobState)
    return None if state is None else state.state
