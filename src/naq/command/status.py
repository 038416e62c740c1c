"""`naq status`: the workers and queues, or the state of one job."""

from __future__ import annotations

import time

import click

from naq.command.context import Settings, json_option, run
from naq.command.output import ago, moment, print_fields, print_json, print_table, span
from naq.command.overview import QueueOverview, overview, warnings
from naq.config import Config
from naq.errors import JobNotFound
from naq.queue.unstarted_jobs import MOST_LOOKED_AT, find_schedule, find_waiting
from naq.records import JobState, WorkerStatus, as_dict
from naq.worker.status import Status


@click.command()
@click.argument("job_id", required=False)
@click.option("--queue", "-q", help="Only the workers of this queue.")
@json_option
@click.pass_obj
def status(settings: Settings, job_id: str | None, queue: str | None, as_json: bool) -> None:
    """Show the queues and workers, or the state of the job JOB_ID."""
    config = settings.config()
    if job_id is not None:
        _show_job(config, job_id, as_json)
        return
    queues, workers, warned = run(_read(config, queue))
    if as_json:
        print_json({"queues": queues, "workers": [as_dict(one) for one in workers], "warnings": warned})
        return
    for warning in warned:
        click.echo(f"warning: {warning}", err=True)
    rows = [(one.queue, one.described_jobs, one.schedules, one.failed) for one in queues]
    print_table("Queues", ("queue", "jobs", "schedules", "failed"), rows, "no jobs")
    print_table(
        "Workers",
        ("worker", "state", "queues", "running", "succeeded", "failed", "retried", "up", "last sign"),
        [_row(one) for one in workers],
        "no worker",
        whole=("worker",),
    )


def _row(one: WorkerStatus) -> tuple[object, ...]:
    return (
        one.worker_id,
        one.state,
        ", ".join(one.queues),
        f"{one.running}/{one.concurrency}",
        one.succeeded,
        one.failed,
        one.retried,
        span(max(0.0, time.time() - one.started)),
        ago(one.beat),
    )


async def _read(config: Config, queue: str | None) -> tuple[list[QueueOverview], list[WorkerStatus], list[str]]:
    return await overview(config), await Status(config).workers(queue), await warnings(config)


async def _find(config: Config, job_id: str) -> JobState:
    """Return the state of a job; if no worker has taken it yet, as found on its queue. Raises `JobNotFound`."""
    state = await Status(config).job(job_id)
    if state is None:
        state = await find_waiting(config, job_id)
    if state is None and (schedule := await find_schedule(config, job_id)) is not None:
        raise JobNotFound(f"job {job_id} waits for its time on queue {schedule}; see 'naq schedules'")
    if state is None:
        raise JobNotFound(
            f"job {job_id} is not among the first {MOST_LOOKED_AT} jobs on the queues, and no worker has recorded a "
            "state of it that has not expired"
        )
    return state


def _show_job(config: Config, job_id: str, as_json: bool) -> None:
    state = run(_find(config, job_id))
    if as_json:
        print_json(as_dict(state))
        return
    print_fields(
        (
            ("job", state.job_id),
            ("state", state.state),
            ("function", state.function),
            ("queue", state.queue),
            ("since", f"{moment(state.at)} ({ago(state.at)})"),
            ("worker", state.worker),
            ("progress", _progress(state)),
            ("failures", state.failures or ""),
            ("error", state.error),
        )
    )


def _progress(state: JobState) -> str:
    """Return the last reported progress of a running job as text, empty when there is none."""
    if state.progress is None:
        return ""
    return f"{state.progress:.0%}" + (f", {state.progress_text}" if state.progress_text else "")
