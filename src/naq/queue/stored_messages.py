"""Reading many messages of a stream with one request, and deleting messages.

The requests are the server's batched direct reads (nats-server 2.11); nats-py reads one message with each request.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from naq.connection.denials import watch_denials
from naq.connection.headers import stored_headers
from naq.errors import PermissionDenied

# The most messages that one request asks for. The server may send fewer.
MOST_AT_ONCE: Final = 256
# Seconds without a message after which a read has failed.
TIMEOUT: Final = 5.0

# The server's error codes for a deletion of a message that does not exist: never, or no longer.
NO_MESSAGE: Final = frozenset({10043, 10057})

_END, _NOT_FOUND, _NO_RESPONDERS = "204", "404", "503"


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message of a stream; `stored` is when the server stored it, in nanoseconds since 1970, 0 if unknown."""

    seq: int
    subject: str
    data: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    stored: int = 0


async def read_all(
    connection: Client, js: JetStreamContext, stream: str, subject: str, start: int = 1, at_once: int = MOST_AT_ONCE
) -> AsyncGenerator[StoredMessage, None]:
    """Yield the messages under a subject from the sequence number `start` on, reading `at_once` with each request.

    Yields nothing for a missing stream. Raises `PermissionDenied` and nats-py's errors.
    """
    while True:
        page = await read_page(connection, js, stream, subject, start, at_once)
        for message in page:
            yield message
        if not page:
            return
        start = page[-1].seq + 1


async def read_page(
    connection: Client, js: JetStreamContext, stream: str, subject: str, start: int, most: int
) -> list[StoredMessage]:
    """Return at most `most` messages under a subject from the sequence number `start` on; none means the end.

    Raises what `read_all` raises.
    """
    arrived: asyncio.Queue[Msg | PermissionDenied] = asyncio.Queue()

    async def on_message(msg: Msg) -> None:
        arrived.put_nowait(msg)

    api = f"$JS.API.DIRECT.GET.{stream}"
    inbox = connection.new_inbox()
    subscription = await connection.subscribe(inbox, cb=on_message)
    try:
        with ExitStack() as watching:
            watching.enter_context(watch_denials(connection, api, arrived.put_nowait))
            request = {"seq": start, "next_by_subj": subject, "batch": min(most, MOST_AT_ONCE)}
            await connection.publish(api, json.dumps(request).encode(), reply=inbox)
            found = await _until_the_end(arrived)
    finally:
        if not connection.is_closed:
            await subscription.unsubscribe()
    # The server does not answer a direct read of a stream that is missing or was created a moment ago.
    return await _one(js, stream, subject, start) if found is None else found


async def delete_message(js: JetStreamContext, stream: str, seq: int, *, erase: bool = True) -> bool:
    """Delete a message by its number; returns False when there is no such message. Raises nats-py's errors.

    With `erase`, the server also overwrites the message on its disk, which takes far longer.
    """
    try:
        if erase:
            return await js.delete_msg(stream, seq)
        request = json.dumps({"seq": seq, "no_erase": True}).encode()
        await js._api_request(f"{js._prefix}.STREAM.MSG.DELETE.{stream}", request, timeout=js._timeout)
        return True
    except NotFoundError:
        return False
    except APIError as error:
        if error.err_code not in NO_MESSAGE:
            raise
        return False


async def _until_the_end(arrived: asyncio.Queue[Msg | PermissionDenied]) -> list[StoredMessage] | None:
    """Return the messages of an answer; None when no server answers."""
    found: list[StoredMessage] = []
    while True:
        try:
            async with asyncio.timeout(TIMEOUT):
                msg = await arrived.get()
        except TimeoutError:
            raise nats.errors.TimeoutError from None
        if isinstance(msg, PermissionDenied):
            raise msg
        headers = msg.headers or {}
        status = headers.get("Status")
        if status is None:
            found.append(_stored(msg.data, headers))
        elif status == _NO_RESPONDERS:
            return None
        elif status in (_END, _NOT_FOUND):
            return found
        else:
            raise APIError(code=int(status), description=headers.get("Description", "a direct read has failed"))


def _stored(data: bytes, headers: dict[str, str]) -> StoredMessage:
    return StoredMessage(
        int(headers["Nats-Sequence"]), headers["Nats-Subject"], data, headers, nanoseconds(headers["Nats-Time-Stamp"])
    )


async def _one(js: JetStreamContext, stream: str, subject: str, start: int) -> list[StoredMessage]:
    try:
        raw = await js.get_msg(stream, seq=start, subject=subject, next=True)
    except NotFoundError:
        return []
    return [StoredMessage(raw.seq or 0, raw.subject or "", raw.data or b"", stored_headers(raw))]


def nanoseconds(timestamp: str) -> int:
    """Return a time of the server, as in 2030-01-31T12:00:00.123456789Z, in nanoseconds since 1970."""
    seconds, _, fraction = timestamp.rstrip("Z").partition(".")
    whole = int(datetime.fromisoformat(seconds).replace(tzinfo=UTC).timestamp())
    return whole * 1_000_000_000 + int(fraction.ljust(9, "0") or 0)
