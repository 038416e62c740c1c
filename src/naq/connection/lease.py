"""Leases: handles on a shared client for the length of a block, and the subscriptions that end with the block.

The handles are nats-py's own types, and hold only a reference to the lease: each method and attribute is fetched from
the shared client, in a fraction of a microsecond. When the lease ends, the reference is removed, and every use of a
handle raises `ConnectionReleased`. Knows nothing of pools: a `Source` has the client and counts its leases.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterable
from time import monotonic
from types import FunctionType
from typing import Any, NoReturn

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.client import JetStreamContext

from naq.cancellation import shielded, spawn
from naq.connection.client import PooledClient, subscribe_directly
from naq.connection.draining import drain_handlers, is_handled
from naq.errors import ConnectionReleased

logger = logging.getLogger("naq.connection")

# After each so many subscriptions of one lease, those that have ended are forgotten.
PRUNE_EVERY = 64


class Source:
    """A client that is leased, with the data that is kept with it."""

    __slots__ = ("_context", "buckets", "client", "drain_timeout", "hot", "idle_since", "kept", "leases")

    def __init__(self, client: Client, drain_timeout: float) -> None:
        self.client = client
        self.drain_timeout = drain_timeout
        # Attributes of every handle: found without `__getattr__`, as each publish needs them.
        self.hot = {"publish": client.publish, "request": client.request}
        # By bucket that was looked up: its stream, its subject prefix, and whether direct reads are allowed.
        self.buckets: dict[str, tuple[str, str, bool]] = {}
        # Data that other parts of the library keep with the connection, each under a separate key.
        self.kept: dict[object, Any] = {}
        self.leases = 0
        self.idle_since = 0.0
        self._context: JetStreamContext | None = None

    def context(self) -> JetStreamContext:
        """Return the JetStream context that is kept with the client; all leased contexts share its state."""
        if self._context is None:
            self._context = self.client.jetstream()
        return self._context


class Lease:
    """The right of one block to use a client."""

    __slots__ = ("client", "connection", "source", "subscriptions")

    def __init__(self, source: Source) -> None:
        source.leases += 1
        self.source: Source | None = source
        self.client = source.client
        self.subscriptions: list[Subscription] | None = None
        self.connection = LeasedConnection(self, source.hot)

    def owner(self) -> Source:
        """Return the source of the lease. Raises `ConnectionReleased` when the lease has ended."""
        if self.source is None:
            raise ConnectionReleased
        return self.source

    def jetstream(self) -> LeasedJetStream:
        """Return a JetStream context that ends with the lease."""
        return LeasedJetStream(self.connection, self.owner().context())

    async def subscribe(self, *args: Any, **kwargs: Any) -> Subscription:
        """Subscribe as nats-py does; the subscription ends with the lease."""
        return await self._noted(self.client.subscribe(*args, **kwargs))

    async def subscribe_directly(self, subject: str, receive: Callable[[Msg], None]) -> Subscription:
        """Subscribe as `naq.connection.client.subscribe_directly` does; the subscription ends with the lease."""
        return await self._noted(subscribe_directly(self.client, subject, receive))

    async def _noted(self, subscribing: Coroutine[Any, Any, Subscription]) -> Subscription:
        """Subscribe, and record the subscription even when the caller is cancelled meanwhile."""
        client = self.client
        number = client._sid + 1
        try:
            return await subscribing
        finally:
            made = client._subs.get(number)
            if made is not None:
                self._note(made)

    def _note(self, made: Subscription) -> None:
        if self.source is None:
            # The block has ended meanwhile.
            spawn(end_subscriptions([made]))
        elif self.subscriptions is None:
            self.subscriptions = [made]
        else:
            if len(self.subscriptions) % PRUNE_EVERY == 0:
                self.subscriptions = self._open_subscriptions()
            self.subscriptions.append(made)

    def _open_subscriptions(self) -> list[Subscription]:
        """Return the subscriptions that still receive messages, or whose handlers still run."""
        subscribed = self.client._subs
        return [found for found in self.subscriptions or () if found._id in subscribed or is_handled(found)]

    def release(self) -> list[Subscription]:
        """End the lease and the use of its handles now. Returns the subscriptions that are still to be ended."""
        source, self.source = self.source, None
        if source is None:
            return []
        self.connection.__dict__ = {"_lease": None}
        source.leases -= 1
        source.idle_since = monotonic()
        return self._open_subscriptions() if self.subscriptions is not None else []

    async def end(self, *, drain: bool) -> None:
        """End the lease and its subscriptions; with `drain`, handlers first finish the messages that have arrived."""
        source = self.source
        try:
            if drain and source is not None:
                await drain_handlers(self.client, self._open_subscriptions(), source.drain_timeout)
        finally:
            left = self.release()
            if left:
                await shielded(end_subscriptions(left))


class _Forward:
    """A method of the client as an attribute of a handle, available as long as the lease lasts."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, handle: LeasedConnection | LeasedJetStream | None, owner: type) -> Any:
        return self if handle is None else getattr(handle._behind(), self._name)


