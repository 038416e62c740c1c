"""Publishing events: plain events for present subscribers, and system events, which a stream keeps.

Each call leases the shared connection while it runs; a publisher holds nothing open and needs no shutdown.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import nats.errors
from nats.js.api import Header
from nats.js.errors import NoStreamResponseError

from naq.config import Config, get_config
from naq.connection import nats_connection, nats_jetstream
from naq.events.event import Subjects, check_type, encode_data
from naq.events.stream import ensure_events


class EventPublisher:
    """Publishes events; `config` defaults to `get_config()`.

    Its methods raise `InvalidName` for a wrong type, `SerializationError` for data that cannot be encoded,
    `ConnectFailed`, and nats-py's errors.
    """

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or get_config()
        self._subjects = Subjects.of(self.config)
        self._stream_made = False

    async def publish_event(self, event_type: str, data: Mapping[str, Any]) -> None:
        """Send an event to the present subscribers; an event without subscribers is not an error.

        The event is in the connection's buffer when this returns, and is sent before the connection is closed.
        """
        subject = self._subjects.passing(check_type(event_type))
        payload = encode_data(event_type, data)
        async with nats_connection(self.config) as conn:
            await conn.publish(subject, payload)

    async def publish_many(self, events: Iterable[tuple[str, Mapping[str, Any]]]) -> int:
        """Send events, given as (type, data), in their order; returns how many.

        All are checked before the first is sent. When this returns, the server has received them.
        """
        messages = [(self._subjects.passing(check_type(kind)), encode_data(kind, data)) for kind, data in events]
        async with nats_connection(self.config) as conn:
            for subject, payload in messages:
                await conn.publish(subject, payload)
            await conn.flush()
        return len(messages)

    async def publish_system_event(self, event_type: str, data: Mapping[str, Any]) -> int:
        """Store an event in the stream, which is made if it is missing; returns the event's sequence number.

        When this returns, the server has stored the event. Present subscribers receive it too.
        """
        subject = self._subjects.kept(check_type(event_type))
        payload = encode_data(event_type, data)
        headers = {Header.MSG_ID.value: uuid.uuid4().hex}
        async with nats_jetstream(self.config) as (_, js):
            # Publishing does not detect a missing stream: the server does not report it when there are subscribers.
            if not self._stream_made:
                await ensure_events(js, self.config)
                self._stream_made = True
            try:
                ack = await js.publish(subject, payload, headers=headers)
            except (NoStreamResponseError, nats.errors.TimeoutError):
                # The stream was deleted, or the answer was lost. The message id prevents storing the event twice.
                await ensure_events(js, self.config)
                ack = await js.publish(subject, payload, headers=headers)
        return ack.seq
