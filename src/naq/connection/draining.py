"""Ending subscriptions with handlers, so that each handler first finishes the messages that have arrived."""

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
    """Receive no more messages, and let handlers finish those that have arrived; stops waiting after `seconds`.

    nats-py's own `drain` of a subscription also waits for messages that no code will receive.
    """
    handled = [subscription for subscription in subscriptions if is_handled(subscription)]
    if not handled or not client.is_connected:
        return
    try:
        async with asyncio.timeout(seconds):
            await shielded(_stop_delivery(client, handled, seconds))
            for subscription in handled:
                await subscription._pending_queue.join()
    except (TimeoutError, nats.errors.Error, OSError) as error:
        logger.warning("subscriptions end while their handlers still run: %s", error_text(error))


async def _stop_delivery(client: Client, subscriptions: list[Subscription], seconds: float) -> None:
    for subscription in subscriptions:
        await client._send_unsubscribe(subscription._id)
    # When the answer is here, so is everything that the server had sent before it.
    await client.flush(timeout=seconds)  # type: ignore[arg-type]  # nats-py says int, and takes any number


def is_handled(subscription: Subscription) -> bool:
    """Return whether the subscription has a handler whose task still runs."""
    task = subscription._wait_for_msgs_task
    return task is not None and not task.done()
