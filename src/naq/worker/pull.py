"""Pulling a consumer's messages continuously, with overlapping requests, so that the server never waits for a request.

Knows consumers and the server's answers to pull requests, but not what the messages mean.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from naq.connection.client import subscribe_directly
from naq.connection.denials import watch_denials
from naq.errors import PermissionDenied
from naq.queue.fetch import next_subject, status_of, wait_for_earlier_requests

logger = logging.getLogger(__name__)

# Seconds after which a request expires, and between the heartbeats that the server sends until then.
EXPIRES = 10.0
HEARTBEAT = 2.0
# Seconds without an answer or a heartbeat after which a request counts as lost.
SILENCE = 5.0
LOOK_AGAIN = 0.5
# Time limit in seconds for ending the subscription.
ENDING = 2.0
PAUSE = 0.25
LONGEST_PAUSE = 5.0
HEARTBEAT_STATUS = "100"
EXPIRED = frozenset({"404", "408"})
UNSETTLED_HEADER = "Nats-Pending-Messages"


class Puller:
    """Pulls up to `room()` messages from one consumer, and calls `deliver` with each.

    `repair` creates the consumer again when the server reports that it is missing. A request lasts `expires` seconds.
    """

    def __init__(
        self,
        connection: Client,
        stream: str,
        consumer: str,
        *,
        room: Callable[[], int],
        deliver: Callable[[Msg], None],
        repair: Callable[[], Awaitable[Any]],
        expires: float = EXPIRES,
    ) -> None:
        self._connection = connection
        self._subject = next_subject(stream, consumer)
        self._name = consumer
        self._room = room
        self._deliver = deliver
        self._repair = repair
        self._expires = expires
        self._requested = 0
        self._heard = 0.0
        self._consumer_lost = False
        self._answered = False
        self._denied: PermissionDenied | None = None
        self._reconnects = connection.stats["reconnects"]
        self._changed = asyncio.Event()
        self._look_is_planned = False
        self._loop = asyncio.get_running_loop()
        self._subscription: Any = None

    def wake(self) -> None:
        """Check in the next step of the loop whether there is room for another request: once for many messages."""
        if not self._look_is_planned and not self._changed.is_set():
            self._look_is_planned = True
            self._loop.call_soon(self._look)

    def _look(self) -> None:
        self._look_is_planned = False
        if self._wanted():
            self._changed.set()

    @property
    def requested(self) -> int:
        """The number of messages that were requested and have not arrived."""
        return self._requested

    async def run(self) -> None:
        """Pull until cancelled.

        Raises ConnectionClosedError when the connection is closed permanently, and `PermissionDenied` when pulling was
        never permitted. If the permission is removed later, the puller waits until it is granted again.
        """
        with watch_denials(self._connection, self._subject, self._on_denial):
            await self._pull()

    async def _pull(self) -> None:
        inbox = self._connection.new_inbox()
        self._subscription = await subscribe_directly(self._connection, inbox, self._on_message)
        pause = PAUSE
        while True:
            if not self._connection.is_connected:
                await self._outage()
                continue
            try:
                await self._step(inbox)
            except nats.errors.ConnectionClosedError:
                raise
            except (nats.errors.Error, OSError) as error:
                if isinstance(error, PermissionDenied) and not self._answered:
                    raise
                logger.warning("pulling from %s: %r; next try in %g s", self._name, error, pause)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
            else:
                pause = PAUSE

    async def stop(self) -> None:
        """Wait for messages that are under way, and unsubscribe. The task of `run` must have ended.

        Returns at once without a connection, and after `ENDING` seconds if the server stalls.
        """
        if self._subscription is None or not self._connection.is_connected:
            return
        try:
            async with asyncio.timeout(ENDING):
                if self._requested:
                    await wait_for_earlier_requests(self._connection, self._subject)
                await self._subscription.drain()
        except (nats.errors.Error, TimeoutError, OSError) as error:
            logger.debug("ending the subscription to %s: %s", self._name, error)

    async def _outage(self) -> None:
        """Forget the requests of a lost connection, and wait a moment. Raises ConnectionClosedError."""
        if self._connection.is_closed:
            raise nats.errors.ConnectionClosedError
        self._requested = 0
        await asyncio.sleep(PAUSE / 5)
        self._heard = self._loop.time()

    def _on_denial(self, error: PermissionDenied) -> None:
        self._denied = error
        self._changed.set()

    async def _step(self, inbox: str) -> None:
        denied, self._denied = self._denied, None
        if denied is not None:
            self._requested = 0
            raise denied
        if self._consumer_lost:
            # The server (2.15.1) reports a deleted stream before it has removed its files. It would also remove those
            # of a stream that is created at once.
            await asyncio.sleep(PAUSE)
            await self._repair()
            self._consumer_lost = False
            self._requested = 0
        reconnects = self._connection.stats["reconnects"]
        if reconnects != self._reconnects:
            # The outage was too short to be noticed, but the requests of the lost connection are gone.
            self._reconnects = reconnects
            self._requested = 0
        if self._requested and self._loop.time() - self._heard > SILENCE:
            logger.info("no answer from %s for %g s; pulling again", self._name, SILENCE)
            self._requested = 0
        wanted = self._wanted()
        if wanted:
            await self._request(inbox, wanted)
        self._changed.clear()
        try:
            async with asyncio.timeout(LOOK_AGAIN):
                await self._changed.wait()
        except TimeoutError:
            return

    def _wanted(self) -> int:
        """Return how many messages to request now, 0 while more than half of the room is requested.

        This makes few large requests rather than many small ones.
        """
        room = self._room()
        wanted = room - self._requested
        return wanted if wanted > 0 and (self._requested == 0 or wanted * 2 >= room) else 0

    async def _request(self, inbox: str, count: int) -> None:
        request = {"batch": count, "expires": int(self._expires * 1e9)}
        if self._expires > 2 * HEARTBEAT:
            request["idle_heartbeat"] = int(HEARTBEAT * 1e9)
        if not self._requested:
            self._heard = self._loop.time()
        self._requested += count
        await self._connection.publish(self._subject, json.dumps(request).encode(), reply=inbox)

    def _on_message(self, msg: Msg) -> None:
        self._heard = self._loop.time()
        self._answered = True
        status = status_of(msg)
        if status is None:
            self._requested = max(0, self._requested - 1)
            self._deliver(msg)
            self.wake()
        elif status != HEARTBEAT_STATUS:
            self._on_status(status, msg.headers or {})
            self._changed.set()

    def _on_status(self, status: str, headers: dict[str, str]) -> None:
        left = headers.get(UNSETTLED_HEADER, "")
        self._requested = max(0, self._requested - int(left)) if left.isdecimal() else 0
        if status not in EXPIRED:
            logger.info("%s: %s %s", self._name, status, headers.get("Description", "").split("\n")[0])
            self._consumer_lost = True
