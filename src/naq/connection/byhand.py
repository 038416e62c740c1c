"""The deprecated functions for code that is not migrated yet: each call opens a separate connection.

`flake8-naq` finds their uses (NAQ301) and names the context manager to write instead.
"""

from __future__ import annotations

import warnings

from nats.aio.client import Client
from nats.js.client import JetStreamContext

from naq.cancellation import shielded
from naq.config import Config, get_config
from naq.connection.client import PooledClient


def _deprecated(name: str, manager: str) -> None:
    warnings.warn(f"{name} is deprecated: write `async with {manager}`", DeprecationWarning, stacklevel=3)


async def get_nats_connection(url: str | None = None) -> Client:
    """Open and return a connection, which the caller has to close. Deprecated: use `nats_connection(config)`.

    Raises `ConnectFailed`.
    """
    _deprecated("get_nats_connection", "nats_connection(config) as conn")
    settings = (Config.for_servers(url) if url is not None else get_config()).nats
    client = PooledClient(settings)
    await client.open()
    return client


async def get_jetstream_context(nc: Client) -> JetStreamContext:
    """Return a JetStream context on `nc`. Deprecated: use `nats_jetstream(config)` or `jetstream_context(conn)`."""
    _deprecated("get_jetstream_context", "nats_jetstream(config) as (conn, js)")
    return nc.jetstream()


async def close_nats_connection(nc: Client) -> None:
    """Send what was published, then close `nc`; does nothing when it is closed already. Deprecated."""
    _deprecated("close_nats_connection", "nats_connection(config) as conn")
    if isinstance(nc, PooledClient):
        await shielded(nc.finish())
    elif not nc.is_closed:
        await shielded(nc.close())
