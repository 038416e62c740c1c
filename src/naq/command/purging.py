"""`naq purge`: deleting the jobs of a queue, after a question."""

from __future__ import annotations

import sys

import click

from naq.command.context import Settings, duration, json_option, run
from naq.command.output import busy, print_json, print_line
from naq.queue.core import Queue
from naq.queue.listing import check_queue
from naq.queue.purging import delete_jobs, find_jobs
from naq.shown_times import span


@click.command()
@click.argument("queue")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option(
    "--older-than", type=duration, metavar="DURATION", help="Only jobs that were put on the queue longer ago than this."
)
@click.option("--function", "-f", metavar="PATTERN", help="Only jobs of this function; as in shop:send or 'shop:*'.")
@json_option
@click.pass_obj
def purge(
    settings: Settings, queue: str, yes: bool, older_than: float | None, function: str | None, as_json: bool
) -> int:
    """Delete the jobs of QUEUE that wait or will be retried, after a question.

    A job that a worker has fetched or started is deleted too: it runs to its end, and is not delivered again if its
    worker dies. Schedules stay ("naq schedules cancel"), and so do jobs that failed permanently ("naq failed purge").
    """
    config = settings.config()
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("--yes is needed where the question cannot be asked: the input is not a terminal")
    chosen = function is not None or older_than is not None
    run(check_queue(config, queue))
    numbers = run(find_jobs(config, queue, function=function, older_than=older_than)) if chosen else None
    count = run(Queue(queue, config).depth()) if numbers is None else len(numbers)
    if count and not yes:
        about = f" of {function}" if function is not None else ""
        about += f" that wait for more than {span(older_than)}" if older_than is not None else ""
        if not click.confirm(f"Delete {count} {'job' if count == 1 else 'jobs'} of queue {queue}{about}?", err=True):
            click.echo("nothing was deleted", err=True)
            return 1
    with busy("deleting jobs"):
        deleted = run(Queue(queue, config).purge() if numbers is None else delete_jobs(config, numbers))
    if as_json:
        print_json({"purged": deleted})
    else:
        print_line(f"{deleted} purged")
    return 0
