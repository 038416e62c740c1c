"""Taking messages from a queue's consumer, with one request at a time.

nats-py's `fetch` loses a message that arrives while its caller is cancelled; here it is given back. The worker pulls
continuously, with `naq.worker.pull`.
"""

import asyncio
import json
import logging
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from naq.cancellation import finish
from naq.config import Config
from naq.connection.denials import watch_denials
from naq.error_text import error_text
from naq.errors import PermissionDenied
from naq.option_values import Priority
from naq.queue.streams import ensure_consumer, ensure_jobs, names

logger = logging.getLogger(__name__)

# Seconds after the end of a request within which the server's answer that it has expired must arrive.
GRACE = 2.0
# Time limit in seconds for withdrawing a cancelled request. A message that arrives later is delivered again after its
# ack wait.
WITHDRAWAL = 5.0
ACK_ATTEMPTS = 3
CONSUMER_MISSING = frozenset({"404", "409", "503"})


class PullOne:
    """One request for one message.

    Withdrawing a `thorough` request waits until the server has processed it, which a second request detects. That
    second request is not thorough, so that the chain ends also if the server does not answer.
    """

    def __init__(self, connection: Client, subject: str, *, thorough: bool = True) -> None:
        self._connection = connection
        self._subject = subject
        self._thorough = thorough
        self._arrived: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()

    async def get(self, timeout: float) -> Msg:
        """Return the message, or the server's status message if there is none.

        Raises nats-py's TimeoutError when neither comes, and `PermissionDenied` when the request is not permitted.
        """
        inbox = self._connection.new_inbox()
        subscription = await self._connection.subscribe(inbox, cb=self._on_message)
        request = {"batch": 1, "expires": int(timeout * 1e9)} if timeout > 0 else {"batch": 1, "no_wait": True}
        try:
            with watch_denials(self._connection, self._subject, self._on_denial):
                await self._connection.publish(self._subject, json.dumps(request).encode(), reply=inbox)
                async with asyncio.timeout(timeout + GRACE):
                    msg = await asyncio.shield(self._arrived)
        except PermissionDenied:
            await finish(_unsubscribe(subscription))
            raise
        except TimeoutError:
            await finish(self._withdraw(subscription))
            raise nats.errors.TimeoutError from None
        except asyncio.CancelledError:
            await finish(self._withdraw(subscription))
            raise
        try:
            await finish(_unsubscribe(subscription))
        except asyncio.CancelledError:
            if not status_of(msg):
                await finish(give_back(msg))
            raise
        return msg

    async def _on_message(self, msg: Msg) -> None:
        if not self._arrived.done():
            self._arrived.set_result(msg)

    def _on_denial(self, error: PermissionDenied) -> None:
        if not self._arrived.done():
            self._arrived.set_exception(error)

    async def _withdraw(self, subscription: Any) -> None:
        """Wait for a message that may be under way, and give it back."""
        try:
            async with asyncio.timeout(WITHDRAWAL if self._thorough else GRACE):
                if self._thorough:
                    await wait_for_earlier_requests(self._connection, self._subject)
                await subscription.drain()
        except (nats.errors.Error, TimeoutError, OSError) as error:
            logger.debug("withdrawing a pull request: %s", error)
        if self._arrived.done() and not status_of(self._arrived.result()):
            await give_back(self._arrived.result())
        self._arrived.cancel()


def next_subject(stream: str, consumer: str) -> str:
    """Return the subject of requests for messages of a consumer."""
    return f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"


async def wait_for_earlier_requests(connection: Client, subject: str) -> None:
    """Wait until the server has processed earlier requests on this subject: it processes them in order.

    Unsubscribing earlier can miss a message that is under way, which is then delivered again only after its ack wait.
    """
    msg = await PullOne(connection, subject, thorough=False).get(0)
    if not status_of(msg):
        await give_back(msg)


async def pull_one(
    connection: Client,
    js: JetStreamContext,
    config: Config,
    queue: str,
    timeout: float,
    priority: Priority | None = None,
) -> Msg | None:
    """Return the next message of a queue and priority; None when none comes within `timeout` seconds (0: no wait)."""
    where = names(config)
    for attempt in (1, 2):
        msg = await PullOne(connection, next_subject(where.jobs, where.consumer(queue, priority))).get(timeout)
        status = status_of(msg)
        if not status:
            return msg
        if attempt == 1 and _consumer_is_missing(status, timeout):
            await ensure_jobs(connection, js, config)
            await ensure_consumer(js, config, queue, priority)
            continue
        break
    return None


def status_of(msg: Msg) -> str | None:
    """Return the status code of the server's answer to a pull request; None for a message of a stream.

    Headers and payload alone are not enough, as any client can publish a message that looks like an answer. Messages of
    a stream have a reply subject, to which they are acknowledged; answers of the server have none.
    """
    return msg.headers.get("Status") if msg.headers and not msg.data and not msg.reply else None


async def give_back(msg: Msg, delay: float | None = None) -> None:
    """Give a message back to its queue; if that fails, the server delivers it again after its ack wait."""
    try:
        await msg.nak(delay)
    except (nats.errors.Error, OSError) as error:
        logger.info("a message is not given back, but delivered again after its ack wait: %s", error_text(error))


async def acknowledge(msg: Msg, timeout: float) -> None:
    """Acknowledge a message and wait for the confirmation. Raises nats-py's TimeoutError when none comes."""
    for attempt in range(1, ACK_ATTEMPTS + 1):
        try:
            await msg.ack_sync(timeout=timeout)
            return
        except nats.errors.TimeoutError:
            if attempt == ACK_ATTEMPTS:
                raise


def _consumer_is_missing(status: str, timeout: float) -> bool:
    # To a request that does not wait, 404 means that the queue is empty.
    return status in CONSUMER_MISSING and not (status == "404" and timeout <= 0)


async def _unsubscribe(subscription: Any) -> None:
    try:
        await subscription.unsubscribe()
    except nats.errors.Error as error:
        logger.debug("unsubscribing: %s", error)
