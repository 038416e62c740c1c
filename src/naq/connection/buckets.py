"""Key-value buckets on a leased connection: looked up once, bound again for each lease."""

from __future__ import annotations

import nats.errors
import nats.js.errors
from nats.js.kv import KeyValue

from naq.connection.lease import Lease

# Of a key, not of its bucket.
ABOUT_KEYS = (
    nats.js.errors.KeyNotFoundError,
    nats.js.errors.KeyDeletedError,
    nats.js.errors.KeyWrongLastSequenceError,
)
# The bucket may be gone.
ABOUT_BUCKETS = (
    nats.errors.NoRespondersError,
    nats.js.errors.NoStreamResponseError,
    nats.js.errors.NotFoundError,
)


class RememberedBucket(KeyValue):
    """A handle made from memory: the bucket may have been replaced since, without the direct reads it had."""

    async def _get(self, key: str, revision: int | None = None) -> KeyValue.Entry:
        try:
            return await super()._get(key, revision)
        except nats.errors.NoRespondersError:
            # What the bucket is by now; `BucketNotFoundError` when it is gone.
            self._direct = (await self._js.key_value(self._name))._direct
            return await super()._get(key, revision)


def bound(lease: Lease, name: str) -> KeyValue | None:
    """A handle on the bucket that ends with the lease; None when it was not looked up yet."""
    known = lease.owner().buckets.get(name)
    if known is None:
        return None
    stream, prefix, direct = known
    return RememberedBucket(name, stream, prefix, lease.jetstream(), direct)


async def look_up(lease: Lease, name: str) -> KeyValue:
    """Ask the server, and remember the answer. Raises nats-py's `BucketNotFoundError`."""
    source = lease.owner()
    found = await lease.jetstream().key_value(name)
    source.buckets[name] = (found._stream, found._pre, found._direct)
    return found


def doubt(lease: Lease, name: str, error: BaseException) -> None:
    """Look the bucket up again next time when `error`, from inside the block, may mean that it is gone."""
    if isinstance(error, ABOUT_BUCKETS) and not isinstance(error, ABOUT_KEYS) and lease.source is not None:
        lease.source.buckets.pop(name, None)
