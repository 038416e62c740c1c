"""Leased connections to NATS: a block borrows the shared connection of its event loop and settings.

    async with nats_connection(config) as conn
    async with jetstream_context(conn) as js
    async with nats_jetstream(config) as (conn, js)
    async with nats_kv_store(bucket, config) as kv

The first block opens the connection. It is closed when it was not used for `idle_timeout` seconds, when the loop ends,
or by `close_all()`. The functions that open and close connections by hand are deprecated.
"""

from __future__ import annotations

from naq.connection.byhand import close_nats_connection, get_jetstream_context, get_nats_connection
from naq.connection.managers import jetstream_context, nats_connection, nats_jetstream, nats_kv_store
from naq.connection.registry import close_all, current_pool

__all__ = [
    "close_all",
    "close_nats_connection",
    "current_pool",
    "get_jetstream_context",
    "get_nats_connection",
    "jetstream_context",
    "nats_connection",
    "nats_jetstream",
    "nats_kv_store",
]
