"""A function that connects by naq's by-hand functions goes, as they do: what its caller enters is naq's manager."""

from naq.connection import close_nats_connection, get_nats_connection  # expect: NAQ301@28


async def connect(url):
    return await get_nats_connection(url)


async def connect_again(url):
    return await connect(url)


async def send(url):
    nc = await connect(url)  # expect: NAQ101@16 connection 'nc' from 'connect' (line -8) is closed by hand; use 'async with nats_connection() as conn'
    try:
        await nc.publish("a", b"b")
    finally:
        await close_nats_connection(nc)


async def send_again(url):
    nc = await connect_again(url)  # expect: NAQ103@16 connection 'nc' from 'connect_again' (line -12) is never closed; use 'async with nats_jetstream() as (conn, js)'
    await nc.jetstream().publish("a", b"b")
