"""Which event loop has which pool. Loops, threads and forked processes never share one."""

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
    """The pool that this thread used last: nearly always the one it wants again."""

    loop: asyncio.AbstractEventLoop | None = None
    pool: Pool | None = None


_last = _Last()


def current_pool() -> Pool:
    """The pool of the running loop, made when there is none. Its `repr` shows connections, leases and states."""
    loop = asyncio.get_running_loop()
    if _last.loop is loop and _last.pool is not None:
        return _last.pool
    with _lock:
        pool = _pools.get(loop)
        if pool is None:
            # Loops that were closed without shutting down their generators never told us.
            for ended in [one for one in _pools if one.is_closed()]:
                del _pools[ended]
            pool = _pools[loop] = Pool(loop)
    _last.loop, _last.pool = loop, pool
    return pool


def warm(settings: NatsConfig) -> Lease | None:
    """A lease on a connection that is open already; None when there is something to wait for."""
    if _last.pool is None or _last.loop is not asyncio.get_running_loop():
        return None
    shared = _last.pool.ready(settings)
    return None if shared is None else Lease(shared)


async def close_all() -> None:
    """Close the connections of the running loop, those in use too, once what was published is delivered.

    A later lease opens a new one.
    """
    await current_pool().close()


# A forked child must not touch the parent's sockets and loops, and must not let them be collected either: closing them
# would take them off the parent's selector.
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
