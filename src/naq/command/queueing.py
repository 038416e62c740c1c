"""`naq enqueue`: put a job on a queue, now, later, or again and again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
import msgspec

from naq.command.context import Settings, duration, json_option, run
from naq.command.output import busy, print_json, print_line
from naq.config import Config
from naq.errors import InvalidJob
from naq.job import Job, JobOptions, job_options
from naq.queue.core import Queue
from naq.queue.scheduled import ScheduledQueue

TIMES = ("delay", "at", "cron", "every")


@click.command()
@click.argument("function")
@click.argument("arguments", nargs=-1)
@click.option("--keyword", "-k", "keywords", multiple=True, metavar="NAME=VALUE", help="A keyword argument.")
@click.option("--queue", "-q", default="default", show_default=True)
@click.option("--max-retries", type=int, help="Runs after the first failed one.")
@click.option("--retry-delay", type=duration, metavar="DURATION", help="Before a retry.")
@click.option("--timeout", type=duration, metavar="DURATION", help="Longest run.")
@click.option("--result-ttl", type=duration, metavar="DURATION", help="For how long the result is kept; 0: not at all.")
@click.option("--depends-on", multiple=True, metavar="JOB", help="Runs after this job has succeeded.")
@click.option("--in", "delay", type=duration, metavar="DURATION", help="Run it so much later.")
@click.option("--at", metavar="TIME", help="Run it at this time, as in 2030-01-31T12:00:00+01:00.")
@click.option("--cron", metavar="EXPRESSION", help="Run it again and again, as in '0 3 * * *'.")
@click.option("--every", type=duration, metavar="DURATION", help="Run it again and again, so far apart.")
@click.option("--timezone", metavar="NAME", help="For --cron, as in Europe/Berlin (default: UTC).")
@click.option("--id", "job_id", help="Id of the job or of the repeating schedule.")
@click.option("--wait", type=duration, metavar="DURATION", help="Wait so long for the result, and print it.")
@json_option
@click.pass_obj
def enqueue(settings: Settings, /, **given: Any) -> None:
    """Put a job on a queue.

    FUNCTION is its import path, package.module:name. ARGUMENTS are JSON; what is not JSON is taken as text. What begins
    with a dash goes behind "--".
    """
    config = settings.config()
    chosen = [name for name in TIMES if given[name] is not None]
    if len(chosen) > 1:
        raise click.UsageError(f"--{'in' if chosen[0] == 'delay' else chosen[0]} and --{chosen[1]} exclude each other")
    if given["wait"] is not None and chosen:
        raise click.UsageError("--wait goes with a job that runs now")
    if given["timezone"] is not None and given["cron"] is None:
        raise click.UsageError("--timezone goes with --cron")
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
    )


async def _enqueue(config: Config, job: Job, given: dict[str, Any], when: str | None) -> dict[str, Any]:
    """What there is to say afterwards."""
    said = {"id": job.id, "function": job.function, "queue": job.queue}
    if when is None:
        queue = Queue(job.queue, config)
        await queue.enqueue(job)
        if given["wait"] is not None:
            with busy(f"waiting for job {job.id}"):
                said["result"] = await queue.result(job, given["wait"])
        return said
    schedules = ScheduledQueue(job.queue, config)
    if when == "delay":
        await schedules.enqueue_in(given["delay"], job)
    elif when == "at":
        await schedules.enqueue_at(given["time"], job)
    else:
        await schedules.schedule(
            job, cron=given["cron"], every=given["every"], timezone=given["timezone"], schedule_id=given["job_id"]
        )
    return {**said, "scheduled": given[when]}


def _print(said: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(said)
    elif "result" in said:
        print_line(msgspec.json.encode(said["result"], enc_hook=repr).decode())
    elif "scheduled" in said:
        print_line(f"scheduled {said['id']} on {said['queue']}")
    else:
        print_line(f"enqueued {said['id']} on {said['queue']}")


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
        raise InvalidJob(f"--at {text!r}: has no time zone; write a time as in 2030-01-31T12:00:00+01:00")
    return found
