"""What a stream holds, by subject: asked of the server, as nats-py's ways to list overlook some.

`KeyValue.keys()` of nats-py 2.16 takes a consumer that has delivered nothing yet for one that has nothing to
deliver, and
finds no keys in one of three calls on a bucket with one key. `stream_info` gives the first 100,000 subjects, no more.
"""

from __future__ import annotations

import json

from nats.js.client import JetStreamContext


async def subject_counts(js: JetStreamContext, stream: str, pattern: str) -> dict[str, int]:
    """How many messages a stream holds under each subject of a pattern; a deleted key of a bucket has its mark there.

    Raises nats-py's `NotFoundError` when there is no such stream. The server answers in pages of 100,000 subjects:
    beyond that, one that comes or goes meanwhile may hide another.
    """
    found: dict[str, int] = {}
    offset = 0
    while True:
        question = json.dumps({"subjects_filter": pattern, "offset": offset}).encode()
        answer = await js._api_request(f"{js._prefix}.STREAM.INFO.{stream}", question, timeout=js._timeout)
        page: dict[str, int] = answer["state"].get("subjects") or {}
        found.update(page)
        offset += len(page)
        if not page or offset >= answer.get("total", 0):
            return found
