"""`naq events tail`: printing events as they arrive, or from the stream that keeps them."""

from __future__ import annotations

import contextlib

import click
import msgspec

from naq.command.context import Settings, exit_code, json_option, run, stopping
from naq.command.output import print_json, print_line
from naq.events.event import Event
from naq.events.subscriber import EventSubscriber
from naq.shown_times import moment

OFF = (
    "naq: events of jobs are disabled in these settings (events.enabled, NAQ_EVENTS__ENABLED=true); "
    "only queues and workers in which they are enabled publish them"
)


@click.group()
def events() -> None:
    """Show events of jobs and of your own programs."""


@events.command()
@click.argument("event_type", default=">")
@click.option("--durable", metavar="NAME", help="Read the kept events, from the position of this name on.")
@click.option("--count", "-n", type=click.IntRange(1), help="End after so many events.")
@json_option
@click.pass_obj
def tail(settings: Settings, event_type: str, durable: str | None, count: int | None, as_json: bool) -> int:
    """Print events until interrupted: all, or those of EVENT_TYPE, as in "job.failed" or "order.*".

    Queues and workers publish events of jobs only if events.enabled is set for them.
    """
    config = settings.config()
    subscriber = EventSubscriber(event_type, config, durable=durable)
    if not config.events.enabled and _may_be_of_jobs(event_type):
        click.echo(OFF, err=True)
    return run(_tail(subscriber, count, as_json))


def _may_be_of_jobs(pattern: str) -> bool:
    """Return whether a pattern may include events of jobs."""
    return pattern.partition(".")[0] in ("job", "*", ">")


async def _tail(subscriber: EventSubscriber, count: int | None, as_json: bool) -> int:
    seen = 0
    with stopping(subscriber.stop) as signals:
        async with contextlib.aclosing(subscriber.events()) as found:
            async for event in found:
                # A further event, which arrived before the stop; it is given back.
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
