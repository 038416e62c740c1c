"""A nested function that is returned uses an attribute: the connection is handed on with it, whatever is behind."""

import nats


class Service:
    async def publisher(self, url):
        self.wire = await nats.connect(url)

        async def publish(data):
            await self.wire.publish("orders", data)

        return publish
        await self.wire.close()
