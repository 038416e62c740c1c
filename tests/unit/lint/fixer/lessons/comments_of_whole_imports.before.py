"""The same where nothing of the import stays, and where it is rewritten."""

from naq import close_nats_connection  # shut
from naq.connection import (get_nats_connection,  # open
                        get_jetstream_context, nats_connection)


async def f(config, work):
    nc = await get_nats_connection(config.nats.servers)  # unsafe: the comment '# shut' would move away from its statement
    try:
        js = await get_jetstream_context(nc)
        await work(js, nats_connection)
    finally:
        await close_nats_connection(nc)
