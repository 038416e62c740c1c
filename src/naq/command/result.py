"""`naq result`: the result of a job, or its failure with the worker's traceback."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import click
import msgspec

from naq.command.context import Settings, duration, json_option, run
from naq.command.output import busy, print_json, print_line
from naq.config import Config
from naq.errors import JobCancelled, JobFailed, JobNotFound, JobTimeout, UnknownClass
from naq.queue.core import Queue
from naq.queue.unstarted_jobs import find_schedule, find_waiting
from naq.records import State
from naq.shown_times import ago, moment
from naq.typed_values import shown
from naq.worker.status import Status

JOB_FAILED, NO_RESULT = 3, 4


@dataclass(frozen=True, slots=True)
class Found:
    """What is known about a job: its state, None if unknown, and its result, or why there is none."""

    state: State | None
    value: Any = None
    error: str = ""
    traceback: str = ""
    ended: bool = False


@click.command()
@click.argument("job_id")
@click.option(
    "--timeout", "-t", type=duration, default=0.0, metavar="DURATION", help="Wait so long for the job to end."
)
@json_option
@click.pass_obj
def result(settings: Settings, job_id: str, timeout: float, as_json: bool) -> int:
    """Print the result of the job JOB_ID as JSON.

    Without --timeout, it does not wait. Exit codes: 0 the job is done, 3 it has failed (its traceback is on standard
    error) or was cancelled, 4 there is no result: the job has not ended, its result was not kept or has expired, or it
    is unknown.
    """
    with busy(f"waiting for job {job_id}"):
        found = run(_find(settings.config(), job_id, timeout))
    done = found.ended and not found.error
    if as_json:
        fields: dict[str, Any] = {"job": job_id, "state": found.state}
        fields |= {"result": found.value} if done else {"error": found.error}
        print_json({**fields, "traceback": found.traceback} if found.traceback else fields)
    elif done:
        print_line(msgspec.json.encode(found.value, enc_hook=repr).decode())
    else:
        if found.traceback:
            click.echo(found.traceback.rstrip(), err=True)
        click.echo(f"naq: {found.error}", err=True)
    if done:
        return 0
    return JOB_FAILED if found.state in ("failed", "cancelled") else NO_RESULT


async def _find(config: Config, job_id: str, timeout: float) -> Found:
    """Wait for the end of a job. Raises `ConnectFailed`, `InvalidName` and nats-py's errors."""
    try:
        value = await Queue(config=config).result(job_id, timeout)
    except UnknownClass as error:
        # Of a class that only the program of the function knows.
        value = shown(error.value)
    except JobFailed as error:
        return Found("failed", error=str(error), traceback=error.traceback, ended=True)
    except JobCancelled as error:
        return Found("cancelled", error=str(error), ended=True)
    except JobNotFound as error:
        return Found("done", error=str(error), ended=True)
    except JobTimeout:
        return await _unfinished(config, job_id)
    return Found("done", value, ended=True)


async def _unfinished(config: Config, job_id: str) -> Found:
    """Return the state of a job without an outcome."""
    state = await Status(config).job(job_id) or await find_waiting(config, job_id)
    if state is not None:
        worker = f" on worker {state.worker}" if state.state == "running" and state.worker else ""
        since = ago(state.at, time.time()) or moment(state.at)
        text = f"job {job_id} has no result yet: it is {state.state}{worker}, since {since}"
        return Found(state.state, error=text)
    queue = await find_schedule(config, job_id)
    if queue is not None:
        return Found(None, error=f"job {job_id} waits for its time on queue {queue}; see 'naq schedules'")
    return Found(None, error=f"there is no job {job_id}: it is not on a queue, and no record of it is kept")
