import nats
from naq.connection import nats_jetstream


async def create(url, config) -> None:
    try:
        async with nats_jetstream(config) as (conn, js):
            await js.add_stream(config)
    except nats.js.errors.NotFoundError:
        # handle stream not found
        print("no such stream")
    except nats.js.errors.APIError:
        # handle API error
        print("refused")
