"""A manager that is never entered."""

from naq.connection import nats_connection, nats_jetstream


async def called(config):
    nats_connection(config)  # expect: NAQ110@5 the manager is called and never entered, so nothing is opened; use 'async with nats_connection(config) as conn'


async def called_with_self(config):
    nats_jetstream(config)  # expect: NAQ110@5 the manager is called and never entered, so nothing is opened; use 'async with nats_jetstream(config) as (conn, js)'


# Silent: entered, now or later.
async def entered(config):
    async with nats_connection(config) as conn:
        await conn.publish("a", b"b")


async def returned(config):
    return nats_connection(config)


async def assigned(config):
    cm = nats_connection(config)  # expect: NAQ110@10 the manager is called and never entered, so nothing is opened; use 'async with nats_connection(config) as conn'
    await cm.publish("a", b"b")


async def awaited(config):
    conn = await nats_connection(config)  # expect: NAQ110@18 the manager is called and never entered, so nothing is opened; use 'async with nats_connection(config) as conn'
    await conn.publish("a", b"b")


async def entered_later(config):
    cm = nats_connection(config)
    async with cm as conn:
        await conn.publish("a", b"b")
