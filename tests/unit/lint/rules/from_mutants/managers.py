"""What a block uses of a manager that gives more than one thing."""

from naq.connection import nats_jetstream


# Silent: a view of JetStream is a use of it.
async def connection_and_a_view(config, name):
    async with nats_jetstream(config) as (conn, js):
        await conn.publish("a", b"b")
        await js.key_value(name)


# Silent: it is open while the caller works.
async def open_at_a_yield(config):
    async with nats_jetstream(config) as (conn, js):
        yield


async def open_for_nothing(config, job):
    async with nats_jetstream(config) as (conn, js):  # expect: NAQ202@16
        await job.run()
