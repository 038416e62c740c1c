"""`naq list` and `naq peek`: the jobs of a queue, and the next of them. Both only read."""

from __future__ import annotations

import time
from typing import Any

import click
import msgspec

from naq.command.context import Settings, json_option, run
from naq.command.output import print_fields, print_json, print_line, print_table
from naq.config import Config
from naq.job import Job
from naq.queue.job_head import JobHead, head_in
from naq.queue.listing import LISTED_STATES, ListedJob, list_jobs, next_message
from naq.queue.message import job_in
from naq.queue.stored_messages import StoredMessage
from naq.records import as_dict
from naq.shown_times import ago, moment, moment_and_ago
from naq.typed_values import shown


@click.command("list")
@click.argument("queue", default="default")
@click.option("--state", type=click.Choice(LISTED_STATES), help="Only jobs in this state.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Show so many jobs at most.")
@click.option("--after", type=click.IntRange(0), default=0, metavar="NUMBER", help="Only jobs behind this number.")
@json_option
@click.pass_obj
def list_(settings: Settings, queue: str, state: str | None, limit: int, after: int, as_json: bool) -> None:
    """List the jobs of QUEUE (default: "default") that are not done.

    queued: no worker has started it. running: a worker runs it. waiting: for another job. retrying: it has failed, and
    will run again. scheduled: for a later time, or repeatedly. "naq failed list" lists jobs that failed permanently.
    """
    page = run(list_jobs(settings.config(), queue, state=state, limit=limit, after=after))
    if as_json:
        print_json([as_dict(job) for job in page.jobs])
        return
    columns = ("number", "job", "state", "function", "enqueued", "priority", "worker", "about")
    empty = f"no {state} jobs on queue {queue}" if state else f"no jobs on queue {queue}"
    rows = [_row(job) for job in page.jobs]
    filled = [index for index, _ in enumerate(columns) if index < 5 or any(row[index] for row in rows)]
    print_table(
        f"Jobs of queue {queue}",
        [columns[index] for index in filled],
        [[row[index] for index in filled] for row in rows],
        empty if not after else f"{empty} behind number {after}",
        whole=("number", "job"),
    )
    if page.more:
        print_line(f"{len(page.jobs)} of {page.total} jobs; --after {page.jobs[-1].number} shows the next")


def _row(job: ListedJob) -> tuple[object, ...]:
    about = job.error.partition("\n")[0]
    if job.due is not None:
        about = f"next: {moment(job.due)}"
    elif job.failures:
        about = f"{job.failures} failed runs" if job.failures > 1 else "1 failed run"
    enqueued = ago(job.enqueued_at, time.time())
    priority = "" if job.priority == "normal" else job.priority
    return job.number, job.id, job.state, job.function, enqueued, priority, job.worker, about


@click.command()
@click.argument("queue", default="default")
@click.option("--arguments", "-a", is_flag=True, help="Show the arguments too; they may be secret.")
@json_option
@click.pass_obj
def peek(settings: Settings, queue: str, arguments: bool, as_json: bool) -> None:
    """Show the next job of QUEUE (default: "default") that no worker has taken, without taking it."""
    config = settings.config()
    message = run(next_message(config, queue))
    fields = None if message is None else _fields(message, queue, config, arguments)
    if as_json:
        print_json(fields)
    elif fields is None:
        print_line(f"no job waits on queue {queue}")
    else:
        shown = {**fields, "enqueued at": moment_and_ago(fields["enqueued_at"], time.time())}
        del shown["enqueued_at"]
        print_fields((name, _text(value)) for name, value in shown.items())


def _fields(message: StoredMessage, queue: str, config: Config, arguments: bool) -> dict[str, Any]:
    """Return the fields of the job. Raises `DeserializationError` when the message is not a job."""
    head: JobHead = head_in(message.data, message.headers, message.seq)
    fields: dict[str, Any] = {"job": head.id, "function": head.function, "queue": queue, "number": message.seq}
    fields |= {"enqueued_at": head.enqueued_at, "options": head.options}
    if arguments:
        job: Job = job_in(message.data, message.headers, message.seq, config.serializer)
        fields |= {"args": shown(list(job.args)), "kwargs": shown(job.kwargs)}
    return fields


def _text(value: Any) -> object:
    """Return a value as people read it: lists and dictionaries as JSON, nothing for an empty one."""
    if isinstance(value, (list, dict)):
        return msgspec.json.encode(value, enc_hook=repr).decode() if value else ""
    return value
