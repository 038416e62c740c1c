"""Keeping messages: progress reports to the server, which else gives a message to another worker after its ack wait."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext

from naq.config import Config
from naq.option_values import Priority
from naq.queue.streams import ack_wait_of
from naq.worker.intake import Intake

logger = logging.getLogger(__name__)

# Seconds between two reads of the consumers' ack wait.
ACK_WAIT_LOOK: Final = 5.0


class KeepAlive:
    """Reports progress on the messages of one worker. `consumers` returns the arguments of `ack_wait_of` for each."""

    def __init__(
        self,
        connection: Client,
        js: JetStreamContext,
        config: Config,
        intake: Intake,
        consumers: Callable[[], Iterable[tuple[str, Priority]]],
    ) -> None:
        self._connection = connection
        self._js = js
        self._config = config
        self._intake = intake
        self._consumers = consumers
        self._loop = asyncio.get_running_loop()
        self._new_pace = asyncio.Event()

    async def run(self) -> None:
        """Report progress to the server for all messages that the worker holds."""
        while True:
            ack_wait = self._intake.ack_wait
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ack_wait / 6):
                    await self._new_pace.wait()
            self._new_pace.clear()
            self._intake.tick()
            due = self._loop.time() - ack_wait / 6
            for delivery in [one for one in self._intake.in_hand.values() if one.touched <= due and not one.settled]:
                delivery.touch(self._loop.time(), ack_wait)
                if delivery.doubtful:
                    continue
                try:
                    await self._connection.publish(delivery.msg.reply, b"+WPI")
                except nats.errors.ConnectionClosedError:
                    raise
                except (nats.errors.Error, OSError) as error:
                    logger.debug("no progress report for message %d: %r", delivery.seq, error)

    async def watch_ack_wait(self) -> None:
        """Follow the consumers' ack wait, which other workers may change."""
        while True:
            await asyncio.sleep(ACK_WAIT_LOOK)
            try:
                waits = [await ack_wait_of(self._js, self._config, *consumer) for consumer in self._consumers()]
            except nats.errors.ConnectionClosedError:
                raise
            except (nats.errors.Error, OSError) as error:
                logger.debug("the consumers cannot be read: %r", error)
            else:
                if self._intake.ack_wait != min(waits):
                    self._intake.ack_wait = min(waits)
                    self._new_pace.set()
