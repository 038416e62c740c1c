"""Subscriptions with handlers: which are at work, and an end of them in which each works off the messages it has."""

from __future__ import annotations

import asyncio
import logging

import nats.errors
from nats.aio.client import Client
from nats.aio.subscription import Subscription

from naq.cancellation import shielded
from naq.error_text import error_text

logger = logging.getLogger("naq.connection")


async def drain_handlers(client: Client, subscriptions: list[Subscription], seconds: float) -> None:
    """Take no more messages, and let handlers finish with those that came; gives up after `seconds`.

    nats-py's own `drain` of a subscription also waits for messages that no code will take.
    """
    handled = [one for one in subscriptions if is_handled(one)]
    if not handled or not client.is_connected:
        return
    try:
        async with asyncio.timeout(seconds):
            await shielded(_stop_delivery(client, handled, seconds))
            for one in handled:
                await one._pending_queue.join()
    except (TimeoutError, nats.errors.Error, OSError) as error:
        logger.warning("handlers still at work at the end: %s", error_text(error))


async def _stop_delivery(client: Client, subscriptions: list[Subscription], seconds: float) -> None:
    for one in subscriptions:
        await client._send_unsubscribe(one._id)
    # After the answer, what the server had sent before is here.
    await client.flush(timeout=seconds)  # type: ignore[arg-type]  # nats-py says int, and takes any number


def is_handled(subscription: Subscription) -> bool:
    """Whether a handler is there to take its messages."""
    task = subscription._wait_for_msgs_task
    return task is not None and not task.done()
