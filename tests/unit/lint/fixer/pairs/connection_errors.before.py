import nats
from naq.connection import close_nats_connection, get_nats_connection


async def check(url, config) -> None:
    try:
        nc = await get_nats_connection(url)
        # operations
        await nc.flush()
    except nats.errors.ConnectionClosedError:
        # handle connection error
        print("closed")
    finally:
        await close_nats_connection(nc)
