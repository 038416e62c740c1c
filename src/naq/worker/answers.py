"""Answering messages once their outcome is stored: acknowledging, ending or giving them back, and what is confirmed."""

import asyncio
import json
import logging
import time
from typing import Final

import nats.errors
from nats.aio.client import Client

from naq.config import Config
from naq.queue.memory import Bounded
from naq.queue.pipeline import Pipeline
from naq.worker.delivery import Delivery
from naq.worker.settlement import Action, Settlement

logger = logging.getLogger(__name__)

ATTEMPTS: Final = 3
# A record lasts if it is kept for so many times the ack wait.
LASTING: Final = 10
# How many settlements without a confirmed acknowledgement are kept, to settle the same message at once when it is
# delivered again.
REMEMBERED: Final = 10_000


class Answers:
    """The answers of one worker to its messages, over one connection."""

    def __init__(self, connection: Client, pipeline: Pipeline, config: Config, *, patient: bool = False) -> None:
        self._connection = connection
        self._pipeline = pipeline
        self._timeout = config.queue.publish_timeout
        # Whether a message whose acknowledgement was lost comes again while the record of its success still exists.
        lasting = config.queue.state_ttl >= LASTING * config.worker.ack_wait
        self._acknowledges_at_once = patient and lasting
        self._unconfirmed: Bounded[tuple[int, str], Settlement] = Bounded(REMEMBERED)
        # By subject of jobs: reply subject and time of the last acknowledgement without a confirmation.
        self._acknowledged: dict[str, tuple[str, float]] = {}

    def remembered(self, delivery: Delivery) -> Settlement | None:
        """Return the settlement of this message if its acknowledgement was not confirmed, else None."""
        return self._unconfirmed.get(delivery.mark) if self._unconfirmed else None

    async def conclude(self, delivery: Delivery, settlement: Settlement, *, recorded: bool = False) -> None:
        """Settle the message, and remember the settlement if the server has not confirmed it.

        The acknowledgement of a first delivery whose success is `recorded` needs no confirmation: if it is lost, the
        next delivery finds the record.
        """
        try:
            if recorded and self._acknowledges_at_once and delivery.attempt == 1:
                await self._acknowledge(delivery)
                confirmed = True
            else:
                confirmed = await self._answer(delivery, settlement)
        except (nats.errors.Error, OSError) as error:
            logger.warning("%s is not settled, and will be delivered again: %r", delivery.named, error)
            confirmed = False
        delivery.settled = True
        if not confirmed and settlement.action is not Action.NAK:
            self._unconfirmed.put(delivery.mark, Settlement(settlement.action, tally=settlement.tally))

    async def _acknowledge(self, delivery: Delivery) -> None:
        """Acknowledge a message without waiting for the server."""
        self._acknowledged[delivery.msg.subject] = delivery.msg.reply, time.monotonic()
        await self._connection.publish(delivery.msg.reply, b"")

    async def confirm(self, limit: float) -> None:
        """Wait for at most `limit` seconds until the server has processed all acknowledgements.

        Acknowledging the last message of each consumer again is enough, as a consumer processes them in order. An older
        one is left alone: it was processed, and the stream may have been made again, with other messages by its number.
        """
        if not self._connection.is_connected:
            return
        since = time.monotonic() - self._timeout
        last = [reply for reply, at in self._acknowledged.values() if at > since]
        requests = [self._pipeline.request(reply, b"", timeout=limit) for reply in last]
        for error in await asyncio.gather(*requests, return_exceptions=True):
            if isinstance(error, Exception):
                logger.debug("the acknowledgements are not confirmed: %r", error)

    async def _answer(self, delivery: Delivery, settlement: Settlement) -> bool:
        if settlement.action is Action.LEAVE:
            return True
        if settlement.action is Action.NAK:
            if delivery.doubtful:
                # It is redelivered after its ack wait; if it was given back too, two workers could get it.
                return True
            await self.nak(delivery, settlement.delay)
            return True
        acknowledgement = b"" if settlement.action is Action.ACK else b"+TERM"
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._pipeline.request(delivery.msg.reply, acknowledgement, timeout=self._timeout)
            except nats.errors.TimeoutError:
                logger.info("%s: acknowledgement %d of %d not confirmed", delivery.named, attempt, ATTEMPTS)
            else:
                self._unconfirmed.pop(delivery.mark, None)
                return True
        return False

    async def nak(self, delivery: Delivery, delay: float) -> None:
        """Give a message back; the server delivers it again after `delay` seconds."""
        # Before it is sent: the message may come back at once, and is another delivery then.
        delivery.settled = True
        payload = b"-NAK" if delay <= 0 else b"-NAK " + json.dumps({"delay": int(delay * 1e9)}).encode()
        await self._connection.publish(delivery.msg.reply, payload)
