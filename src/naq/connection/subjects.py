"""The number of messages in a stream by subject, from the server: nats-py's own methods miss some.

`KeyValue.keys()` of nats-py 2.16 treats a consumer that has delivered nothing yet as one that has nothing to deliver,
and finds no keys in one of three calls on a bucket with one key. `stream_info` returns only the first 100,000 subjects.
"""

from __future__ import annotations

import json
from typing import Any

from nats.js.client import JetStreamContext


async def server_time(js: JetStreamContext, stream: str) -> str | None:
    """Return the time of the server, as in 2030-01-31T12:00:00.123456789Z, which each answer about a stream has.

    Returns None when the server does not say it. Raises nats-py's `NotFoundError` when there is no such stream.
    """
    found: str | None = (await _stream_answer(js, stream, b"")).get("ts")
    return found


async def _stream_answer(js: JetStreamContext, stream: str, request: bytes) -> dict[str, Any]:
    # nats-py's own method drops parts of the answer.
    answer: dict[str, Any] = await js._api_request(f"{js._prefix}.STREAM.INFO.{stream}", request, timeout=js._timeout)
    return answer


async def subject_counts(js: JetStreamContext, stream: str, pattern: str) -> dict[str, int]:
    """Return the number of messages in a stream for each subject that matches `pattern`.

    A deleted key of a bucket still has a message, the delete marker. Raises nats-py's `NotFoundError` when there is no
    such stream. The server answers in pages of 100,000 subjects: when there are more, a subject that is added or
    removed between two pages may hide another.
    """
    found: dict[str, int] = {}
    offset = 0
    while True:
        request = json.dumps({"subjects_filter": pattern, "offset": offset}).encode()
        answer = await _stream_answer(js, stream, request)
        page: dict[str, int] = answer["state"].get("subjects") or {}
        found.update(page)
        offset += len(page)
        if not page or offset >= answer.get("total", 0):
            return found
