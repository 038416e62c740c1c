"""`naq failed`: listing permanently failed jobs, putting them back on their queues, and deleting them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any

import click

from naq.command.context import Settings, duration, json_option, run
from naq.command.output import busy, print_fields, print_json, print_line, print_table
from naq.config import Config
from naq.errors import DeserializationError
from naq.records import as_dict
from naq.shown_times import ago, moment
from naq.worker.failed import FailedJob, FailedJobs

queue_option = click.option("--queue", "-q", help="Only jobs of this queue.")
age_option = click.option(
    "--older-than", type=duration, metavar="DURATION", help="Only jobs that failed longer ago than this."
)
all_option = click.option("--all", "everything", is_flag=True, help="All jobs that the other options select.")


@click.group()
def failed() -> None:
    """List, requeue or delete jobs that failed permanently."""


@failed.command("list")
@queue_option
@age_option
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@json_option
@click.pass_obj
def list_(settings: Settings, queue: str | None, older_than: float | None, limit: int, as_json: bool) -> None:
    """List failed jobs, the oldest first."""
    config = settings.config()
    found, total = run(_list(config, queue, older_than, limit))
    if as_json:
        print_json([_described(one, config) for one in found])
        return
    now = time.time()
    rows = [
        (one.sequence, about.job_id, about.queue, about.kind, ago(about.failed_at, now), _line(one))
        for one in found
        for about in [one.details]
    ]
    columns = ("number", "job", "queue", "kind", "when", "error")
    print_table("Failed jobs", columns, rows, "no failed jobs", whole=("number", "job"))
    if total > len(found) and older_than is None:
        print_line(f"{len(found)} of {total}; --limit shows more")


async def _list(config: Config, queue: str | None, older_than: float | None, limit: int) -> tuple[list[FailedJob], int]:
    jobs = FailedJobs(config)
    return await asyncio.gather(jobs.list(queue, older_than=older_than, limit=limit), jobs.count(queue))


@failed.command()
@click.argument("number_or_job")
@json_option
@click.pass_obj
def show(settings: Settings, number_or_job: str, as_json: bool) -> None:
    """Show one failed job with its traceback, by its number or its job id."""
    config = settings.config()
    jobs = FailedJobs(config)
    one = run(jobs.show(int(number_or_job)) if number_or_job.isdecimal() else jobs.find(number_or_job))
    described = _described(one, config)
    if as_json:
        print_json(described)
        return
    trace = described.pop("traceback", "")
    described["failed_at"] = moment(one.details.failed_at)
    print_fields((name.replace("_", " "), value) for name, value in described.items())
    if trace:
        print_line("")
        print_line(trace.rstrip())


@failed.command()
@click.argument("numbers", nargs=-1, type=click.IntRange(1))
@all_option
@queue_option
@age_option
@json_option
@click.pass_obj
def requeue(
    settings: Settings,
    numbers: tuple[int, ...],
    everything: bool,
    queue: str | None,
    older_than: float | None,
    as_json: bool,
) -> None:
    """Put failed jobs back on the queues that they came from: those with these NUMBERS, or --all."""
    jobs = _selected(settings, numbers, everything, queue, older_than)
    with busy("putting jobs back"):
        count = run(_one_by_one(jobs.requeue, numbers) if numbers else jobs.requeue_all(queue, older_than=older_than))
    _print_count("requeued", count, as_json)


@failed.command()
@click.argument("numbers", nargs=-1, type=click.IntRange(1))
@all_option
@queue_option
@age_option
@json_option
@click.pass_obj
def purge(
    settings: Settings,
    numbers: tuple[int, ...],
    everything: bool,
    queue: str | None,
    older_than: float | None,
    as_json: bool,
) -> None:
    """Delete failed jobs: those with these NUMBERS, or --all."""
    jobs = _selected(settings, numbers, everything, queue, older_than)

    async def one(number: int) -> None:
        await jobs.purge(sequence=number)

    with busy("deleting jobs"):
        count = run(_one_by_one(one, numbers) if numbers else jobs.purge(queue, older_than=older_than))
    _print_count("purged", count, as_json)


def _selected(
    settings: Settings, numbers: tuple[int, ...], everything: bool, queue: str | None, older_than: float | None
) -> FailedJobs:
    if bool(numbers) == everything:
        raise click.UsageError("pass either the numbers of failed jobs or --all")
    if numbers and (queue or older_than is not None):
        raise click.UsageError("--queue and --older-than can only be used with --all")
    return FailedJobs(settings.config())


async def _one_by_one(work: Any, numbers: Iterable[int]) -> int:
    count = 0
    for number in numbers:
        await work(number)
        count += 1
    return count


def _print_count(done: str, count: int, as_json: bool) -> None:
    if as_json:
        print_json({done: count})
    else:
        print_line(f"{count} {done}")


def _described(one: FailedJob, config: Config) -> dict[str, Any]:
    fields: dict[str, Any] = {"number": one.sequence, **as_dict(one.details), "truncated": one.truncated}
    try:
        job = one.job(config)
    except DeserializationError:
        return {**fields, "payload": one.payload.decode(errors="backslashreplace")}
    return {**fields, "function": job.function, "args": list(job.args), "kwargs": job.kwargs}


def _line(one: FailedJob) -> str:
    """Return the first line of a failed job's error."""
    lines = one.details.error.splitlines()
    return lines[0] if lines else ""
