"""Makes connections, and closes them."""

import nats


async def get_client(url):
    return await nats.connect(url)


async def get_client_or_none(url):
    if not url:
        return None
    return await nats.connect(url)


async def shared_client(url):
    global client
    client = await nats.connect(url)
    return client


def decorated(function):
    return function


@decorated
async def get_decorated(url):
    return await nats.connect(url)


class Clients:
    @staticmethod
    async def make(url):
        return await nats.connect(url)

    async def made_by_an_object(self, url):
        return await nats.connect(url)


async def shut(nc):
    await nc.close()


async def shut_later(nc, wait=False):
    if wait:
        return
    await nc.close()
