# settings: {"select": ["NAQ203", "NAQ302"]}
"""A URL that is kept, in code that has nothing to do with naq."""

import nats


class Publisher:
    def __init__(self, nats_url: str = "nats://localhost:4222") -> None:
        self.nats_url = nats_url

    async def send(self, body: bytes) -> None:
        async with await nats.connect(self.nats_url) as nc:
            await nc.publish("orders", body)
