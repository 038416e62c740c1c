"""A manager wider than what is used of it."""

from naq.connection import nats_jetstream


async def connection_only(config):
    async with nats_jetstream(config) as (conn, js):  # expect: NAQ201@16 only the connection is used of this manager; use 'async with nats_connection(config) as conn'
        await conn.publish("a", b"b")


async def one_bucket(config):
    async with nats_jetstream(config) as (conn, js):  # expect: NAQ201@16 only one bucket is used of this manager; use 'async with nats_kv_store("jobs", config) as kv'
        kv = await js.key_value("jobs")
        await kv.put("a", b"b")


# Silent: JetStream is used.
async def jetstream(config):
    async with nats_jetstream(config) as (conn, js):
        await js.publish("a", b"b")


async def a_bucket_is_made(config):
    async with nats_jetstream(config) as (conn, js):
        kv = await js.create_key_value(bucket="jobs")
        await kv.put("a", b"b")
