"""`naq status`: the workers and queues, or the state of one job."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import click
from rich.console import Group, RenderableType
from rich.text import Text

from naq.command.context import Settings, duration, json_option, run
from naq.command.output import listed, print_fields, print_json, print_table, table
from naq.command.overview import QueueOverview, overview, warnings
from naq.command.watching import SHORTEST, View, watch
from naq.config import Config
from naq.queue.job_status import job_status
from naq.records import FINAL, JobState, WorkerStatus, as_dict
from naq.shown_times import ago, moment_and_ago, span
from naq.worker.status import Status

# Columns of a terminal from which on the watched table of workers has all its columns.
WIDE = 110
COLUMNS = ("worker", "state", "queues", "running", "succeeded", "failed", "retried", "up", "last sign")
NARROW_COLUMNS = ("worker", "queues", "running", "failed", "last sign")


class Overview(NamedTuple):
    """The queues and workers at one moment, and warnings for an operator."""

    queues: list[QueueOverview]
    workers: list[WorkerStatus]
    warnings: list[str]


@click.command()
@click.argument("job_id", required=False)
@click.option("--queue", "-q", help="Only the workers of this queue.")
@click.option("--watch", "-w", "watched", is_flag=True, help="Show it again and again, until Ctrl-C or the job's end.")
@click.option("--interval", type=duration, metavar="DURATION", help="Time between two looks of --watch (default: 2s).")
@json_option
@click.pass_obj
def status(
    settings: Settings, job_id: str | None, queue: str | None, watched: bool, interval: float | None, as_json: bool
) -> int:
    """Show the queues and workers, or the state of the job JOB_ID."""
    if interval is not None and not watched:
        raise click.UsageError("--interval can only be used with --watch")
    seconds = 2.0 if interval is None else interval
    if seconds < SHORTEST:
        raise click.UsageError(f"--interval: expected at least {SHORTEST:g} s, not {seconds:g} s")
    config = settings.config()
    if watched and job_id is not None:
        return run(watch(lambda: job_status(config, job_id), JOB, seconds, as_json, lambda one: one.state in FINAL))
    if watched:
        return run(watch(lambda: _read(config, queue), OVERVIEW, seconds, as_json, lambda _: False))
    if job_id is not None:
        _show_job(config, job_id, as_json)
    else:
        _show_overview(run(_read(config, queue)), as_json)
    return 0


def _show_overview(found: Overview, as_json: bool) -> None:
    if as_json:
        print_json(_overview_fields(found))
        return
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)
    print_table(*_queues(found))
    print_table("Workers", COLUMNS, [_row(one) for one in found.workers], "no worker", whole=("worker",))


def _overview_fields(found: Overview) -> dict[str, Any]:
    return {"queues": found.queues, "workers": [as_dict(one) for one in found.workers], "warnings": found.warnings}


def _draw_overview(found: Overview, width: int) -> RenderableType:
    columns = COLUMNS if width >= WIDE else NARROW_COLUMNS
    chosen = [COLUMNS.index(column) for column in columns]
    rows = [[row[index] for index in chosen] for row in map(_row, found.workers)]
    # An id is not kept whole: a line that is wider than the terminal could not be drawn in place.
    parts: list[RenderableType] = [Text(f"warning: {warning}") for warning in found.warnings]
    return Group(*parts, table(*_queues(found))[0], table("Workers", columns, rows, "no worker")[0])


def _queues(found: Overview) -> tuple[str, tuple[str, ...], list[tuple[object, ...]], str]:
    rows: list[tuple[object, ...]] = [
        (one.queue, one.described_jobs, one.schedules, one.failed) for one in found.queues
    ]
    return "Queues", ("queue", "jobs", "schedules", "failed"), rows, "no jobs"


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
        ago(one.beat, time.time()),
    )


async def _read(config: Config, queue: str | None) -> Overview:
    return Overview(await overview(config), await Status(config).workers(queue), await warnings(config))


def _show_job(config: Config, job_id: str, as_json: bool) -> None:
    state = run(job_status(config, job_id))
    if as_json:
        print_json(as_dict(state))
        return
    print_fields(_job_fields(state))


def _job_fields(state: JobState) -> tuple[tuple[str, object], ...]:
    return (
        ("job", state.job_id),
        ("state", state.state),
        ("function", state.function),
        ("queue", state.queue),
        ("since", moment_and_ago(state.at, time.time())),
        ("worker", state.worker),
        ("progress", _progress(state)),
        ("failures", state.failures or ""),
        ("error", state.error),
    )


def _progress(state: JobState) -> str:
    """Return the last reported progress of a running job as text, empty when there is none."""
    if state.progress is None:
        return ""
    return f"{state.progress:.0%}" + (f", {state.progress_text}" if state.progress_text else "")


OVERVIEW = View(_draw_overview, _overview_fields)
JOB: View[JobState] = View(lambda state, _: listed(_job_fields(state)), as_dict)
