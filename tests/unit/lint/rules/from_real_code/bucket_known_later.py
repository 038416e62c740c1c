"""The bucket that a message names must be known where the connection is made."""

from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection  # expect: NAQ301


async def known(name):
    conn = await get_nats_connection()  # expect: NAQ102@18 connection 'conn' stays open if line +1 raises; use 'async with nats_kv_store(name) as kv'
    js = await get_jetstream_context(conn)
    kv = await js.key_value(name)
    await kv.put("a", b"b")
    await close_nats_connection(conn)


async def named_later(prefix):
    conn = await get_nats_connection()  # expect: NAQ102@18 connection 'conn' stays open if line +1 raises; use 'async with nats_jetstream() as (conn, js)'
    js = await get_jetstream_context(conn)
    name = f"{prefix}-jobs"
    kv = await js.key_value(name)
    await kv.put("a", b"b")
    await close_nats_connection(conn)


class Store:
    async def put(self):
        conn = await get_nats_connection()  # expect: NAQ102@22 connection 'conn' stays open if line +1 raises; use 'async with nats_jetstream() as (conn, js)'
        js = await get_jetstream_context(conn)
        self.bucket = self.prefix + "-jobs"
        kv = await js.key_value(self.bucket)
        await kv.put("a", b"b")
        await close_nats_connection(conn)


async def each(names):
    for name in names:
        conn = await get_nats_connection()  # expect: NAQ102@22 connection 'conn' stays open if line +1 raises; use 'async with nats_kv_store(name) as kv'
        js = await get_jetstream_context(conn)
        kv = await js.key_value(name)
        await kv.put("a", b"b")
        await close_nats_connection(conn)


async def known_on_the_second_turn():
    name = None
    while name is None:
        conn = await get_nats_connection()  # expect: NAQ102@22 connection 'conn' stays open if line +1 raises; use 'async with nats_jetstream() as (conn, js)'
        js = await get_jetstream_context(conn)
        kv = await js.key_value(name or "names")
        name = await kv.get("first")
        await close_nats_connection(conn)
