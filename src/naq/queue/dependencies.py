"""The state of a job's dependencies at the time it is enqueued, which is sent in headers of its message.

The records of a job may expire while another job waits for it. A dependency that is done when the dependent job is
enqueued needs no record later. A dependency that existed then, and later is on no queue and has no record, has ended in
the meantime; this does not hold for one that never existed.
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
from naq.queue.results import stored_result, stored_state
from naq.queue.unstarted_jobs import find_schedule, may_wait

logger = logging.getLogger(__name__)

# Headers with the ids of dependencies that were done, and of those that existed, when the dependent was enqueued.
DONE: Final = "Naq-Done"
SEEN: Final = "Naq-Seen"


async def dependency_headers(config: Config, job: Job, together: Collection[str] = ()) -> dict[str, str]:
    """Return headers with the state of a job's dependencies; `together` are ids of jobs that are enqueued with it.

    Logs a warning for an id of which there is no job, as it may be misspelt. Does not raise errors of the server.
    """
    done: list[str] = []
    seen: list[str] = []
    for needed in job.options.depends_on:
        try:
            state = "seen" if needed in together else await _state_of(config, job, needed)
        except (nats.errors.Error, OSError, NaqError) as error:
            logger.debug("the state of job %s, on which job %s depends, is not known: %r", needed, job.id, error)
            continue
        if state == "done":
            done.append(needed)
        elif state is not None:
            seen.append(needed)
        else:
            logger.warning(
                "job %s depends on job %s, which was not found: is its id misspelt? Unless that job is enqueued and "
                "done, job %s fails after %g s",
                job.id,
                needed,
                job.id,
                config.worker.dependency_timeout,
            )
    return {name: " ".join(ids) for name, ids in ((DONE, done), (SEEN, seen)) if ids}


def ids_in(headers: Mapping[str, str] | None, name: str) -> frozenset[str]:
    """Return the ids in a header that `dependency_headers` has made."""
    return frozenset((headers or {}).get(name, "").split())


async def _state_of(config: Config, job: Job, needed: str) -> str | None:
    """Return `done` for a job that is done, `seen` for one that exists, None for one that was not found."""
    async with nats_jetstream(config) as (_, js):
        recorded = await _recorded(js, config, needed)
    if recorded is not None:
        return "done" if recorded == "done" else "seen"
    place = place_of(config, job.queue)
    if MEMORY.enqueued(place, needed) or await find_schedule(config, needed) is not None:
        return "seen"
    return "seen" if await may_wait(config, needed) else None


async def _recorded(js: JetStreamContext, config: Config, job_id: str) -> str | None:
    result = await stored_result(js, config, job_id)
    if result is not None:
        return result.state
    state = await stored_state(js, config, job_id)
    return None if state is None else state.state
