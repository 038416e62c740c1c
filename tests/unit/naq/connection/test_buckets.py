"""A bucket is looked up again if an error inside the block may mean that it was deleted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import nats.errors
import nats.js.errors
import pytest

from naq.connection.buckets import doubt


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (ValueError(), True),
        (nats.errors.NoRespondersError(), False),
        (nats.js.errors.NoStreamResponseError(), False),
        (nats.js.errors.NotFoundError(), False),
        (nats.js.errors.BucketNotFoundError(), False),
        (nats.js.errors.KeyNotFoundError(), True),
        (nats.js.errors.KeyDeletedError(), True),
        (nats.js.errors.KeyWrongLastSequenceError("wrong last sequence"), True),
    ],
)
def test_doubt(error: Exception, kept: bool) -> None:
    source = SimpleNamespace(buckets={"a": ("KV_a", "$KV.a.", True), "b": ("KV_b", "$KV.b.", True)})
    lease: Any = SimpleNamespace(source=source)
    doubt(lease, "a", error)
    assert set(source.buckets) == ({"a", "b"} if kept else {"b"})


def test_doubt_after_the_lease_has_ended() -> None:
    lease: Any = SimpleNamespace(source=None)
    doubt(lease, "a", nats.js.errors.NotFoundError())
    assert lease.source is None
