"""What a manager gives under one name is one thing to the analysis, and a nested function uses what it mentions."""

from naq.connection import nats_jetstream


async def together(config, work):
    async with nats_jetstream(config) as both:
        await work(both[0])


async def nested(config, run):
    async with nats_jetstream(config) as (conn, js):

        async def work():
            await js.publish("jobs", b"1")
            await conn.flush()

        await run(work)


async def nested_connection(config, run):
    async with nats_jetstream(config) as (conn, js):  # expect: NAQ201@16 only the connection is used of this manager; use 'async with nats_connection(config) as conn'

        async def work():
            await conn.publish("jobs", b"1")

        await run(work)


async def apart(config):
    async with nats_jetstream(config) as (conn, js):  # expect: NAQ201@16
        await conn.publish("jobs", b"1")
