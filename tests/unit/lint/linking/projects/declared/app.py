"""Silent: the catalogue knows that the function of the project releases what it is given."""

from naq.connection import close_nats_connection, get_nats_connection  # expect: NAQ301


class Reader:
    async def start(self, url):
        self.nc = await get_nats_connection(url)

    async def stop(self):
        await close_nats_connection(self.nc)
