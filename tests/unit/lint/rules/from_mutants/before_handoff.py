"""Connections that are lost before other code gets them."""

import nats


class ConnectsInTwoWays:
    async def start(self, url):
        nc = nats.NATS()
        if url:
            await nc.connect(url)
        else:
            await nc.connect("nats://localhost")  # expect: NAQ102@19 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
            await nc.flush()
        self.nc = nc

    async def stop(self):
        await self.nc.close()
