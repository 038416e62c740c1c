"""A message to a terminal or a log before the `try` does not fail; a shield around the close does not either."""

import anyio
import click
import nats
from loguru import logger

URL = "nats://localhost"


async def said(work):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    click.echo(f"connected to {nc.connected_url}")
    logger.success("connected")
    try:
        await work()
    finally:
        with anyio.CancelScope(shield=True):
            await nc.close()


async def only_said():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    logger.trace(nc)
    click.echo(nc)
