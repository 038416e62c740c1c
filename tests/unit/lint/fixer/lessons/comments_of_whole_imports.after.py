"""The same where nothing of the import stays, and where it is rewritten."""

# shut
# open
from naq.connection import (nats_connection, nats_jetstream)


async def f(config, work):
    async with nats_jetstream(config) as (conn, js):  # unsafe: the comment '# shut' would move away from its statement
        await work(js, nats_connection)
