"""`naq events tail`: events as they happen, or from the stream that keeps them."""

from __future__ import annotations

import contextlib

import click
import msgspec

from naq.command.context import Settings, exit_code, json_option, run, stopping
from naq.command.output import moment, print_json, print_line
from naq.events.event import Event
from naq.events.subscriber import EventSubscriber

OFF = (
    "naq: events of jobs are off in these settings (events.enabled, NAQ_EVENTS__ENABLED=true); "
    "they come only from queues and workers where they are on"
)


@click.group()
def events() -> None:
    """Events of jobs and of your own."""


@events.command()
@click.argument("event_type", default=">")
@click.option("--durable", metavar="NAME", help="Read the kept events, from where this name left off.")
@click.option("--count", "-n", type=click.IntRange(1), help="End after so many.")
@json_option
@click.pass_obj
def tail(settings: Settings, event_type: str, durable: str | None, count: int | None, as_json: bool) -> int:
    """Print events until interrupted: all, or those of EVENT_TYPE, as in "job.failed" or "order.*".

    Queues and workers publish the events of jobs where their settings say events.enabled.
    """
    config = settings.config()
    subscriber = EventSubscriber(event_type, config, durable=durable)
    if not config.events.enabled and _may_be_of_jobs(event_type):
        click.echo(OFF, err=True)
    return run(_tail(subscriber, count, as_json))


def _may_be_of_jobs(pattern: str) -> bool:
    """Whether a pattern includes events that queue and worker publish."""
    return pattern.partition(".")[0] in ("job", "*", ">")


async def _tail(subscriber: EventSubscriber, count: int | None, as_json: bool) -> int:
    seen = 0
    with stopping(subscriber.stop) as signals:
        async with contextlib.aclosing(subscriber.events()) as found:
            async for event in found:
                # Arrived beyond what was asked for: given back unseen.
                if seen == count:
                    break
                _print(event, as_json)
                seen += 1
                if seen == count:
                    subscriber.stop()
    return exit_code(signals)


def _print(event: Event, as_json: bool) -> None:
    if as_json:
        print_json(event, lines=True)
    else:
        print_line(f"{moment(event.at)}  {event.type:<16}  {msgspec.json.encode(event.data).decode()}")
