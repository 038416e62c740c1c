"""A manager that is entered by hand is entered."""

from naq.connection import nats_connection


class Holder:
    async def start(self, config):
        manager = nats_connection(config)
        self.conn = await manager.__aenter__()
        self.leave = manager.__aexit__


async def only_asked(config):
    manager = nats_connection(config)  # expect: NAQ110@15 the manager is called and never entered, so nothing is opened; use 'async with nats_connection(config) as conn'
    print(manager.__class__)
