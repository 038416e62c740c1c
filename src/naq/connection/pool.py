"""One event loop's connections: who has which, who opens it, when it is closed.

State changes are synchronous; the I/O that follows runs in tasks of the pool's own, where no caller's cancellation
reaches it. What nats-py needs from us is in `client`, what a block holds is in `lease`, which loop has which pool is in
`registry`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from copy import copy
from enum import StrEnum
from time import monotonic

from naq.cancellation import shielded, spawn
from naq.config import NatsConfig
from naq.connection import sockets
from naq.connection.client import PooledClient
from naq.connection.lease import Lease, Source
from naq.connection.options import Key, connection_key, described
from naq.errors import ConfigError, ConnectFailed

logger = logging.getLogger("naq.connection")

# Seconds that the end of the loop waits for blocks that are still open, in asynchronous generators for instance.
GRACE = 1.0
# Configs remembered by identity, before the memory is emptied.
REMEMBERED = 256


class State(StrEnum):
    """Of one shared connection."""

    CONNECTING = "connecting"
    OPEN = "open"
    CLOSED = "closed"


class Shared(Source):
    """One connection, and those who lease it."""

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
        """For people: the state, or `reconnecting` during an outage."""
        return "reconnecting" if self.state is State.OPEN and not self.client.alive else str(self.state)

    @property
    def dead(self) -> bool:
        """It will not come back: another one must take its place."""
        client = self.client
        return self.state is State.CLOSED or (self.state is State.OPEN and not client.alive and not client.recovering)

    async def _open(self) -> ConnectFailed | ConfigError | None:
        """Connect. The failure is a value, so that each waiter raises its own."""
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
        """Done when the present outage is over, for better or worse."""
        if self._outage is None or self._outage.done():
            self._outage = self.pool.loop.create_future()
        return self._outage

    async def _reconnected(self) -> None:
        logger.info("%s: connected again", described(self.settings))
        # The server may have lost its store, or be another one.
        self.buckets.clear()
        self._wake()

    async def _closed(self) -> None:
        self.pool.forget(self)
        self._wake()

    def _wake(self) -> None:
        if self._outage is not None and not self._outage.done():
            self._outage.set_result(None)


class Pool:
    """All connections of one event loop. Used by that loop's thread only."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.closed = False
        self._shared: dict[Key, Shared] = {}
        # Hashing settings costs more than a lease. Open ones only; the config is kept so that its id stays its own.
        self._remembered: dict[int, tuple[NatsConfig, Shared]] = {}
        # Every one that may have a socket, those that are being closed too.
        self._sockets: set[Shared] = set()
        self._keeper = self._keep()
        # The first step runs to the yield, and makes the loop close the generator when it ends.
        with contextlib.suppress(StopIteration):
            self._keeper.__anext__().send(None)

    def __repr__(self) -> str:
        connections = ", ".join(map(repr, self._shared.values()))
        return f"<naq connections: {'closed' if self.closed else connections or 'none'}>"

    @property
    def leases(self) -> int:
        """How many blocks are open."""
        return sum(shared.leases for shared in self._shared.values())

    @property
    def connections(self) -> tuple[Shared, ...]:
        """Connections that are open or being opened."""
        return tuple(self._shared.values())

    def ready(self, settings: NatsConfig) -> Shared | None:
        """Return the open connection for `settings`; None when it must be opened first."""
        remembered = self._remembered.get(id(settings))
        return remembered[1] if remembered is not None and remembered[1].client.alive else None

    async def lease(self, settings: NatsConfig) -> Lease:
        """Lease the connection for `settings`, opened if needed; raises `ConnectFailed` after `connect_timeout`."""
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
                raise ConnectFailed(described(settings), shared.client.cause, self.loop.time() - start)
            await self._change_of(shared, left)

    async def _change_of(self, shared: Shared, seconds: float) -> None:
        """Wait until `shared` has opened or failed, or at most `seconds` for the end of its outage."""
        shared.waiting += 1
        try:
            if not shared.opening.done():
                await asyncio.wait({shared.opening})
            elif shared.state is State.OPEN:
                await asyncio.wait({shared.outage()}, timeout=seconds)
        finally:
            shared.waiting -= 1
        # Cancelled by who closes it: then the next look finds another.
        failure = None if shared.opening.cancelled() else shared.opening.result()
        if failure is not None:
            # Its cause is in its words; the steps of nats-py that led to it would be most of the traceback.
            raise copy(failure) from None

    def _current(self, settings: NatsConfig) -> Shared:
        """Return the connection for `settings`; starts to open a connection when there is none or it was lost."""
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
        """It is closed: the next lease opens another."""
        self._withdraw(shared)
        self._sockets.discard(shared)

    def _withdraw(self, shared: Shared) -> None:
        """Lend it to no other block."""
        shared.state = State.CLOSED
        if self._shared.get(shared.key) is shared:
            del self._shared[shared.key]
        for number in [number for number, (_, one) in self._remembered.items() if one is shared]:
            del self._remembered[number]

    def retire(self, shared: Shared) -> asyncio.Task[None]:
        """Take it out of use now; the task closes it."""
        self._withdraw(shared)
        return spawn(self._finish(shared))

    async def _finish(self, shared: Shared) -> None:
        shared.opening.cancel()
        await asyncio.wait({shared.opening})
        await shared.client.finish()
        self._sockets.discard(shared)

    def watch_idle(self, shared: Shared) -> None:
        """From now on, close it when it was not leased for `idle_timeout`."""
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
        """Close all connections, those in use too, after what was published is delivered."""
        closing = [self.retire(shared) for shared in list(self._shared.values())]
        if closing:
            await shielded(_all(closing))

    def let_go_of_sockets(self) -> None:
        """In a forked child: give up its copies of the sockets, so that they close when the parent closes its own."""
        for shared in self._sockets:
            sockets.let_go(shared.client)

    async def _keep(self) -> AsyncGenerator[None, None]:
        """`asyncio.run` closes asynchronous generators before it closes the loop: this one's end is the pool's."""
        try:
            yield
        finally:
            await self._shut_down()

    async def _shut_down(self) -> None:
        """The loop ends; its tasks, the clients' own among them, were cancelled before."""
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
