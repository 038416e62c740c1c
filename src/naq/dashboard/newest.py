"""Reading the newest messages of a stream first. As the server reads forwards, windows of it are read backwards."""

from typing import Final

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from naq.queue.stored_messages import MOST_AT_ONCE, StoredMessage, read_page

# Windows that are read for one page at most. Each is wider than the last as long as there are few messages in it.
MOST_WINDOWS: Final = 16
WIDENING: Final = 4


async def newest(
    connection: Client, js: JetStreamContext, stream: str, subject: str, limit: int, before: int | None = None
) -> tuple[list[StoredMessage], int | None]:
    """Return at most `limit` messages under a subject with numbers below `before`, the newest first.

    The second value is the number to continue with, None at the end; a page may have fewer messages although others
    follow. Returns nothing for a missing stream. Raises `PermissionDenied` and nats-py's errors.
    """
    try:
        state = (await js.stream_info(stream)).state
    except NotFoundError:
        return [], None
    first, end = max(1, state.first_seq), state.last_seq + 1
    if before is not None:
        end = min(end, before)
    found: list[StoredMessage] = []
    width = limit
    for _ in range(MOST_WINDOWS):
        if end <= first or len(found) >= limit:
            break
        start = max(first, end - width)
        window = await _window(connection, js, stream, subject, start, end)
        if window is None:
            width = max(limit, width // (2 * WIDENING))
            continue
        found += reversed(window)
        end = start
        width *= WIDENING
    if len(found) > limit:
        return found[:limit], found[limit - 1].seq
    return found, end if end > first else None


async def _window(
    connection: Client, js: JetStreamContext, stream: str, subject: str, start: int, end: int
) -> list[StoredMessage] | None:
    """Return the messages with numbers from `start` to `end`, exclusive; None when there are too many to read."""
    found: list[StoredMessage] = []
    while start < end:
        page = await read_page(connection, js, stream, subject, start, MOST_AT_ONCE)
        inside = [message for message in page if message.seq < end]
        found += inside
        if len(found) > 2 * MOST_AT_ONCE:
            return None
        if not page or len(inside) < len(page):
            break
        start = page[-1].seq + 1
    return found
