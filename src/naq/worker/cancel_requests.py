"""The requests to cancel jobs, as one worker knows them: those stored before it started, and each new one at once.

A request is a record in a bucket, and its write is an ordinary message, to which the worker subscribes. So a job costs
no read. A job in the worker's hands is cut off when its request arrives; a later delivery of the job does not run.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from naq.config import Config
from naq.connection.denials import subscription_denied
from naq.errors import DeserializationError, PermissionDenied
from naq.queue.streams import CANCEL_TTL, names
from naq.records import CancelRequest, decode
from naq.worker.delivery import Delivery
from naq.worker.status import present_values

logger = logging.getLogger(__name__)

# Seconds between two checks of whether the connection was lost in between, so that requests may have been missed.
LOOK: Final = 0.25


class CancelRequests:
    """Keeps the requests of one session; `in_hand` returns the deliveries that the worker holds."""

    def __init__(
        self, connection: Client, js: JetStreamContext, config: Config, in_hand: Callable[[], Iterable[Delivery]]
    ) -> None:
        self._connection = connection
        self._js = js
        self._bucket = names(config).cancels
        self._pattern = names(config).key(self._bucket, "*")
        self._in_hand = in_hand
        self._loop = asyncio.get_running_loop()
        # By job id: the highest sequence number that a request concerns, and when its record has expired.
        self._known: dict[str, tuple[int, float]] = {}
        self._reconnects = connection.stats["reconnects"]

    def __repr__(self) -> str:
        return f"<{len(self._known)} requests to cancel jobs>"

    def concern(self, job_id: str, seq: int) -> bool:
        """Return whether the message `seq` of a job was cancelled. Called for each job."""
        return bool(self._known) and job_id in self._known and seq <= self._known[job_id][0]

    async def open(self) -> None:
        """Subscribe to new requests and read those that are stored. Raises nats-py's errors.

        Without the permissions for this, the log has a warning, and jobs that run are not aborted.
        """
        await self._connection.subscribe(self._pattern, cb=self._on_message)
        await self._read()

    async def run(self) -> None:
        """Read the stored requests again after each reconnect, until cancelled; forget those that have expired."""
        warned = False
        while True:
            await asyncio.sleep(LOOK)
            if not warned and subscription_denied(self._connection, self._pattern):
                warned = True
                logger.warning("running jobs cannot be aborted: no permission to subscribe to %r", self._pattern)
            reconnects = self._connection.stats["reconnects"]
            if reconnects != self._reconnects and self._connection.is_connected:
                await self._read_again(reconnects)
            if self._known:
                self._forget_expired()

    async def _read_again(self, reconnects: int) -> None:
        try:
            await self._read()
            self._reconnects = reconnects
        except nats.errors.ConnectionClosedError:
            raise
        except (nats.errors.Error, OSError) as error:
            logger.info("the requests to cancel jobs cannot be read, next try soon: %r", error)

    async def _read(self) -> None:
        try:
            for value in await present_values(self._js, self._bucket, self._pattern):
                self._note(value)
        except PermissionDenied as denied:
            logger.warning("jobs that were cancelled while no worker ran may run: %s", denied)

    async def _on_message(self, msg: Msg) -> None:
        if msg.data:
            self._note(msg.data)

    def _note(self, value: bytes) -> None:
        """Remember a request, and cut off the job if it is in hand."""
        try:
            request = decode(value, CancelRequest)
        except DeserializationError as error:
            logger.warning("a request to cancel a job is ignored: %s", error)
            return
        # Removed first, so that the entries stay in the order of time.
        upto = max(request.upto, self._known.pop(request.job_id, (0, 0.0))[0])
        self._known[request.job_id] = (upto, self._loop.time() + CANCEL_TTL)
        for delivery in self._in_hand():
            concerned = delivery.job is not None and delivery.job.id == request.job_id and delivery.seq <= upto
            if concerned and delivery.cut is not None:
                delivery.cut.make()

    def _forget_expired(self) -> None:
        now = self._loop.time()
        while self._known:
            oldest = next(iter(self._known))
            if self._known[oldest][1] > now:
                return
            del self._known[oldest]
