"""NAQ110: the manager was taken for what it gives."""

from naq.connection import nats_connection, nats_jetstream


async def for_the_connection(config):
    conn = await nats_connection(config)  # unsafe: line N connects, where nothing was opened before
    # ask
    await conn.flush()
    return 1


async def for_the_pair(config):
    conn, js = await nats_jetstream(config)  # unsafe: line N connects, where nothing was opened before
    try:
        await js.publish("a", b"b")
    finally:
        await conn.flush()


async def one_name_for_two_objects(config):
    js = nats_jetstream(config)  # left: it gives 2 objects, and line N names 1
    await js.publish("a", b"b")


async def nothing_uses_it(config):
    nats_connection(config)  # left: its result is not used, so the intended use is not known


async def bound_anew_by_a_handler(config, work):
    conn = await nats_connection(config)  # left: 'conn' is bound again on line N
    try:
        await work(conn)
    except ValueError as conn:
        print(conn)