class LeasedConnection(Client):
    """A connection for the length of a block: nats-py's client, shared with other blocks.

    `close()` and `drain()` end this lease only; the connection itself is the pool's.
    """

    _lease: Lease | None

    def __init__(self, lease: Lease, hot: dict[str, Any]) -> None:
        self.__dict__ = {"_lease": lease, **hot}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "_status" and self._lease is None:
            # `is_closed` may be used after the lease.
            return Client.CLOSED
        return getattr(self._behind(), name)

    def __repr__(self) -> str:
        return f"<leased connection, {'released' if self._lease is None else repr(self._lease.source)}>"

    def _behind(self) -> Client:
        return self._held().client

    def _held(self) -> Lease:
        if self._lease is None:
            raise ConnectionReleased
        return self._lease

    def _source(self) -> Source:
        return self._held().owner()

    async def connect(self, *_: Any, **__: Any) -> NoReturn:
        raise nats.errors.Error("naq: this connection is leased, and connected already")

    async def subscribe(self, *args: Any, **kwargs: Any) -> Subscription:
        """Subscribe as nats-py does; the subscription ends with the block."""
        return await self._held().subscribe(*args, **kwargs)

    async def subscribe_directly(self, subject: str, receive: Callable[[Msg], None]) -> Subscription:
        """Subscribe; the reader calls `receive` with each message. The subscription ends with the block."""
        return await self._held().subscribe_directly(subject, receive)

    async def close(self) -> None:
        """End this lease; the connection stays open for others."""
        if self._lease is not None:
            await self._lease.end(drain=False)

    async def drain(self) -> None:
        """Send what was published, let this lease's handlers finish their messages, then end the lease."""
        lease = self._held()
        await lease.client.flush()
        await lease.end(drain=True)

    async def _close(self, status: int, do_cbs: bool = True) -> None:
        await self.close()


class LeasedJetStream(JetStreamContext):
    """A JetStream context for the length of a block; its state is that of the context kept with the connection."""

    def __init__(self, connection: LeasedConnection, kept: JetStreamContext) -> None:
        self._nc = connection
        self._prefix = kept._prefix
        self._timeout = kept._timeout

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._behind(), name)

    def _behind(self) -> JetStreamContext:
        connection: Any = self._nc
        context: JetStreamContext = connection._source().context()
        return context


def _forward(handle: type, methods: Iterable[str]) -> None:
    for name in methods:
        setattr(handle, name, _Forward(name))


_forward(
    LeasedConnection,
    {
        name
        for base in (Client, PooledClient)
        for name, value in vars(base).items()
        if isinstance(value, FunctionType) and not name.startswith("__")
    }
    # A context made from a handle ends with the handle.
    - {*vars(LeasedConnection), "jetstream", "jsm"},
)
# Acknowledgements may arrive after the block has ended, so the kept context of the connection receives them.
_forward(LeasedJetStream, ("publish_async", "publish_async_pending", "publish_async_completed"))


def kept_with(connection: Client) -> tuple[Client, dict[object, Any]] | None:
    """Return the client behind a leased connection and the data kept with it; None when `connection` is not leased."""
    if not isinstance(connection, LeasedConnection):
        return None
    source = connection._source()
    return source.client, source.kept


async def end_subscriptions(subscriptions: Iterable[Subscription]) -> None:
    """Unsubscribe each; a subscription that the client or the server no longer knows is not an error."""
    for subscription in subscriptions:
        _end_helpers(subscription)
        try:
            await subscription.unsubscribe()
        except nats.errors.BadSubscriptionError:
            # An interrupted drain has unsubscribed on the server and left the client's part undone.
            subscription._stop_processing()
            subscription._conn._remove_sub(subscription._id)
        except (nats.errors.Error, OSError) as error:
            # The client is closed, and so is the subscription.
            logger.debug("unsubscribing from %s: %s", subscription.subject, error)


def _end_helpers(subscription: Subscription) -> None:
    """Cancel nats-py's tasks for heartbeats and flow control, which its `unsubscribe` of the inner object leaves."""
    helper = subscription._jsi
    for task in (getattr(helper, "_hbtask", None), getattr(helper, "_fctask", None)):
        if task is not None:
            task.cancel()
