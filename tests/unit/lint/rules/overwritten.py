"""An attribute that a method opens again while the old resource is open."""
import nats


class Feed:
    async def start(self, url):
        self.nc = await nats.connect(url)

    async def lost(self, url):
        self.nc = await nats.connect(url)  # expect: NAQ102@25 connection 'self.nc' of line -3 stays open when line +0 rebinds it; close it before

    async def reconnect(self, url):
        print("again")
        self.nc = await nats.connect(url)  # expect: NAQ102@25 connection 'self.nc' of line -7 stays open when line +0 rebinds it; close it before

    # Silent: closed, tested, or closed by a method that is called before.
    async def lost_with_care(self, url):
        await self.nc.close()
        self.nc = await nats.connect(url)

    async def reopen(self, url):
        if self.nc.is_closed:
            self.nc = await nats.connect(url)

    async def reopen_if_lost(self, url):
        if not self.nc.is_connected:
            self.nc = await nats.connect(url)  # expect: NAQ102

    async def refresh(self, url):
        await self.stop()
        self.nc = await nats.connect(url)

    async def renew(self, url):
        old = self.nc
        self.nc = await nats.connect(url)
        await old.close()

    # Silent: another way to open it for the first time.
    async def start_with_token(self, url, token):
        self.nc = await nats.connect(url, token=token)

    async def stop(self):
        await self.nc.close()


# Silent: no other method opens it.
class Lazy:
    async def reconnect(self, url):
        self.nc = await nats.connect(url)

    async def stop(self):
        await self.nc.close()


class Link:
    async def start(self, url):
        self.link = await nats.connect(url)

    async def send(self, data):
        try:
            await self.link.publish("a", data)
        except OSError:
            self.link = await nats.connect(self.url)  # expect: NAQ102@31 connection 'self.link' of line -6 stays open when line +0 rebinds it; close it before
            await self.link.publish("a", data)

    # Silent: the error says that it is closed; it is closed; the failure is another one.
    async def send_if_closed(self, data):
        try:
            await self.link.publish("a", data)
        except nats.errors.ConnectionClosedError:
            self.link = await nats.connect(self.url)

    async def send_with_care(self, data):
        try:
            await self.link.publish("a", data)
        except OSError:
            await self.link.close()
            self.link = await nats.connect(self.url)

    async def choose(self, names):
        try:
            url = names["main"]
        except KeyError:
            self.link = await nats.connect(self.url)

    async def stop(self):
        await self.link.close()
