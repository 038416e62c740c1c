"""The four context managers: each takes a lease, yields handles, and ends the lease; pools and handles do the work.

Classes rather than generators: entering and leaving a warm lease takes microseconds.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Generic, TypeVar

from nats.aio.client import Client
from nats.js.client import JetStreamContext
from nats.js.kv import KeyValue

from naq.config import Config, get_config
from naq.connection.buckets import bound, doubt, look_up
from naq.connection.lease import Lease, LeasedConnection, Source
from naq.connection.registry import current_pool, warm

T = TypeVar("T")


def nats_connection(config: Config | None = None) -> AbstractAsyncContextManager[Client]:
    """Lease the connection for `config` (`get_config()` when None) for the length of an `async with` block.

    The first block on an event loop opens the connection, the others share it. Raises `ConnectFailed`. Errors from
    inside the block come out unchanged. Subscriptions made in the block end with it; afterwards the handle raises
    `ConnectionReleased`.
    """
    return _Connection(config)


def nats_jetstream(config: Config | None = None) -> AbstractAsyncContextManager[tuple[Client, JetStreamContext]]:
    """As `nats_connection`, with a JetStream context: `async with nats_jetstream(config) as (conn, js)`."""
    return _JetStream(config)


def nats_kv_store(bucket: str, config: Config | None = None) -> AbstractAsyncContextManager[KeyValue]:
    """Lease a key-value bucket: `async with nats_kv_store(bucket, config) as kv`.

    Raises nats-py's `BucketNotFoundError` when there is no such bucket. It is looked up once for each connection.
    """
    return _Bucket(bucket, config)


def jetstream_context(conn: Client) -> AbstractAsyncContextManager[JetStreamContext]:
    """A JetStream context on `conn`, a leased or another connection, for the length of a block; `conn` stays open."""
    return _Context(conn)


class _Managed(AbstractAsyncContextManager[T], Generic[T]):
    """Holds the lease between entering and leaving a block; one block at a time."""

    __slots__ = ("_lease",)

    def __init__(self) -> None:
        self._lease: Lease | None = None

    def _hold(self, lease: Lease) -> Lease:
        if self._lease is not None:
            lease.release()
            raise RuntimeError("this context manager is in use already: call its function for each block")
        self._lease = lease
        return lease

    def _let_go(self) -> Lease | None:
        """End the lease and return None; a lease with subscriptions is returned instead, as ending these takes time."""
        lease, self._lease = self._lease, None
        if lease is None or lease.subscriptions is not None:
            return lease
        lease.release()
        return None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        lease = self._let_go()
        if lease is not None:
            await lease.end(drain=kind is None)


class _Pooled(_Managed[T]):
    """A manager that leases a connection from the pool of the running loop."""

    __slots__ = ("_settings",)

    def __init__(self, config: Config | None) -> None:
        self._lease = None
        self._settings = (get_config() if config is None else config).nats


class _Connection(_Pooled[Client]):
    __slots__ = ()

    async def __aenter__(self) -> Client:
        lease = self._hold(warm(self._settings) or await current_pool().lease(self._settings))
        return lease.connection


class _JetStream(_Pooled[tuple[Client, JetStreamContext]]):
    __slots__ = ()

    async def __aenter__(self) -> tuple[Client, JetStreamContext]:
        lease = self._hold(warm(self._settings) or await current_pool().lease(self._settings))
        return lease.connection, lease.jetstream()


class _Bucket(_Pooled[KeyValue]):
    __slots__ = ("_name",)

    def __init__(self, name: str, config: Config | None) -> None:
        super().__init__(config)
        self._name = name

    async def __aenter__(self) -> KeyValue:
        lease = self._hold(warm(self._settings) or await current_pool().lease(self._settings))
        return bound(lease, self._name) or await self._look_up(lease)

    async def _look_up(self, lease: Lease) -> KeyValue:
        try:
            return await look_up(lease, self._name)
        except BaseException:
            self._let_go()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._lease is not None:
            doubt(self._lease, self._name, error)
        lease = self._let_go()
        if lease is not None:
            await lease.end(drain=kind is None)


class _Context(_Managed[JetStreamContext]):
    __slots__ = ("_connection",)

    def __init__(self, connection: Client) -> None:
        super().__init__()
        self._connection = connection

    async def __aenter__(self) -> JetStreamContext:
        connection = self._connection
        if isinstance(connection, LeasedConnection):
            source = connection._source()
        else:
            source = Source(connection, connection.options["drain_timeout"])
        return self._hold(Lease(source)).jetstream()
