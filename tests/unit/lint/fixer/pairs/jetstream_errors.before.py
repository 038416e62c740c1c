import nats
from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection


async def create(url, config) -> None:
    try:
        nc = await get_nats_connection(url)
        js = await get_jetstream_context(nc)
        await js.add_stream(config)
    except nats.errors.StreamNotFound:
        # handle stream not found
        print("no such stream")
    except nats.errors.APIError:
        # handle API error
        print("refused")
    finally:
        await close_nats_connection(nc)
