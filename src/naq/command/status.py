"""`naq status`: who works, what waits, and where one job stands."""

from __future__ import annotations

import click

from naq.command.context import Settings, json_option, run
from naq.command.output import ago, moment, print_fields, print_json, print_table, span
from naq.command.overview import QueueOverview, overview
from naq.config import Config
from naq.errors import JobNotFound
from naq.records import WorkerStatus, as_dict
from naq.worker.status import Status


@click.command()
@click.argument("job_id", required=False)
@click.option("--queue", "-q", help="Only the workers of this queue.")
@json_option
@click.pass_obj
def status(settings: Settings, job_id: str | None, queue: str | None, as_json: bool) -> None:
    """Show the queues and workers, or where the job JOB_ID stands."""
    config = settings.config()
    if job_id is not None:
        _show_job(config, job_id, as_json)
        return
    queues, workers = run(_look(config, queue))
    if as_json:
        print_json({"queues": queues, "workers": [as_dict(one) for one in workers]})
        return
    rows = [(one.queue, one.jobs, one.schedules, one.failed) for one in queues]
    print_table("Queues", ("queue", "jobs", "schedules", "failed"), rows, "no jobs")
    print_table(
        "Workers",
        ("worker", "state", "queues", "running", "succeeded", "failed", "retried", "up", "last sign"),
        [_row(one) for one in workers],
        "no worker",
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
        span(one.beat - one.started),
        ago(one.beat),
    )


async def _look(config: Config, queue: str | None) -> tuple[list[QueueOverview], list[WorkerStatus]]:
    return await overview(config), await Status(config).workers(queue)


def _show_job(config: Config, job_id: str, as_json: bool) -> None:
    state = run(Status(config).job(job_id))
    if state is None:
        raise JobNotFound(f"no worker has seen job {job_id}, or its state has expired")
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
            ("failures", state.failures or ""),
            ("error", state.error),
        )
    )
