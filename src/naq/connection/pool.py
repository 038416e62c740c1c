"""The connections of one event loop: opening, leasing and closing them.

State changes are synchronous; the I/O that follows runs in the pool's own tasks, so that the cancellation of a caller
does not reach it. `client` corrects nats-py, `lease` has the handles of a block, `registry` finds the pool of a loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from copy import copy
from enum import StrEnum
from time import monotonic

from nats.aio.client import Client

from naq.cancellation import shielded, spawn
from naq.config import NatsConfig
from naq.connection import sockets
from naq.connection.client import PooledClient
from naq.connection.lease import Lease, Source
from naq.connection.options import Key, connection_key, described
from naq.errors import ConfigError, ConnectFailed

logger = logging.getLogger("naq.connection")

# Seconds that the end of the loop waits for blocks that are still open, for instance in asynchronous generators.
GRACE = 1.0
# How many configs are remembered by identity before all are forgotten.
REMEMBERED = 256


class State(StrEnum):
    """The state of one shared connection."""

    CONNECTING = "connecting"
    OPEN = "open"
    CLOSED = "closed"


class Shared(Source):
    """One connection, and the number of its leases and waiting callers."""

    __slots__ = ("_outage", "key", "opening", "pool", "settings", "state", "waiting")

    client: PooledClient

    def __init__(self, pool: Pool, settings: NatsConfig, key: Key) -> None:
        super().__init__(PooledClient(settings), settings.drain_timeout)
        self.pool = pool
        self.settings = settings
        self.key = key
        self.state = State.CONNECTING
        self.waiting = 0
        self._outage: asyncio.Future[None] | None = None
        self.opening: asyncio.Task[ConnectFailed | ConfigError | None] = spawn(self._open())

    def __repr__(self) -> str:
        waiting = f", {self.waiting} waiting" if self.waiting else ""
        return f"<{described(self.settings)}: {self.condition}, {self.leases} leased{waiting}>"

    @property
    def condition(self) -> str:
        """The state for a reader: `reconnecting` during an outage, else the name of the state."""
        return "reconnecting" if self.state is State.OPEN and not self.client.alive else str(self.state)

    @property
    def dead(self) -> bool:
        """Whether the connection is lost permanently, so that another one must be opened."""
        client = self.client
        return self.state is State.CLOSED or (self.state is State.OPEN and not client.alive and not recovers(client))

    async def _open(self) -> ConnectFailed | ConfigError | None:
        """Connect; returns the failure, None on success. Each waiting caller raises a separate copy of the failure."""
        try:
            await self.client.open(reconnected_cb=self._reconnected, closed_cb=self._closed)
        except (ConnectFailed, ConfigError) as error:
            self.pool.forget(self)
            return error
        except BaseException:
            self.pool.forget(self)
            raise
        if self.state is State.CONNECTING:
            self.state = State.OPEN
            self.pool.watch_idle(self)
        return None

    def outage(self) -> asyncio.Future[None]:
        """Return a future that is done when the present outage is over: connected again, or closed."""
        if self._outage is None or self._outage.done():
            self._outage = self.pool.loop.create_future()
        return self._outage

    async def _reconnected(self) -> None:
        logger.info("%s: connected again", described(self.settings))
        # The server may have lost its store, or this is another server.
        self.buckets.clear()
        self._wake()

    async def _closed(self) -> None:
        self.pool.forget(self)
        self._wake()

    def _wake(self) -> None:
        if self._outage is not None and not self._outage.done():
            self._outage.set_result(None)


def recovers(client: Client) -> bool:
    """Return whether the connection was lost, and a task is opening another connection."""
    task = client._reconnection_task
    return (client.is_reconnecting or client.is_connecting) and task is not None and not task.done()


class Pool:
    """All connections of one event loop. Use it only in the thread of that loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.closed = False
        self._shared: dict[Key, Shared] = {}
        # Open connections by `id(settings)`, as hashing settings takes longer than a lease. Each entry keeps its
        # settings alive, so that no other object gets the same id.
        self._remembered: dict[int, tuple[NatsConfig, Shared]] = {}
        # All connections that may have a socket, also those that are being closed.
        self._sockets: set[Shared] = set()
        self._keeper = self._keep()
        # The first step runs to the yield. From then on the loop closes the generator when the loop ends.
        with contextlib.suppress(StopIteration):
            self._keeper.__anext__().send(None)

    def __repr__(self) -> str:
        connections = ", ".join(map(repr, self._shared.values()))
        return f"<naq connections: {'closed' if self.closed else connections or 'none'}>"

    @property
    def leases(self) -> int:
        """The number of open blocks."""
        return sum(shared.leases for shared in self._shared.values())

    @property
    def connections(self) -> tuple[Shared, ...]:
        """Connections that are open or being opened."""
        return tuple(self._shared.values())

    def ready(self, settings: NatsConfig) -> Shared | None:
        """Return the open connection for `settings`, None when a connection must be opened first."""
        remembered = self._remembered.get(id(settings))
        return remembered[1] if remembered is not None and remembered[1].client.alive else None

    async def lease(self, settings: NatsConfig) -> Lease:
        """Return a lease of the connection for `settings`, which is opened if needed.

        Raises `ConnectFailed` when there is no connection within `connect_timeout`.
        """
        shared = self.ready(settings)
        if shared is not None:
            return Lease(shared)
        start = self.loop.time()
        while True:
            shared = self._current(settings)
            if shared.state is State.OPEN and shared.client.alive:
                self._remember(settings, shared)
                return Lease(shared)
            left = settings.connect_timeout - (self.loop.time() - start)
            if left <= 0:
                raise ConnectFailed(described(settings), shared.client.troubles.cause, self.loop.time() - start)
            await self._wait_for_change(shared, left)

    async def _wait_for_change(self, shared: Shared, seconds: float) -> None:
        """Wait until `shared` has opened, or at most `seconds` for the end of its outage. Raises why it cannot open."""
        shared.waiting += 1
        try:
            if not shared.opening.done():
                await asyncio.wait({shared.opening})
            elif shared.state is State.OPEN:
                await asyncio.wait({shared.outage()}, timeout=seconds)
        finally:
            shared.waiting -= 1
        # Closing the connection cancels its opening; the caller then looks for another connection.
        failure = None if shared.opening.cancelled() else shared.opening.result()
        if failure is not None:
            # The message includes the cause; a chain to nats-py's internals would be most of the traceback.
            raise copy(failure) from None

    def _current(self, settings: NatsConfig) -> Shared:
        """Return the connection for `settings`; starts to open another one when there is none or it is dead."""
        if self.closed:
            raise ConnectFailed(described(settings), RuntimeError("the event loop is ending"), 0.0)
        key = connection_key(settings)
        shared = self._shared.get(key)
        if shared is not None and shared.dead:
            self.retire(shared)
            shared = None
        if shared is None:
            shared = Shared(self, settings, key)
            self._shared[key] = shared
            self._sockets.add(shared)
        return shared

    def _remember(self, settings: NatsConfig, shared: Shared) -> None:
        if len(self._remembered) >= REMEMBERED:
            self._remembered.clear()
        self._remembered[id(settings)] = (settings, shared)

    def forget(self, shared: Shared) -> None:
        """Remove a closed connection: the next lease opens another one."""
        self._withdraw(shared)
        self._sockets.discard(shared)

    def _withdraw(self, shared: Shared) -> None:
        """Mark a connection as closed, so that it is not leased again."""
        shared.state = State.CLOSED
        if self._shared.get(shared.key) is shared:
            del self._shared[shared.key]
        for number in [number for number, (_, known) in self._remembered.items() if known is shared]:
            del self._remembered[number]

    def retire(self, shared: Shared) -> asyncio.Task[None]:
        """Take a connection out of use now; the returned task closes it."""
        self._withdraw(shared)
        return spawn(self._finish(shared))

    async def _finish(self, shared: Shared) -> None:
        shared.opening.cancel()
        await asyncio.wait({shared.opening})
        await shared.client.finish()
        self._sockets.discard(shared)

    def watch_idle(self, shared: Shared) -> None:
        """Close a connection once it has had no lease for `idle_timeout` seconds."""
        shared.idle_since = monotonic()
        self.loop.call_later(shared.settings.idle_timeout, self._look_at_idle, shared)

    def _look_at_idle(self, shared: Shared) -> None:
        if shared.state is not State.OPEN:
            return
        timeout = shared.settings.idle_timeout
        left = timeout if shared.leases else shared.idle_since + timeout - monotonic()
        if left > 0:
            self.loop.call_later(left, self._look_at_idle, shared)
        else:
            self.retire(shared)

    async def close(self) -> None:
        """Send what was published, then close all connections, including those in use."""
        closing = [self.retire(shared) for shared in list(self._shared.values())]
        if closing:
            await shielded(_all(closing))

    def let_go_of_sockets(self) -> None:
        """Release a forked child's copies of the sockets, so that the sockets close when the parent closes them."""
        for shared in self._sockets:
            sockets.let_go(shared.client)

    async def _keep(self) -> AsyncGenerator[None, None]:
        """Shut the pool down when the loop ends: `asyncio.run` closes asynchronous generators before the loop."""
        try:
            yield
        finally:
            await self._shut_down()

    async def _shut_down(self) -> None:
        """Close all connections at the end of the loop, which has cancelled all tasks, also those of the clients."""
        deadline = self.loop.time() + GRACE
        while self.leases and self.loop.time() < deadline:
            await asyncio.sleep(0.001)
        if self.leases:
            logger.warning("the event loop ends while blocks are open: %r", self)
        self.closed = True
        for shared in list(self._shared.values()):
            self._withdraw(shared)
        await asyncio.gather(*map(self._finish, list(self._sockets)))


async def _all(tasks: list[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)
