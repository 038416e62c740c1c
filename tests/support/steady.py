"""nats-py's `KeyValue.keys()` without its race, for tests of by-hand code that rests on it.

What `keys()` of nats-py 2.16 waits for may have been sent and not have come: then it finds no keys, in up to a third of
the calls on a bucket with one key.
"""

from __future__ import annotations

from typing import Any

import pytest
from nats.js.errors import KeyNotFoundError, NoKeysError
from nats.js.kv import KeyValue


async def all_keys(bucket: KeyValue, *_: Any, **__: Any) -> list[str]:
    """Those that have a value, as the server knows them."""
    info = await bucket._js.stream_info(bucket._stream, subjects_filter=">")
    keys: list[str] = []
    for subject in info.state.subjects or {}:
        key = subject.removeprefix(bucket._pre)
        try:
            await bucket.get(key)
        except KeyNotFoundError:
            # Deleted: its mark has the subject, too.
            continue
        keys.append(key)
    if not keys:
        raise NoKeysError
    return keys


def steady_keys(patch: pytest.MonkeyPatch) -> None:
    """From now on, and until the test ends."""
    patch.setattr(KeyValue, "keys", all_keys)
