"""Ending a client of nats-py, so that no socket and no task of it stays, whatever its state is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import nats.errors
from nats.aio.client import Client

from naq.config import NatsConfig
from naq.connection import sockets
from naq.connection.draining import drain_handlers
from naq.connection.options import described
from naq.error_text import error_text

logger = logging.getLogger("naq.connection")


async def finish(client: Client, settings: NatsConfig) -> None:
    """Send published messages, let handlers finish theirs, and close; each step has a time limit.

    Does not raise nats-py's errors. A cancellation closes the socket.
    """
    try:
        if client.is_connected:
            revive(client)
            await drain_handlers(client, list(client._subs.values()), settings.drain_timeout)
            await within(settings.flush_timeout, client.flush, settings)
        if client._pending_data_size:
            logger.warning("%s: %d bytes were not sent", described(settings), client._pending_data_size)
        if not client.is_closed:
            await within(settings.flush_timeout, client.close, settings)
    finally:
        await abandon(client, settings)


async def abandon(client: Client, settings: NatsConfig) -> None:
    """Close the socket and end the client's tasks; unsent bytes are sent within `flush_timeout`, or lost."""
    client._status = Client.CLOSED
    for task in _own_tasks(client):
        task.cancel()
    try:
        await sockets.close(client, settings.flush_timeout)
    except TimeoutError:
        logger.warning("%s: the server reads no more data; what is not sent is lost", described(settings))
    if sockets.is_websocket(client):

        async def end_session() -> None:
            await sockets.end_session(client)

        await within(settings.flush_timeout, end_session, settings)
    # One step for the loop to close the socket, one for the tasks to end.
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def revive(client: Client) -> None:
    """Start the reader and the writer again if the end of the loop has cancelled them."""
    loop = asyncio.get_running_loop()
    if client._reading_task is None or client._reading_task.done():
        client._reading_task = loop.create_task(client._read_loop())
    if client._flusher_task is None or client._flusher_task.done():
        client._flusher_task = loop.create_task(client._flusher())


async def within(seconds: float, step: Callable[[], Awaitable[None]], settings: NatsConfig) -> None:
    """Await a step of closing; its errors, and that its time is over, are only logged."""
    try:
        async with asyncio.timeout(seconds):
            await step()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        # A future that another task had cancelled; this task was not cancelled.
        logger.debug("%s: %s() was interrupted while closing", described(settings), step.__name__)
    except (TimeoutError, nats.errors.Error, OSError) as error:
        text = error_text(error)
        logger.warning("%s: %s() failed while closing: %s", described(settings), step.__name__, text)


def _own_tasks(client: Client) -> list[asyncio.Task[Any]]:
    tasks = [client._reading_task, client._flusher_task, client._ping_interval_task, client._reconnection_task]
    tasks += [sub._wait_for_msgs_task for sub in client._subs.values()]
    return [task for task in tasks if task is not None and not task.done() and task is not asyncio.current_task()]
