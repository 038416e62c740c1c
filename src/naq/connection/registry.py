"""The pool of each event loop. Loops, threads and forked processes never share a pool."""

from __future__ import annotations

import asyncio
import os
import threading

from naq.config import NatsConfig
from naq.connection.lease import Lease
from naq.connection.pool import Pool

_lock = threading.Lock()
_pools: dict[asyncio.AbstractEventLoop, Pool] = {}


class _Last(threading.local):
    """The pool that this thread used last, which is nearly always the pool that it needs next."""

    loop: asyncio.AbstractEventLoop | None = None
    pool: Pool | None = None


_last = _Last()


def current_pool() -> Pool:
    """Return the pool of the running loop; make it when there is none. Its `repr` shows connections, leases, states."""
    loop = asyncio.get_running_loop()
    if _last.loop is loop and _last.pool is not None:
        return _last.pool
    with _lock:
        pool = _pools.get(loop)
        if pool is None:
            # A loop that was closed without shutting down its asynchronous generators has left its pool here.
            for ended in [known for known in _pools if known.is_closed()]:
                del _pools[ended]
            pool = _pools[loop] = Pool(loop)
    _last.loop, _last.pool = loop, pool
    return pool


def warm(settings: NatsConfig) -> Lease | None:
    """Return a lease of a connection that is open already; None when the caller has to wait for one."""
    if _last.pool is None or _last.loop is not asyncio.get_running_loop():
        return None
    shared = _last.pool.ready(settings)
    return None if shared is None else Lease(shared)


async def close_all() -> None:
    """Send what was published, then close the connections of the running loop, including those in use.

    A later lease opens a new connection.
    """
    await current_pool().close()


# A forked child must neither use the parent's sockets and loops nor let them be garbage-collected: closing them there
# would remove them from the parent's selector.
_inherited: list[object] = []


def _after_fork_in_child() -> None:
    global _lock, _pools
    for pool in _pools.values():
        pool.let_go_of_sockets()
    _inherited.append(_pools)
    _lock, _pools = threading.Lock(), {}
    _last.loop = _last.pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
