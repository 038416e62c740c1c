"""Storing permanently failed jobs: the message as it came, with the reason in a header.

The payload is kept byte for byte, so that it can be put back on its queue. `naq.worker.failed` reads and manages these
messages.
"""

import json
import logging
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import APIError, NoStreamResponseError

from naq.config import Config
from naq.connection import nats_jetstream
from naq.queue.fetch import give_back
from naq.queue.full_store import Scarcity
from naq.queue.publishing import MSG_ID, lacks_room
from naq.queue.streams import ensure_failed, names

logger = logging.getLogger(__name__)

DETAILS: Final = "Naq-Failure"
TRUNCATED: Final = "Naq-Truncated"
# Header that tells that the payload is compressed, because it was stored when there was little room.
ENCODING: Final = "Naq-Encoding"
DEFLATE: Final = "deflate"
# Limit in bytes for decompressing a payload: more than a server accepts in one message.
LONGEST_PAYLOAD: Final = 128 * 1024 * 1024
SHORT_ERROR: Final = 200
LONGEST_ERROR: Final = 1000
LONGEST_TRACEBACK: Final = 16_000
# Bytes for everything in a header but error and traceback.
FRAME: Final = 2600


class FailureDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The description of a failure.

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
        """Return the fields that `repr` and rich show: all but the traceback, which is long."""
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name != "traceback"]


def failure_message(details: FailureDetails, payload: bytes, limit: int) -> tuple[bytes, dict[str, str]]:
    """Return payload and headers of a message for the failed stream that fits into `limit` bytes.

    Error and traceback are shortened before the payload; of a traceback, the end is kept.
    """
    room = max(0, limit - len(payload) - FRAME)
    error = details.error[: min(LONGEST_ERROR, room // 2)]
    left = min(LONGEST_TRACEBACK, room - len(json.dumps(error)))
    traceback = _ending(details.traceback, left)
    fitting = msgspec.structs.replace(details, error=error, traceback=traceback)
    # `json.dumps` returns ASCII without newlines, as a header needs.
    headers = {DETAILS: json.dumps(msgspec.to_builtins(fitting)), MSG_ID: _message_id(details, payload)}
    longest = max(0, limit - FRAME)
    if len(payload) > longest:
        headers[TRUNCATED] = str(len(payload))
        payload = payload[:longest]
    return payload, headers


def small_failure_message(details: FailureDetails, payload: bytes) -> tuple[bytes, dict[str, str]]:
    """Return payload and headers for a store with little room: compressed if that helps, and without traceback."""
    short = msgspec.structs.replace(details, error=details.error[:SHORT_ERROR], traceback="", worker="")
    headers = {DETAILS: json.dumps(msgspec.to_builtins(short)), MSG_ID: _message_id(details, payload)}
    compressed = zlib.compress(payload)
    if len(compressed) < len(payload):
        headers[ENCODING] = DEFLATE
        payload = compressed
    return payload, headers


def payload_of(payload: bytes, headers: Mapping[str, str]) -> bytes:
    """Return the payload of a failed message as it came from its queue, unchanged if it cannot be decompressed."""
    if headers.get(ENCODING) != DEFLATE:
        return payload
    try:
        return zlib.decompressobj().decompress(payload, LONGEST_PAYLOAD)
    except zlib.error:
        return payload


def _ending(text: str, room: int) -> str:
    """Return the end of a text that fits into `room` bytes of JSON."""
    text = text[-max(room, 0) :] if room > 0 else ""
    while text and len(json.dumps(text)) > room:
        text = text[(len(text) + 1) // 2 :]
    return text


def _message_id(details: FailureDetails, payload: bytes) -> str:
    # The sequence number alone is not unique: it starts at 1 again when the jobs stream is created again.
    # The delivery number is left out: a later delivery may finish storing the failure of an earlier one.
    return f"{details.job_id or zlib.crc32(payload)}.{details.seq}"


async def store_failure(
    connection: Client,
    js: JetStreamContext,
    config: Config,
    details: FailureDetails,
    payload: bytes,
    *,
    small: bool = False,
) -> None:
    """Store a failed message. Raises nats-py's errors when the server does not confirm that.

    If there is no room, or with `small`, the message is stored compressed and without traceback.
    """
    if not details.failed_at:
        details = msgspec.structs.replace(details, failed_at=time.time())
    whole = payload
    if small:
        payload, headers = small_failure_message(details, payload)
    else:
        payload, headers = failure_message(details, payload, connection.max_payload)
    try:
        await _publish(js, config, details.queue, payload, headers)
    except APIError as error:
        if small or not lacks_room(error.err_code, error.description):
            raise
        await store_failure(connection, js, config, details, whole, small=True)


async def _publish(js: JetStreamContext, config: Config, queue: str, payload: bytes, headers: dict[str, str]) -> None:
    publishing: dict[str, Any] = {"timeout": config.queue.publish_timeout, "headers": headers}
    subject = names(config).failed_queue(queue)
    try:
        await js.publish(subject, payload, **publishing)
    except NoStreamResponseError:
        await ensure_failed(js, config)
        await js.publish(subject, payload, **publishing)


async def move_failure(
    connection: Client,
    js: JetStreamContext,
    config: Config,
    details: FailureDetails,
    payload: bytes,
    remove: Callable[[], Awaitable[None]],
    scarcity: Scarcity,
) -> None:
    """Store a failed message, then remove it from its stream with `remove`. Raises nats-py's errors.

    If the store is full, the message is stored small. If there is no room for that either, it is removed first, which
    makes room; otherwise no message could leave a full store. If it still finds no room for as long as `scarcity`
    allows, it is lost, which is logged as an error.
    """

    async def store_small() -> bool:
        try:
            await store_failure(connection, js, config, details, payload, small=True)
        except APIError as error:
            if not lacks_room(error.err_code, error.description):
                raise
            return False
        return True

    try:
        await store_failure(connection, js, config, details, payload)
    except APIError as error:
        if not lacks_room(error.err_code, error.description):
            raise
        await remove()
        if not await scarcity.failure_stored(store_small):
            text = "message %d of queue %s has failed (%s) and is lost, because the store is full"
            logger.error(text, details.seq, details.queue, details.error)
        return
    await remove()


async def set_aside(config: Config, queue: str, msg: Msg, error: str) -> None:
    """Move a message that is not a job to the failed store. If that fails, give it back to its queue and raise."""
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
        try:
            # Wait for the confirmation, so that the message is off the queue when this returns.
            await connection.request(msg.reply, b"+TERM", timeout=config.queue.publish_timeout)
        except nats.errors.TimeoutError:
            logger.info("message %d of queue %s is in the failed store, but may be delivered again", details.seq, queue)
