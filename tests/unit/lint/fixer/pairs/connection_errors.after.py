import nats
from naq.connection import nats_connection


async def check(url, config) -> None:
    try:
        async with nats_connection(config) as conn:
            # operations
            await conn.flush()
    except nats.errors.ConnectionClosedError:
        # handle connection error
        print("closed")
