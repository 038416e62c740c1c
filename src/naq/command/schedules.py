"""`naq schedules`: listing and cancelling scheduled jobs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from naq.command.context import Settings, json_option, run
from naq.command.output import print_json, print_line, print_table
from naq.command.overview import queues_with_schedules
from naq.config import Config
from naq.errors import JobNotFound
from naq.queue.scheduled import Schedule, ScheduledQueue
from naq.queue.timing import Timing
from naq.shown_times import moment, span
from naq.typed_values import shown


@click.group(invoke_without_command=True)
@click.option("--queue", "-q", help="Only schedules of this queue.")
@json_option
@click.pass_context
def schedules(context: click.Context, queue: str | None, as_json: bool) -> None:
    """List scheduled jobs, the next one first."""
    if context.invoked_subcommand is not None:
        return
    found = run(_list(context.obj.config(), queue))
    if as_json:
        print_json([_described(one) for one in found])
        return
    rows = [
        (one.id, one.queue, _when(one.timing), one.timing.timezone or "", _next(one.timing), one.job.function)
        for one in found
    ]
    columns = ("id", "queue", "when", "time zone", "next", "function")
    print_table("Schedules", columns, rows, "no schedules", whole=("id",))


@schedules.command()
@click.argument("schedule_id")
@click.option("--queue", "-q", default="default", show_default=True)
@json_option
@click.pass_obj
def cancel(settings: Settings, schedule_id: str, queue: str, as_json: bool) -> None:
    """Delete a schedule, so that its job does not run."""
    if not run(ScheduledQueue(queue, settings.config()).cancel(schedule_id)):
        raise JobNotFound(f"queue {queue} has no schedule {schedule_id}; its time may have come")
    if as_json:
        print_json({"cancelled": schedule_id})
    else:
        print_line(f"cancelled {schedule_id}")


async def _list(config: Config, queue: str | None) -> list[Schedule]:
    queues = await queues_with_schedules(config) if queue is None else [queue]
    found = [one for name in queues for one in await ScheduledQueue(name, config).list()]
    return sorted(found, key=lambda one: (one.timing.at is None, one.timing.at and one.timing.at.timestamp(), one.id))


def _when(timing: Timing) -> str:
    """Return the timing as the user wrote it."""
    if timing.every is not None:
        return f"every {span(timing.every)}"
    return "once" if timing.at is not None else timing.written or ""


def _next(timing: Timing) -> str:
    due = timing.next_after(datetime.now(UTC))
    return "" if due is None else moment(due.timestamp())


def _described(one: Schedule) -> dict[str, Any]:
    timing = one.timing
    return {
        "id": one.id,
        "queue": one.queue,
        "when": timing.pattern(),
        "at": timing.at,
        "cron": timing.cron,
        "written": timing.written,
        "every": timing.every,
        "next": timing.next_after(datetime.now(UTC)),
        "timezone": timing.timezone,
        "function": one.job.function,
        "args": shown(list(one.job.args)),
        "kwargs": shown(one.job.kwargs),
    }
