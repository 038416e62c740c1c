"""Key-value buckets on a leased connection: looked up once for each connection, with a new handle for each lease."""

from __future__ import annotations

import nats.errors
import nats.js.errors
from nats.js.kv import KeyValue

from naq.connection.lease import Lease

# Errors about a key, not about its bucket.
ABOUT_KEYS = (
    nats.js.errors.KeyNotFoundError,
    nats.js.errors.KeyDeletedError,
    nats.js.errors.KeyWrongLastSequenceError,
)
# Errors that may mean that the bucket was deleted.
ABOUT_BUCKETS = (
    nats.errors.NoRespondersError,
    nats.js.errors.NoStreamResponseError,
    nats.js.errors.NotFoundError,
)


class RememberedBucket(KeyValue):
    """A handle made from remembered settings: the bucket may have been replaced by one without direct reads."""

    async def _get(self, key: str, revision: int | None = None) -> KeyValue.Entry:
        try:
            return await super()._get(key, revision)
        except nats.errors.NoRespondersError:
            # Look the bucket up again; raises `BucketNotFoundError` when it was deleted.
            self._direct = (await self._js.key_value(self._name))._direct
            return await super()._get(key, revision)


def bound(lease: Lease, name: str) -> KeyValue | None:
    """Return a handle on the bucket that ends with the lease; None when the bucket was not looked up yet."""
    known = lease.owner().buckets.get(name)
    if known is None:
        return None
    stream, prefix, direct = known
    return RememberedBucket(name, stream, prefix, lease.jetstream(), direct)


async def look_up(lease: Lease, name: str) -> KeyValue:
    """Look the bucket up on the server, remember it, and return a handle. Raises nats-py's `BucketNotFoundError`."""
    source = lease.owner()
    found = await lease.jetstream().key_value(name)
    source.buckets[name] = (found._stream, found._pre, found._direct)
    return found


def doubt(lease: Lease, name: str, error: BaseException) -> None:
    """Forget the bucket if `error`, from inside the block, may mean that it was deleted: it is then looked up again."""
    if isinstance(error, ABOUT_BUCKETS) and not isinstance(error, ABOUT_KEYS) and lease.source is not None:
        lease.source.buckets.pop(name, None)
