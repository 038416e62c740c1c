"""`naq enqueue`: enqueueing a job once, now or later, or repeatedly."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
import msgspec

from naq.command.context import Settings, duration, json_option, run
from naq.command.output import busy, print_json, print_line
from naq.config import Config
from naq.errors import InvalidJob, UnknownClass
from naq.job import Job, JobOptions, job_options
from naq.option_values import PRIORITIES
from naq.queue.core import Queue
from naq.queue.scheduled import ScheduledQueue
from naq.typed_values import shown

TIMES = ("delay", "at", "cron", "every")


@click.command()
@click.argument("function")
@click.argument("arguments", nargs=-1)
@click.option("--keyword", "-k", "keywords", multiple=True, metavar="NAME=VALUE", help="A keyword argument.")
@click.option("--queue", "-q", default="default", show_default=True)
@click.option("--max-retries", type=int, help="How often to run the job again after failures.")
@click.option("--retry-delay", type=duration, metavar="DURATION", help="Delay before a retry.")
@click.option("--timeout", type=duration, metavar="DURATION", help="Longest time that a run may take.")
@click.option("--result-ttl", type=duration, metavar="DURATION", help="How long to keep the result; 0: keep none.")
@click.option("--priority", type=click.Choice(PRIORITIES), help="Run the job before or after others of its queue.")
@click.option("--depends-on", multiple=True, metavar="JOB", help="Run the job after job JOB has succeeded.")
@click.option("--unique", metavar="KEY", help="Store no job while another with this key waits or runs on the queue.")
@click.option("--in", "delay", type=duration, metavar="DURATION", help="Run the job after this delay.")
@click.option("--at", metavar="TIME", help="Run the job at this time, as in 2030-01-31T12:00:00+01:00.")
@click.option("--cron", metavar="EXPRESSION", help="Run the job repeatedly, as in '0 3 * * *'.")
@click.option("--every", type=duration, metavar="DURATION", help="Run the job repeatedly, at this interval.")
@click.option("--timezone", metavar="NAME", help="Time zone of --cron, as in Europe/Berlin (default: UTC).")
@click.option("--id", "job_id", help="Id of the job or of the repeating schedule.")
@click.option("--wait", type=duration, metavar="DURATION", help="Wait at most this long for the result, and print it.")
@json_option
@click.pass_obj
def enqueue(settings: Settings, /, **given: Any) -> None:
    """Put a job on a queue.

    FUNCTION is the import path of the job's function, package.module:name. ARGUMENTS are JSON; an argument that is not
    JSON is passed as text. Write "--" before an argument that begins with a dash.
    """
    config = settings.config()
    chosen = [name for name in TIMES if given[name] is not None]
    if len(chosen) > 1:
        first = "in" if chosen[0] == "delay" else chosen[0]
        raise click.UsageError(f"--{first} and --{chosen[1]} cannot be used together")
    if given["wait"] is not None and chosen:
        raise click.UsageError("--wait can only be used with a job that runs now")
    if given["timezone"] is not None and given["cron"] is None:
        raise click.UsageError("--timezone can only be used with --cron")
    job = Job.create(
        given["function"],
        [_value(one) for one in given["arguments"]],
        dict(_keyword(one) for one in given["keywords"]),
        queue=given["queue"],
        options=_options(given),
        job_id=given["job_id"],
    )
    job.serialize(config.serializer)
    when = None if given["at"] is None else _time(given["at"])
    _print(run(_enqueue(config, job, {**given, "time": when}, chosen[0] if chosen else None)), given["as_json"])


def _options(given: dict[str, Any]) -> JobOptions:
    return job_options(
        max_retries=given["max_retries"],
        retry_delay=given["retry_delay"],
        timeout=given["timeout"],
        result_ttl=given["result_ttl"],
        depends_on=given["depends_on"],
        priority=given["priority"],
        unique=given["unique"],
    )


async def _enqueue(config: Config, job: Job, given: dict[str, Any], when: str | None) -> dict[str, Any]:
    """Enqueue the job, or schedule it if `when` names one of `TIMES`; returns the fields to print."""
    fields = {"id": job.id, "function": job.function, "queue": job.queue}
    if when is None:
        queue = Queue(job.queue, config)
        job = await queue.enqueue(job)
        fields |= _of_existing(job)
        if given["wait"] is not None:
            with busy(f"waiting for job {job.id}"):
                fields["result"] = await _result(queue, job, given["wait"])
        return fields
    schedules = ScheduledQueue(job.queue, config)
    if when == "delay":
        fields |= _of_existing(await schedules.enqueue_in(given["delay"], job))
    elif when == "at":
        fields |= _of_existing(await schedules.enqueue_at(given["time"], job))
    else:
        await schedules.schedule(
            job, cron=given["cron"], every=given["every"], timezone=given["timezone"], schedule_id=given["job_id"]
        )
    return {**fields, "scheduled": given[when]}


async def _result(queue: Queue, job: Job, seconds: float) -> Any:
    try:
        return await queue.result(job, seconds)
    except UnknownClass as error:
        # Of a class that only the program of the function knows.
        return shown(error.value)


def _of_existing(job: Job) -> dict[str, Any]:
    """Return what to print in place of the given job if another has its unique key, nothing otherwise."""
    return {"id": job.id, "function": job.function, "existing": True} if job.existing else {}


def _print(fields: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(fields)
    elif "result" in fields:
        print_line(msgspec.json.encode(fields["result"], enc_hook=repr).decode())
    elif "existing" in fields:
        print_line(f"existing {fields['id']} on {fields['queue']}")
    elif "scheduled" in fields:
        print_line(f"scheduled {fields['id']} on {fields['queue']}")
    else:
        print_line(f"enqueued {fields['id']} on {fields['queue']}")


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _keyword(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise click.UsageError(f"--keyword {text!r}: write it as name=value")
    return name, _value(value)


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidJob(f"--at {text!r}: write a time as in 2030-01-31T12:00:00+01:00") from None
    if found.utcoffset() is None:
        raise InvalidJob(f"--at {text!r} has no time zone; write a time as in 2030-01-31T12:00:00+01:00")
    return found
