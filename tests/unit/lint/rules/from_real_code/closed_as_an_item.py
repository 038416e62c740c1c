"""What a container of the object has, a method that closes all of these closes."""

import logging

import nats


class Bus:
    def __init__(self):
        self.clients = {}
        self.every = []

    # Silent: `close` closes it.
    async def connect(self, url):
        try:
            nc = await nats.connect(url)
            self.clients[url] = nc
            await self.check()
            if not self.wanted(url):
                await nc.close()
                return False
            return True
        except Exception:
            return False

    async def connect_one_more(self, url):
        try:
            nc = await nats.connect(url)
            self.every.append(nc)
            await self.check()
            if not self.wanted(url):
                await nc.close()
                return False
            return True
        except Exception:
            return False

    async def connect_and_tell(self, url):
        try:
            nc = await nats.connect(url)
            logging.info("connected to %s", url)
            self.clients[url] = nc
            await self.check()
            if not self.wanted(url):
                await nc.close()
                return False
            return True
        except Exception:
            return False

    async def connect_slowly(self, url):
        try:
            nc = await nats.connect(url)  # expect: NAQ102
            await self.check()
            if not self.wanted(url):
                await nc.close()
                return False
        except Exception:
            return False
        self.clients[url] = nc
        return True

    async def connect_and_ask(self, url):
        try:
            nc = await nats.connect(url)  # expect: NAQ102
            await nc.flush()
            self.clients[url] = nc
            await self.check()
            if not self.wanted(url):
                await nc.close()
                return False
            return True
        except Exception:
            return False

    async def connect_and_ask_once(self, url):
        try:
            nc = await nats.connect(url)  # expect: NAQ102
            await self.check()
            self.clients[url] = nc
            return True
        except Exception:
            return False

    async def close(self):
        for nc in [*self.clients.values(), *self.every]:
            await nc.close()


class Forgetful:
    def __init__(self):
        self.counted = {}

    async def connect(self, url):
        try:
            nc = await nats.connect(url)  # expect: NAQ102
            self.counted[url] = nc
            await self.check()
            if not self.wanted(url):
                await nc.close()
                return False
            return True
        except Exception:
            return False

    def count(self):
        return len(self.counted)
