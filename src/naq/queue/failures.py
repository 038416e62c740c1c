"""Storing what failed for good: the message as it came, with the reason in a header.

The payload stays byte for byte, so that it can be put back on its queue; reading and managing is `naq.worker.failed`.
"""

import json
import time
import zlib
from typing import Any, Final

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NoStreamResponseError

from naq.config import Config
from naq.connection import nats_jetstream
from naq.queue.publishing import MSG_ID
from naq.queue.pull import give_back
from naq.queue.streams import ensure_failed, names

DETAILS: Final = "Naq-Failure"
TRUNCATED: Final = "Naq-Truncated"
LONGEST_ERROR: Final = 1000
LONGEST_TRACEBACK: Final = 16_000
# Bytes for everything in a header but error and traceback.
FRAME: Final = 2600


class FailureDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a failure.

    `kind` is error, timeout, undecodable, import, not allowed, dependency, lost or undelivered.
    """

    kind: str
    error: str
    queue: str
    job_id: str = ""
    function: str = ""
    traceback: str = ""
    failures: int = 0
    deliveries: int = 0
    worker: str = ""
    seq: int = 0
    failed_at: float = 0.0

    def __repr__(self) -> str:
        return f"FailureDetails({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """What `repr` shows, also by rich: everything but the traceback, which is long."""
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name != "traceback"]


def failure_message(details: FailureDetails, payload: bytes, limit: int) -> tuple[bytes, dict[str, str]]:
    """Payload and headers of a message for the failed stream that fits into `limit` bytes.

    Error and traceback give way to the payload: the end of a traceback says most.
    """
    room = max(0, limit - len(payload) - FRAME)
    error = details.error[: min(LONGEST_ERROR, room // 2)]
    left = min(LONGEST_TRACEBACK, room - len(json.dumps(error)))
    traceback = _ending(details.traceback, left)
    fitting = msgspec.structs.replace(details, error=error, traceback=traceback)
    # ASCII only: header lines end at a newline, and JSON escapes those inside.
    headers = {DETAILS: json.dumps(msgspec.to_builtins(fitting)), MSG_ID: _message_id(details, payload)}
    longest = max(0, limit - FRAME)
    if len(payload) > longest:
        headers[TRUNCATED] = str(len(payload))
        payload = payload[:longest]
    return payload, headers


def _ending(text: str, room: int) -> str:
    """As much of the end of a text as fits into `room` bytes of JSON."""
    text = text[-max(room, 0) :] if room > 0 else ""
    while text and len(json.dumps(text)) > room:
        text = text[len(text) // 2 :]
    return text


def _message_id(details: FailureDetails, payload: bytes) -> str:
    # The sequence alone is not enough: it starts anew when the jobs stream is made anew.
    return f"{details.job_id or zlib.crc32(payload)}.{details.seq}.{details.deliveries}"


async def store_failure(
    connection: Client, js: JetStreamContext, config: Config, details: FailureDetails, payload: bytes
) -> None:
    """Store a failed message and have the server confirm it; raises nats-py's errors when it does not."""
    if not details.failed_at:
        details = msgspec.structs.replace(details, failed_at=time.time())
    payload, headers = failure_message(details, payload, connection.max_payload)
    publishing: dict[str, Any] = {"timeout": config.queue.publish_timeout, "headers": headers}
    subject = names(config).failed_queue(details.queue)
    try:
        await js.publish(subject, payload, **publishing)
    except NoStreamResponseError:
        await ensure_failed(js, config)
        await js.publish(subject, payload, **publishing)


async def set_aside(config: Config, queue: str, msg: Msg, error: str) -> None:
    """Move a message that is not a job to the failed store; where that fails, it goes back to its queue."""
    details = FailureDetails(
        kind="undecodable",
        error=error,
        queue=queue,
        seq=msg.metadata.sequence.stream,
        deliveries=msg.metadata.num_delivered,
    )
    async with nats_jetstream(config) as (connection, js):
        try:
            await store_failure(connection, js, config, details, msg.data)
        except (nats.errors.Error, OSError):
            await give_back(msg, config.queue.retry_delay)
            raise
        await msg.term()
