"""`naq events tail`: events as they happen, or from the stream that keeps them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator

import click
import msgspec

from naq.command.context import Settings, json_option, run
from naq.command.output import moment, print_json, print_line
from naq.events.event import Event
from naq.events.subscriber import EventSubscriber


@click.group()
def events() -> None:
    """Events of jobs and of your own."""


@events.command()
@click.argument("event_type", default=">")
@click.option("--durable", metavar="NAME", help="Read the kept events, from where this name left off.")
@click.option("--count", "-n", type=click.IntRange(1), help="End after so many.")
@json_option
@click.pass_obj
def tail(settings: Settings, event_type: str, durable: str | None, count: int | None, as_json: bool) -> None:
    """Print events until interrupted: all, or those of EVENT_TYPE, as in "job.failed" or "order.*"."""
    subscriber = EventSubscriber(event_type, settings.config(), durable=durable)
    run(_tail(subscriber, count, as_json))


async def _tail(subscriber: EventSubscriber, count: int | None, as_json: bool) -> None:
    seen = 0
    with _interrupts(subscriber):
        async with contextlib.aclosing(subscriber.events()) as found:
            async for event in found:
                # Arrived beyond what was asked for: given back unseen.
                if seen == count:
                    break
                _print(event, as_json)
                seen += 1
                if seen == count:
                    subscriber.stop()


def _print(event: Event, as_json: bool) -> None:
    if as_json:
        print_json(event, lines=True)
    else:
        print_line(f"{moment(event.at)}  {event.type:<16}  {msgspec.json.encode(event.data).decode()}")


@contextlib.contextmanager
def _interrupts(subscriber: EventSubscriber) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the listening, where the platform allows it."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, subscriber.stop)
    yield
