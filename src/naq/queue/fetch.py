"""Taking messages from a queue's consumer, one request at a time.

nats-py's `fetch` loses what arrives while its caller is cancelled; here that is given back. The worker's continuous
pull is in `naq.worker.pull`.
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
from naq.errors import PermissionDenied
from naq.queue.streams import ensure_consumer, ensure_jobs, names

logger = logging.getLogger(__name__)

# How much longer than the server we wait for its word that the request has expired.
GRACE = 2.0
# How long a cancelled request may take to be withdrawn; afterwards what is on its way comes again by itself.
WITHDRAWAL = 5.0
ACK_ATTEMPTS = 3
CONSUMER_MISSING = frozenset({"404", "409", "503"})


class PullOne:
    """One request for one message.

    When a `thorough` request is taken back, it waits until the server has processed it. A second request, which is
    not thorough, finds this out, so that a server that does not answer is not asked without end.
    """

    def __init__(self, connection: Client, subject: str, *, thorough: bool = True) -> None:
        self._connection = connection
        self._subject = subject
        self._thorough = thorough
        self._arrived: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()

    async def get(self, timeout: float) -> Msg:
        """The message, or the server's status in place of one.

        Raises nats-py's TimeoutError when neither comes, and `PermissionDenied` when asking is not permitted.
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
        """Wait for what is on its way, and give it back."""
        try:
            async with asyncio.timeout(WITHDRAWAL if self._thorough else GRACE):
                if self._thorough:
                    await overtaken(self._connection, self._subject)
                await subscription.drain()
        except (nats.errors.Error, TimeoutError, OSError) as error:
            logger.debug("withdrawing a pull request: %s", error)
        if self._arrived.done() and not status_of(self._arrived.result()):
            await give_back(self._arrived.result())
        self._arrived.cancel()


def next_subject(stream: str, consumer: str) -> str:
    """Where messages of a consumer are asked for."""
    return f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"


async def overtaken(connection: Client, subject: str) -> None:
    """Wait until the server has dealt with the requests that were sent before: it takes them one after the other.

    Whoever unsubscribes earlier may lose a message that is on its way, until its ack wait is over.
    """
    msg = await PullOne(connection, subject, thorough=False).get(0)
    if not status_of(msg):
        await give_back(msg)


async def pull_one(connection: Client, js: JetStreamContext, config: Config, queue: str, timeout: float) -> Msg | None:
    """The next message of a queue, or None when there is none within `timeout` seconds (0: do not wait)."""
    where = names(config)
    for attempt in (1, 2):
        msg = await PullOne(connection, next_subject(where.jobs, where.consumer(queue))).get(timeout)
        status = status_of(msg)
        if not status:
            return msg
        if attempt == 1 and _consumer_is_missing(status, timeout):
            await ensure_jobs(connection, js, config)
            await ensure_consumer(js, config, queue)
            continue
        break
    return None


def status_of(msg: Msg) -> str | None:
    """The status code of a message by which the server answers a pull request; None for a message of a stream.

    Headers and body do not tell, as anybody may publish a message that looks like an answer: what comes from a stream
    names the subject to which it is acknowledged, and an answer of the server names none.
    """
    return msg.headers.get("Status") if msg.headers and not msg.data and not msg.reply else None


async def give_back(msg: Msg, delay: float | None = None) -> None:
    """Return a message to its queue; where that fails, the server does it when its ack wait is over."""
    try:
        await msg.nak(delay)
    except (nats.errors.Error, OSError) as error:
        logger.info("not given back, it comes again by itself: %s", error or type(error).__name__)


async def acknowledge(msg: Msg, timeout: float) -> None:
    """Acknowledge a message and wait for the server to confirm it; raises nats-py's TimeoutError when it does not."""
    for attempt in range(1, ACK_ATTEMPTS + 1):
        try:
            await msg.ack_sync(timeout=timeout)
            return
        except nats.errors.TimeoutError:
            if attempt == ACK_ATTEMPTS:
                raise


def _consumer_is_missing(status: str, timeout: float) -> bool:
    # Without waiting, 404 only says that the queue is empty.
    return status in CONSUMER_MISSING and not (status == "404" and timeout <= 0)


async def _unsubscribe(subscription: Any) -> None:
    try:
        await subscription.unsubscribe()
    except nats.errors.Error as error:
        logger.debug("unsubscribing: %s", error)
