"""Subscriptions whose messages the reader of a connection hands over itself, without a task or a step of the loop."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from naq.config import NatsConfig
from naq.connection.headers import parsed_headers
from naq.connection.options import described

logger = logging.getLogger("naq.connection")

# The first line of headers without a status.
_NO_STATUS: Final = b"NATS/1.0\r\n"


class Receivers:
    """The receivers of messages of one client, by the number of the subscription."""

    def __init__(self, client: Client, settings: NatsConfig) -> None:
        self._client = client
        self._settings = settings
        self._receivers: dict[int, Callable[[Msg], None]] = {}

    def __len__(self) -> int:
        return len(self._receivers)

    async def subscribe(self, subject: str, receive: Callable[[Msg], None]) -> Subscription:
        """Subscribe; the reader calls `receive` with each message. An error that it raises is only logged."""
        self._receivers[self._client._sid + 1] = receive
        return await self._client.subscribe(subject)

    def forget(self, sid: int) -> None:
        """Forget the receiver of a subscription that has ended, if it has one."""
        self._receivers.pop(sid, None)

    def take(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> bool:
        """Give a message to its receiver; returns False if it has none, or if nats-py must parse its headers."""
        receive = self._receivers.get(sid)
        if receive is None or (headers and not headers.startswith(_NO_STATUS)):
            return False
        parsed = parsed_headers(headers[len(_NO_STATUS) :]) or None if headers else None
        self._hand_over(receive, sid, subject, reply, data, parsed)
        return True

    async def take_parsed(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> bool:
        """Give a message to its receiver, with headers that nats-py has parsed; returns False if it has none."""
        receive = self._receivers.get(sid)
        if receive is None:
            return False
        parsed = await self._client._process_headers(headers) if headers else None
        self._hand_over(receive, sid, subject, reply, data, parsed)
        return True

    def _hand_over(
        self,
        receive: Callable[[Msg], None],
        sid: int,
        subject: bytes,
        reply: bytes,
        data: bytes,
        headers: dict[str, str] | None,
    ) -> None:
        client = self._client
        client.stats["in_msgs"] += 1
        client.stats["in_bytes"] += len(data)
        try:
            receive(Msg(client, subject.decode(), reply.decode(), data, headers, None, False, sid))
        # Any exception would end the reader, and with it the connection.
        except Exception:
            logger.exception("%s: a message of %r is lost", described(self._settings), subject)
