"""What a stored job is, without its arguments: these may be pickled, large or secret, and are not decoded here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from naq.errors import DeserializationError
from naq.queue.message import run_id


class JobHead(msgspec.Struct, frozen=True):
    """Id, function, queue and options of a stored job; `enqueued_at` is in seconds since 1970.

    `options` are as they were sent, so that those of a newer version are shown too.
    """

    id: str
    function: str
    queue: str
    enqueued_at: float
    options: dict[str, Any] = {}


_decoder = msgspec.json.Decoder(JobHead)


def head_in(data: bytes, headers: Mapping[str, str] | None, seq: int) -> JobHead:
    """Return the head of the job in a message. Raises `DeserializationError` when the message is not a job."""
    try:
        head = _decoder.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise DeserializationError(f"not a job: {error}") from error
    return msgspec.structs.replace(head, id=run_id(head.id, headers or {}, seq))
